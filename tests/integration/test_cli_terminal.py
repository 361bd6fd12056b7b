"""What people see of runs and statistics: at a terminal, and with what they are likely to type."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import click
import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.model.run import AttemptKey, Cause, Ending, NewRun, Outcome, Run, RunState, Settlement
from cron_actors.model.statistics import JobStatistics
from tests.fakes.command_line import MINUTE, NOW, CommandLine, claim, put_job, put_run, settle


def shown(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - JSON of any kind
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Return what makes standard output a terminal of so many columns, whose viewer is in UTC."""

    def widen(columns: int) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield widen
    monkeypatch.undo()
    time.tzset()


def settle_again(store: SqliteStore, run: Run) -> None:
    """Send the run back to wait after an attempt that counts."""
    assert run.lease_token is not None
    key = AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token)
    ending = Ending(outcome=Outcome.LOST)
    with store.begin() as transaction:
        transaction.settle([Settlement(key=key, ending=ending, state=RunState.AVAILABLE, reason="rescued", at=NOW)])


def test_a_run_that_was_asked_for_says_so(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW - MINUTE)
    new = NewRun(job="backup", due_at=NOW, cause=Cause.MANUAL, key=None, definition="", queue="default")
    with store.begin() as transaction:
        transaction.insert_runs([new])
    cli("runs", "--json")
    assert [run["cause"] for run in shown(capsys)] == ["manual", "schedule"]
    cli("runs")
    assert [line.count("by request") for line in capsys.readouterr().out.splitlines()] == [0, 1, 0]


def test_the_attempt_is_told_from_the_second_on(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    run = claim(store, NOW)
    cli("runs")
    assert "attempt" not in capsys.readouterr().out
    settle_again(store, run)
    settle(store, claim(store, NOW), NOW)
    cli("runs")
    assert "completed (attempt 2)" in capsys.readouterr().out


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_cuts_neither_due_nor_state(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], terminal: Callable[[int], None], columns: int
) -> None:
    terminal(columns)
    store = cli.start_daemon()
    for due_at in (NOW - timedelta(days=1), NOW):
        put_run(store, due_at, "nightly-report")
        settle(store, claim(store, due_at), due_at, error="an error that is told at some length, as errors often are")
    cli("runs")
    lines = [click.unstyle(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 3
    assert max(map(len, lines)) <= columns
    assert re.search(r"^2    nightly-report +12:00:00 .* discarded: failed .* an error t.*…$", lines[1])
    assert re.search(r"^1    nightly-report +Nov 20 12:00:00 .* discarded: failed ", lines[2])


@pytest.mark.parametrize(
    ("when", "due"),
    [("1h", ["12:00", "11:00"]), ("59 minutes", ["12:00"]), ("2026-11-21T10:30Z", ["12:00", "11:00"])],
)
def test_since_takes_an_instant_or_how_long_ago(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], when: str, due: list[str]
) -> None:
    store = cli.start_daemon()
    for hours in range(3):
        put_run(store, NOW - timedelta(hours=hours))
    assert cli("runs", "--since", when, "--json") == 0
    assert [run["due_at"][11:16] for run in shown(capsys)] == due


@pytest.mark.parametrize(
    ("when", "told"), [("yesterday", "a duration such as 1h"), ("2026-15-21", "month must be"), ("-1h", "--since")]
)
def test_any_other_since_is_a_misuse(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], when: str, told: str
) -> None:
    assert cli("runs", "--since", when) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "state"),
    [("failed", "discarded"), ("success", "completed"), ("OK", "completed"), ("running", "executing"),
     ("canceled", "cancelled")],
)  # fmt: skip
def test_another_word_for_a_state_is_answered_by_the_state(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], word: str, state: str
) -> None:
    assert cli("runs", "--state", word) == 2
    assert f"did you mean '{state}'?; accepted: scheduled, " in capsys.readouterr().err


def test_statistics_have_one_line_a_job_on_a_terminal_of_80_columns(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], terminal: Callable[[int], None]
) -> None:
    terminal(80)
    store = cli.start_daemon()
    put_job(store, "nightly-report")
    figures = JobStatistics(launches=1234, successes=1230, failures=4, last_outcome="interrupted", missed={"down": 31})
    with store.begin() as transaction:
        transaction.put_statistics({"nightly-report": figures})
    cli("stats")
    lines = [click.unstyle(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0].split() == ["JOB", "LAUNCHES", "OK", "FAILED", "TIMEOUT", "SKIPPED", "MISSED", "LAST", "NEXT"]
    assert re.sub(" +", " ", lines[1]) == "nightly-r… 1234 1230 4 0 0 31 interrupted in 3m"
    assert lines[2:] == ["0 ticks"]


def test_one_of_something_is_not_told_as_many(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    with store.begin() as transaction:
        transaction.put_statistics({"backup": JobStatistics(launches=2, successes=1, failures=1, retries=1)})
    cli("stats", "backup")
    out = capsys.readouterr().out
    assert "2, of them 1 retry\n" in out
    assert "1 success, 1 failure, 0 timeouts, " in out
