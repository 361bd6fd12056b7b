"""What happened to runs, printed and followed, on a real database with a stopped clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.messages import RunChanged
from cron_actors.model.run import Outcome, RunState
from tests.fakes.command_line import MINUTE, NOW, CommandLine, put_job, put_node
from tests.fakes.values import a_change

S = RunState


@pytest.fixture
def daemon(cli: CommandLine) -> SqliteStore:
    return cli.start_daemon()


def happened(store: SqliteStore, *changes: RunChanged) -> None:
    """Have these changes committed together."""
    with store.begin() as transaction:
        transaction.journal(changes)


def change(state: RunState, run_id: int = 1, **fields: Any) -> RunChanged:  # noqa: ANN401 # any field of a change
    return a_change(state, **{"run_id": run_id, "at": NOW, "queue": "default", "job": "backup", **fields})


def in_turn(*steps: Callable[[], object]) -> Callable[[], None]:
    """Return what does one step each time it is called, and then has the user interrupt the command."""
    left = list(steps)

    def next_step() -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return next_step


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_what_happened_is_printed_oldest_first(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = change(S.DISCARDED, reason="failed", was=S.EXECUTING, outcome=Outcome.FAILURE, error="exit status 3")
    happened(daemon, change(S.AVAILABLE), change(S.EXECUTING, was=S.AVAILABLE))
    happened(daemon, failed)
    assert cli("events") == 0
    lines = [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "inserted       run 1 of backup",
        "started        run 1 of backup, attempt 1",
        "discarded      run 1 of backup, attempt 1, failed, exit status 3",
    ]


def test_no_daemon_is_needed_for_what_is_recorded(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    happened(daemon, change(S.AVAILABLE))
    cli.stop_daemon()
    assert cli("events", "--json") == 0
    [found] = objects(capsys.readouterr().out)
    assert (found["event"], found["run_id"], found["queue"], found["at"]) == (
        "inserted",
        1,
        "default",
        "2026-11-21T12:00:00Z",
    )


def test_only_what_is_asked_for_is_printed(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(daemon)
    old = change(S.COMPLETED, 1, was=S.EXECUTING, outcome=Outcome.SUCCESS, at=NOW - MINUTE * 90)
    new = [change(S.COMPLETED, n, was=S.EXECUTING, outcome=Outcome.SUCCESS) for n in (2, 3, 4)]
    happened(daemon, old)
    happened(daemon, *new, change(S.COMPLETED, 5, job="restore"), change(S.EXECUTING, 6, was=S.AVAILABLE))
    assert cli("events", "--json", "--job", "backup", "--kind", "completed", "--since", "1h", "--limit", "2") == 0
    assert [found["run_id"] for found in objects(capsys.readouterr().out)] == [3, 4]


def test_following_goes_on_with_what_happens_until_it_is_interrupted(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    happened(daemon, change(S.AVAILABLE, 1))
    cli.while_waiting = in_turn(
        lambda: happened(daemon, change(S.AVAILABLE, 2)),
        lambda: None,
        lambda: happened(daemon, change(S.AVAILABLE, 3), change(S.AVAILABLE, 4)),
    )
    assert cli("events", "-f", "--json") == 130
    assert [found["run_id"] for found in objects(capsys.readouterr().out)] == [1, 2, 3, 4]


def test_who_follows_too_slowly_is_told_how_much_was_missed(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    happened(daemon, change(S.AVAILABLE, 1))

    def too_much() -> None:
        for run_id in range(2, 12):
            happened(daemon, change(S.AVAILABLE, run_id))
        with daemon.begin() as transaction:
            transaction.fold_statistics()
            transaction.trim_journal(3)

    cli.while_waiting = in_turn(too_much)
    assert cli("events", "--follow", "--limit", "0", "--json") == 130
    missed, *rest = objects(capsys.readouterr().out)
    assert missed == {"event": "missed", "commits": 7}
    assert [found["run_id"] for found in rest] == [9, 10, 11]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--kind", "complete"], "'complete' is no kind of event; did you mean 'completed'?"),
        (["--job", "bakcup"], "there is no job 'bakcup' in the database"),
        (["--since", "yesterday"], "'yesterday' is no moment"),
    ],
)
def test_what_there_is_not_is_one_line(
    cli: CommandLine, daemon: SqliteStore, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("events", *words) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line


def test_without_a_database_there_is_nothing_to_follow(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("events", "--follow") == 1
    assert "there is no database to follow yet" in capsys.readouterr().err


def test_top_looks_once_and_needs_no_daemon(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_node(daemon, NOW)
    happened(daemon, change(S.EXECUTING, was=S.AVAILABLE, started_at=NOW, due_at=NOW, at=NOW - MINUTE / 2))
    assert cli("top", "--once", "--json") == 0
    [found] = objects(capsys.readouterr().out)
    assert found["healthy"] is True
    assert found["rates"] == {
        "interval": None,
        "minute": {"started": pytest.approx(1 / 60), "completed": 0.0, "failed": 0.0},
    }
    cli.stop_daemon()
    assert cli("top", "--once") == 0
    assert "no daemon runs on this database" in capsys.readouterr().out


def test_top_looks_again_and_again_where_there_is_no_terminal(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.while_waiting = in_turn(lambda: happened(daemon, change(S.EXECUTING, was=S.AVAILABLE, started_at=NOW)))
    assert cli("top", "--json") == 130
    assert len(objects(capsys.readouterr().out)) == 2
