"""Orders to the template and what its answers mean."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.adapters.executors.orders import end_order, ending, interpreter, start_order, status_text, wire_key
from cron_actors.model.job import Command, FunctionCall, Limits, ProcessSettings, Success, Work
from cron_actors.model.run import AttemptKey, Outcome
from cron_actors.ports.executor import Execution

KEY = AttemptKey(run_id=7, attempt=2, token="t")  # noqa: S106 - not a password


def execution(work: Work = Command(line="a"), **fields: Any) -> Execution:  # noqa: ANN401, B008 - values of any field
    usual = Execution(
        key=KEY, work=work, process=ProcessSettings(), folder=Path("/jobs"), log="/logs/a.txt", variables={}
    )
    return replace(usual, **fields)


def order(work: Work, process: ProcessSettings | None = None, **variables: str) -> dict[str, Any]:
    return sent(execution(work, process=process or ProcessSettings(), variables=variables))


def sent(execution: Execution) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(start_order(execution, "/daemon", 99))
    return decoded


def test_a_line_goes_to_its_shell_and_words_go_as_they_are() -> None:
    assert order(Command(line="a | b"))["argv"] == ["/bin/sh", "-c", "a | b"]
    work = Command(line="a", shell="/bin/bash")  # noqa: S604 - a value, no process
    assert order(work)["argv"] == ["/bin/bash", "-c", "a"]
    assert order(Command(line=("a", "b c")))["argv"] == ["a", "b c"]


def test_only_what_lies_over_the_daemons_environment_travels() -> None:
    assert order(Command(line="a"), ProcessSettings(env={"A": "1", "B": "1"}), B="2")["env"] == {"A": "1", "B": "2"}


@pytest.mark.parametrize(("written", "meant"), [(None, None), ("sub", "/jobs/sub"), ("/else", "/else")])
def test_a_relative_folder_starts_at_the_jobs_file(written: str | None, meant: str | None) -> None:
    assert order(Command(line="a"), ProcessSettings(working_directory=written))["folder"] == meant


def test_a_function_looks_in_the_jobs_folder_then_the_daemons() -> None:
    call = order(FunctionCall(path="m", function_name="f", args=(1,), kwargs={"k": None}))["call"]
    assert call == {
        "path": "m",
        "function_name": "f",
        "args": [1],
        "kwargs": {"k": None},
        "folders": ["/jobs", "/daemon"],
        "attempt": {"run_id": 7, "attempt": 2, "max_attempts": 1},
        "log": "/logs/a.txt",
        "log_start": 99,
    }


def test_another_interpreter_gets_the_call_as_text() -> None:
    made = order(FunctionCall(path="m", function_name="f", python="python3.9"))
    assert made["argv"][0] == "python3.9"
    assert made["argv"][1].endswith("/function_call.py")
    assert json.loads(made["description"])["path"] == "m"
    assert "call" not in made


def test_a_job_that_asks_for_nothing_special_is_started_the_fast_way() -> None:
    assert order(Command(line="a")).keys() == {"key", "log", "env", "stdin", "folder", "argv"}


def test_rights_and_limits_travel_only_as_far_as_they_are_given() -> None:
    limits = Limits(memory=1000, cpu=timedelta(seconds=1.5), nice=0)
    made = order(Command(line="a"), ProcessSettings(user="shop", umask=0, limits=limits, env_file="a.env"))
    assert made["rights"] == {"user": "shop", "umask": 0, "memory": 1000, "cpu": 2, "nice": 0}
    assert made["env_file"] == "/jobs/a.env"


def test_the_output_is_searched_from_where_the_attempt_began() -> None:
    made = sent(execution(success=Success(output="done", stderr_fails=True)))
    assert made["errors"] is True
    assert made["search"] == {"log": "/logs/a.txt", "start": 99, "output": "done", "output_not": None}


def test_what_never_began_is_a_failure_whatever_counts_as_success() -> None:
    success = Success(exit_codes=frozenset({127}))
    message = {"exit_code": 127, "error": "cannot run 'a'", "unborn": True}
    assert ending(message, "", execution(success=success)).outcome is Outcome.FAILURE
    assert ending({**message, "unborn": False}, "", execution(success=success)).outcome is Outcome.SUCCESS


def test_an_interpreter_with_a_relative_path_starts_at_the_jobs_file() -> None:
    assert interpreter("venv/bin/python", Path("/jobs")) == "/jobs/venv/bin/python"
    assert interpreter("/usr/bin/python3", Path("/jobs")) == "/usr/bin/python3"
    assert interpreter("python3", Path("/jobs")) == "python3"


def test_the_time_to_the_kill_is_never_negative() -> None:
    assert json.loads(end_order(wire_key(KEY), timedelta(seconds=-5)))["kill_after"] == 0.0
    assert json.loads(end_order(wire_key(KEY), timedelta(seconds=1.5)))["kill_after"] == 1.5


def test_a_success_has_no_error_whatever_was_left_behind() -> None:
    how = ending({"ended": "7.2.t", "exit_code": 0, "error": "of a forked child"}, "tail", execution())
    assert (how.outcome, how.error, how.output_tail) == (Outcome.SUCCESS, None, "tail")


def test_an_error_left_behind_is_told_rather_than_the_status() -> None:
    assert ending({"exit_code": 1, "error": "ValueError: bad"}, "", execution()).error == "ValueError: bad"
    assert ending({"exit_code": 1, "error": None}, "", execution()).error == "exit status 1"


@pytest.mark.parametrize(
    ("code", "text"), [(3, "exit status 3"), (-9, "killed by SIGKILL"), (-40, "killed by signal 40")]
)
def test_a_status_is_said_in_words(code: int, text: str) -> None:
    assert status_text(code) == text
