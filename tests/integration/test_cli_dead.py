"""Dead letters and retries from the command line, on a real database with a stopped clock."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.core.moments import iso
from cron_actors.model.records import Request, RequestKind
from cron_actors.model.run import AttemptKey, Cause, Ending, NewRun, Outcome, Run, RunState, Settlement
from tests.fakes.command_line import MINUTE, NOW, CommandLine, answer, claim, put_job, put_run

SECOND = timedelta(seconds=1)


@pytest.fixture
def store(cli: CommandLine) -> SqliteStore:
    opened = cli.start_daemon()
    put_job(opened)
    put_job(opened, "report")
    return opened


def failed(
    store: SqliteStore,
    due_at: datetime,
    job: str = "backup",
    state: RunState = RunState.DISCARDED,
    reason: str = "failed",
    scheduled_at: datetime | None = None,
) -> Run:
    """Return a run of which an attempt failed."""
    put_run(store, due_at, job)
    run = claim(store, due_at)
    settlement = Settlement(
        key=AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token or ""),
        ending=Ending(
            outcome=Outcome.FAILURE, exit_code=3, error="exit status 3", output_tail="no\nspace", callback_error="boom"
        ),
        state=state,
        reason=reason,
        at=due_at + SECOND,
        scheduled_at=scheduled_at,
    )
    with store.begin() as transaction:
        assert transaction.settle([settlement]) == [True]
    return run


def shown(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - JSON of any kind
    return json.loads(capsys.readouterr().out)


def listed(cli: CommandLine, capsys: pytest.CaptureFixture[str], *words: str) -> list[int]:
    """Return the numbers of the dead letters that the command lists."""
    assert cli("dead", "list", "--json", *words) == 0
    return [run["run_id"] for run in shown(capsys)]


def requests(store: SqliteStore) -> list[Request]:
    with store.begin() as transaction:
        return transaction.requests()


def dismiss(store: SqliteStore, run: Run) -> None:
    with store.begin() as transaction:
        assert transaction.dismiss(run.run_id, NOW, "ada")


def test_dead_letters_are_discarded_runs_newest_first(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    old = failed(store, NOW - MINUTE * 5)
    failed(store, NOW - MINUTE * 3, state=RunState.RETRYABLE, scheduled_at=NOW + MINUTE)
    new = failed(store, NOW - MINUTE, "report", reason="timeout")
    assert listed(cli, capsys) == [new.run_id, old.run_id]
    assert cli("dead", "list") == 0
    titles, first, _ = capsys.readouterr().out.splitlines()
    assert titles.split() == ["RUN", "JOB", "QUEUE", "DUE", "(UTC)", "AGO", "REASON", "ATTEMPTS", "ERROR"]
    assert first.split()[:3] == [str(new.run_id), "report", "default"]


def test_filters_choose_among_dead_letters(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    first = failed(store, NOW - MINUTE * 5).run_id
    second = failed(store, NOW - MINUTE * 3, reason="timeout").run_id
    third = failed(store, NOW - MINUTE, "report").run_id
    assert listed(cli, capsys, "--job", "backup") == [second, first]
    assert listed(cli, capsys, "--reason", "timeout") == [second]
    assert listed(cli, capsys, "--queue", "default", "--limit", "1") == [third]
    assert listed(cli, capsys, "--queue", "high") == []
    assert listed(cli, capsys, "--since", "4m") == [third, second]
    assert listed(cli, capsys, "--until", "4m") == [first]
    assert listed(cli, capsys, "--run", str(first), "--run", str(third), "--job", "report") == [third]


def test_a_reason_that_there_is_not_is_refused_with_the_nearest(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    failed(store, NOW - MINUTE)
    assert cli("dead", "list", "--reason", "timout") == 2
    assert "'timout' is no reason, did you mean 'timeout'?; accepted: failed, timeout, " in capsys.readouterr().err
    assert listed(cli, capsys, "--reason", "by itself") == []


def test_what_was_dismissed_is_listed_only_if_all_are(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = failed(store, NOW - MINUTE)
    dismiss(store, run)
    assert listed(cli, capsys) == []
    assert listed(cli, capsys, "--all") == [run.run_id]
    cli("dead", "list", "--all")
    assert "failed (dismissed)" in capsys.readouterr().out
    cli("status", "--json")
    assert shown(capsys)["dead_letters"] == 0


def test_status_counts_dead_letters(cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    failed(store, NOW - MINUTE)
    cli("status")
    assert "dead letters 1: cron-actors dead list\n" in capsys.readouterr().out


def test_a_dead_letter_is_shown_with_its_attempts_and_its_lineage(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    before = failed(store, NOW - MINUTE * 5, "report")
    follower = NewRun(
        job="backup",
        due_at=NOW - MINUTE,
        cause=Cause.CHAIN,
        key=f"after:{before.run_id}",
        definition="",
        queue="default",
        cause_run_id=before.run_id,
    )
    with store.begin() as transaction:
        (made,) = transaction.insert_runs([follower])
    assert made is not None
    assert cli("dead", "show", str(before.run_id)) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"run {before.run_id} of report: discarded: failed"
    assert f"then       run {made.run_id} of backup: available" in told
    assert told[-6:] == [
        "  exit     3",
        "  error    exit status 3",
        "  callback boom",
        "  output ends with",
        "    no",
        "    space",
    ]
    cli("runs", "--run", str(made.run_id))
    assert f"after      run {before.run_id} of report: discarded: failed" in capsys.readouterr().out
    cli("dead", "show", str(before.run_id), "--json")
    assert shown(capsys)["followed_by"] == [made.run_id]


def answered(cli: CommandLine, store: SqliteStore, *words: str) -> list[tuple[RequestKind, Any]]:
    """Give the command while a daemon answers; return what it asked for."""
    seen: list[tuple[RequestKind, Any]] = []

    def daemon() -> None:
        seen.extend((request.kind, request.payload) for request in requests(store))
        answer(store, "done")

    cli.while_waiting = daemon
    assert cli(*words) == 0
    return seen


def test_what_is_named_is_retried_without_a_question(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [failed(store, NOW - MINUTE * number).run_id for number in (5, 3)]
    words = [word for run_id in runs for word in ("--run", str(run_id))]
    assert answered(cli, store, "dead", "retry", *words) == [(RequestKind.RETRY_DEAD, {"run_ids": runs})]
    assert capsys.readouterr().out == "done\n"


def test_one_dead_letter_found_by_a_filter_is_dismissed_without_a_question(
    cli: CommandLine, store: SqliteStore
) -> None:
    run = failed(store, NOW - MINUTE)
    asked = answered(cli, store, "dead", "discard", "--job", "backup")
    assert asked == [(RequestKind.DISMISS_DEAD, {"run_ids": [run.run_id]})]


def test_a_run_says_who_had_it_retried(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = str(failed(store, NOW - MINUTE).run_id)
    answered(cli, store, "dead", "retry", "--run", run_id)
    capsys.readouterr()
    cli("dead", "show", run_id)
    assert "\nretry asked for by " in capsys.readouterr().out


def test_many_go_to_the_daemon_in_several_requests(
    cli: CommandLine, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cron_actors.cli.dead.AT_ONCE", 2)
    for number in range(3):
        failed(store, NOW - MINUTE * number)
    payloads = [payload["run_ids"] for _, payload in answered(cli, store, "dead", "retry", "--all", "--yes")]
    assert payloads == [[1, 2], [3]]


@pytest.mark.parametrize("deed", ["retry", "discard"])
def test_several_found_by_a_filter_need_a_yes_where_nobody_can_be_asked(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str], deed: str
) -> None:
    for number in range(3):
        failed(store, NOW - MINUTE * number)
    assert cli("dead", deed, "--all") == 2
    assert "3 dead letters would be" in capsys.readouterr().err
    assert requests(store) == []


def test_somebody_who_says_no_changes_nothing(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        failed(store, NOW - MINUTE * number)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert cli("dead", "retry", "--all") == 1
    assert capsys.readouterr().out == "nothing was changed\n"
    assert requests(store) == []


def test_a_dry_run_lists_and_asks_nothing(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(2):
        failed(store, NOW - MINUTE * number)
    assert cli("dead", "retry", "--all", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 dead letters would be retried"
    assert requests(store) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("dead retry", "say which ones, such as --run 17 or --job backup, or give --all"),
        ("dead discard --all --job backup", "say which ones"),
        ("dead retry --run 99", "there is no run 99"),
        ("dead show 99", "there is no run 99"),
        ("dead retry --run 1", "run 1 is no dead letter, but available; cron-actors runs --run 1 shows it"),
        ("dead list --job bakcup", "did you mean 'backup'?"),
        ("dead list --since soon", "is no moment"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str], words: str, complaint: str
) -> None:
    put_run(store, NOW)
    assert cli(*words.split()) == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert told.count("\n") == 1


def test_where_nothing_is_dead_nothing_is_asked(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("dead", "retry", "--all") == 0
    assert cli("dead", "list") == 0
    assert capsys.readouterr().out == "no dead letters\n" * 2
    assert requests(store) == []


def test_a_run_that_waits_for_its_next_attempt_says_when_that_is(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    failed(store, NOW - MINUTE, state=RunState.RETRYABLE, scheduled_at=NOW + SECOND * 14)
    cli("runs")
    assert "retryable: failed, next attempt in 14 seconds" in capsys.readouterr().out
    cli("runs", "--run", "1")
    assert "next       2026-11-21 12:00:14" in capsys.readouterr().out
    cli("runs", "--json")
    assert shown(capsys)[0]["scheduled_at"] == iso(NOW + SECOND * 14)
    cli("why", "backup", "--at", "2026-11-21T11:59")
    assert "it waits for its next attempt at 2026-11-21 12:00:14 UTC after 1 attempt (exit status 3)" in (
        capsys.readouterr().out
    )
