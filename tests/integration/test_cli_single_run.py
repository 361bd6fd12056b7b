"""One run in full, with every attempt, as the command line shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.model.records import Request, RequestKind
from cron_actors.model.run import AttemptKey, Ending, Identity, Outcome, RunState, Settlement
from tests.fakes.command_line import NOW, CommandLine, answer, claim, put_job, put_run

SECOND = timedelta(seconds=1)
FAILURE = Ending(
    outcome=Outcome.FAILURE,
    exit_code=3,
    error="exit status 3",
    output_tail="one\n\x1b[2Jtwo\n",
    duration=SECOND,
    cpu_seconds=0.25,
    peak_memory=12_300_000,
)
INTERRUPTED = Ending(outcome=Outcome.INTERRUPTED, error="the daemon stopped")


def attempt(store: SqliteStore, after: int, ending: Ending) -> None:
    """Perform an attempt of one second in process 4711; one that is interrupted does not count."""
    run = claim(store, NOW + after * SECOND)
    assert run.lease_token is not None
    key = AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token)
    over = ending.outcome is not Outcome.INTERRUPTED
    settlement = Settlement(
        key=key,
        ending=ending,
        state=RunState.DISCARDED if over else RunState.AVAILABLE,
        reason="failed" if over else "interrupted",
        at=NOW + (after + 1) * SECOND,
        counted=over,
    )
    with store.begin() as transaction:
        transaction.begin_attempts([(key, Identity(pid=4711, start_time=1, boot_id="b"))])
        assert transaction.settle([settlement]) == [True]


@pytest.fixture
def tried_twice(cli: CommandLine) -> CommandLine:
    """Return a database in which run 1 was interrupted, begun again, and failed."""
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    attempt(store, 2, INTERRUPTED)
    attempt(store, 10, FAILURE)
    return cli


def ask(cli: CommandLine, kind: RequestKind, **fields: Any) -> None:  # noqa: ANN401 - fields of a request
    assert cli.daemon is not None
    request = Request(request_id=0, kind=kind, requested_at=NOW, requested_by="ann (process 7)")
    cli.daemon.mailbox().submit(replace(request, **fields))


def shown(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - JSON of any kind
    return json.loads(capsys.readouterr().out)


def test_a_run_is_shown_with_every_attempt_also_one_that_does_not_count(
    tried_twice: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried_twice("runs", "--run", "1", "--json") == 0
    told = shown(capsys)
    assert (told["state"], told["reason"], told["cause"], told["requests"]) == ("discarded", "failed", "schedule", [])
    first, second = told["attempts"]
    assert (first["attempt"], first["counted"], first["outcome"]) == (1, False, "interrupted")
    assert second == {
        "attempt": 1,
        "counted": True,
        "node": "node",
        "pid": 4711,
        "started_at": "2026-11-21T12:00:10Z",
        "finished_at": "2026-11-21T12:00:11Z",
        "outcome": "failure",
        "exit_code": 3,
        "error": "exit status 3",
        "callback_error": None,
        "cpu_s": 0.25,
        "peak_memory_bytes": 12_300_000,
        "output_tail": "one\n\x1b[2Jtwo\n",
    }


def test_people_read_of_a_run_what_programs_read(tried_twice: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried_twice("runs", "--run", "1") == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "run 1 of backup: discarded: failed"
    assert lines.index("attempt 1, not counted: interrupted") < lines.index("attempt 1: failure")
    for told in (
        "node     node, process 4711",
        "exit     3",
        "error    exit status 3",
        "used     250 ms of CPU, 12.3 MB of memory at most",
        "one",
        "?[2Jtwo",
    ):
        assert told in lines


def test_a_run_without_an_attempt_has_none(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    put_run(cli.start_daemon(), NOW)
    cli("runs", "--run", "1", "--json")
    assert shown(capsys)["attempts"] == []
    cli("runs", "--run", "1")
    assert "attempt" not in capsys.readouterr().out


def test_an_attempt_under_way_has_no_end(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    claim(store, NOW)
    cli("runs", "--run", "1")
    out = capsys.readouterr().out
    assert "attempt 1: under way" in out
    assert "ended" not in out


def test_whoever_asked_for_a_run_and_for_its_end_is_named(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    ask(cli, RequestKind.TRIGGER, job="backup")
    answer(store, "run 1: available", put_run(store, NOW).run_id)
    ask(cli, RequestKind.CANCEL, run_id=1, requested_by="bob (process 8)")
    cli("runs", "--run", "1", "--json")
    assert [(request["kind"], request["requested_by"]) for request in shown(capsys)["requests"]] == [
        ("trigger", "ann (process 7)"),
        ("cancel", "bob (process 8)"),
    ]
    cli("runs", "--run", "1")
    out = capsys.readouterr().out
    assert "\nasked for by ann (process 7), " in out
    assert "\ncancel asked for by bob (process 8), " in out


@pytest.mark.parametrize("number", ["2", "0", "-1", "x", str(2**70)])
def test_an_unknown_run_is_a_misuse(tried_twice: CommandLine, capsys: pytest.CaptureFixture[str], number: str) -> None:
    assert tried_twice("runs", "--run", number) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_where_there_is_no_database_no_run_is_known(cli: CommandLine) -> None:
    assert cli("runs", "--run", "1") == 2
    assert list(cli.folder.iterdir()) == []


@pytest.mark.parametrize("words", [["--job", "backup"], ["--owner", "ann"], ["--limit", "3"], ["--state", "missed"]])
def test_one_run_and_a_list_at_once_are_a_misuse(
    tried_twice: CommandLine, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert tried_twice("runs", "--run", "1", *words) == 2
    assert "--run" in capsys.readouterr().err
