"""The command that submits work."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cron_actors.adapters.stores.kept_submissions import kept_submissions
from cron_actors.adapters.stores.urls import open_reader
from cron_actors.core.definitions import job_of
from cron_actors.model.job import Command
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Run, RunState
from tests.fakes.command_line import NOW, CommandLine

WORK = "def close(shop, at='noon'):\n    pass\n"


@pytest.fixture
def cli(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    """Return the command line in a folder with work in it."""
    (cli.folder / "stalls.py").write_text(WORK)
    monkeypatch.chdir(cli.folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield cli
    sys.modules.pop("stalls", None)
    kept_submissions.close()


def runs(cli: CommandLine) -> list[Run]:
    reader = open_reader(cli.url)
    if reader is None:
        return []
    try:
        return reader.runs(RunFilter())
    finally:
        reader.close()


def test_a_run_is_told_and_who_will_perform_it(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("submit", "stalls:close", "--args", '["north"]', "--kwargs", '{"at": "six"}', "--queue", "low") == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        "run 1\n",
        "cron-actors: warning: no daemon runs on this database; the run waits for the next one\n",
    )
    (run,) = runs(cli)
    assert (run.args, run.queue) == ({"args": ["north"], "kwargs": {"at": "six"}}, "low")


def test_a_run_that_stands_for_it_already_is_told(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("submit", "stalls:close", "--args", "[1]", "--unique")
    assert (cli(*words), cli(*words)) == (0, 0)
    assert capsys.readouterr().out == "run 1\nrun 1 stands for it already\n"
    assert cli(*words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"run_id": 1, "existing": True}


def test_all_that_python_can_say_can_be_said(cli: CommandLine) -> None:
    options = ("--priority", "-5", "--delay", "5m", "--max-attempts", "4", "--timeout", "30")
    assert cli("submit", "stalls:close", "--args", "[1]", *options) == 0
    (run,) = runs(cli)
    assert (run.priority, run.max_attempts, run.state) == (-5, 4, RunState.SCHEDULED)


@pytest.mark.parametrize("moment", ["2127-01-01", "1"])
def test_a_moment_that_cannot_be_is_refused(cli: CommandLine, moment: str) -> None:
    assert cli("submit", "stalls:close", "--args", "[1]", "--at", moment) == 2
    assert runs(cli) == []


def test_a_line_for_the_shell_is_run_in_the_working_directory(cli: CommandLine) -> None:
    assert cli("submit", "--command", "echo $HOME") == 0
    (run,) = runs(cli)
    reader = open_reader(cli.url)
    assert reader is not None
    job = job_of(reader.definitions([run.definition])[run.definition])
    reader.close()
    assert (job.identifier, job.work, job.folder) == ("command", Command(line="echo $HOME"), Path.cwd())
    assert job.process.working_directory == "."


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ((), "name the work as module:name, or give a line for the shell by --command"),
        (("stalls:close", "--command", "true"), "name the work as module:name, or"),
        (("--command", "true", "--args", "[1]"), "--args and --kwargs are for functions"),
        (("stalls:close", "--args", "[1"), "'[1' is no JSON"),
        (("stalls:close", "--args", '{"a": 1}'), "is other JSON; accepted: a JSON list"),
        (("stalls:close", "--kwargs", "[1]"), "is other JSON; accepted: a JSON object"),
        (("stalls:close", "--args", "[NaN]"), "args[0]: found nan"),
        (("stalls:close", "--args", "[]"), "found 0 arguments, missing a required argument: 'shop'"),
        (("stalls:close", "--args", "[1]", "--queue", "lwo"), "did you mean 'low'?"),
        (("stalls:close", "--args", "[1]", "--delay", "-5"), "which is negative"),
        (("stalls:close", "--args", "[1]", "--delay", "soon"), "'soon'"),
        (("stalls:close", "--args", "[1]", "--delay", "5", "--at", "1"), "both are given"),
        (("stalls:close", "--args", "[1]", "--at", "soon"), "'soon' is not a date"),
        (("stals:close",), "there is no module 'stals'"),
    ],
)
def test_bad_input_is_one_line_and_nothing_stored(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], wrong: str
) -> None:
    assert cli("submit", *words) == 2
    said = capsys.readouterr().err
    assert wrong in said
    assert "Traceback" not in said
    assert runs(cli) == []


def test_waiting_tells_the_end_of_the_run(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = cli.start_daemon()

    def cancel() -> None:
        with daemon.begin() as transaction:
            transaction.finish(1, RunState.AVAILABLE, RunState.CANCELLED, "by request", NOW)

    cli.while_waiting = cancel
    assert cli("submit", "stalls:close", "--args", "[1]", "--wait") == 1
    assert capsys.readouterr().out == "run 1: cancelled: by request\n"
    cli.stop_daemon()


def test_waiting_ends_with_the_daemon(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    cli.start_daemon()
    cli.while_waiting = cli.stop_daemon
    assert cli("submit", "stalls:close", "--args", "[1]", "--wait") == 1
    assert "the daemon ended before run 1 did" in capsys.readouterr().err
