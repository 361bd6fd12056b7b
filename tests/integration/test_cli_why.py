"""The question why a job did or did not run at an instant, on a real database with a stopped clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.core.definitions import definition, job_from
from cron_actors.core.moments import iso
from cron_actors.model.calendar import Calendar
from cron_actors.model.records import NodeRecord, Pause
from cron_actors.model.run import Account, Reason, RunState
from tests.fakes.command_line import MINUTE, NOW, CommandLine, claim, put_job, put_run, settle

SECOND = timedelta(seconds=1)

Ask = Callable[..., str]


@pytest.fixture
def daemon(cli: CommandLine) -> SqliteStore:
    return cli.start_daemon()


def record(store: SqliteStore, **fields: datetime) -> None:
    """Put a job whose instants up to now are accounted for, changed in these fields of its row."""
    with store.begin() as transaction:
        row = next(one for one in transaction.jobs() if one.identifier == "backup")
        transaction.put_job(replace(row, **{"cursor_at": NOW, **fields}))  # type: ignore[arg-type] # the moments of a row


def account(store: SqliteStore, first: datetime, count: int, state: RunState, reason: Reason) -> None:
    with store.begin() as transaction:
        stretch = Account(
            job="backup",
            state=state,
            reason=reason,
            first_due_at=first,
            last_due_at=first + (count - 1) * MINUTE,
            count=count,
            recorded_at=NOW,
        )
        transaction.insert_accounts([stretch])


def put_life(store: SqliteStore, node: str, started_at: datetime, stopped_at: datetime) -> None:
    life = NodeRecord(
        node=node,
        pid=1,
        boot_id="b",
        host="here",
        started_at=started_at,
        heartbeat_at=started_at,
        stopped_at=stopped_at,
    )
    with store.begin() as transaction:
        transaction.put_node(life)


@pytest.fixture
def ask(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> Ask:
    def ask(at: datetime | str, job: str = "backup") -> str:
        text = at if isinstance(at, str) else iso(at)
        assert cli("why", job, "--at", text) == 0
        (answer,) = capsys.readouterr().out.splitlines()
        return answer

    return ask


def test_a_run_that_was_late_and_succeeded_is_told_with_its_log(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon)
    put_run(daemon, NOW - MINUTE)
    run = claim(daemon, NOW - MINUTE + SECOND, Path("/logs/1.txt"))
    settle(daemon, run, NOW - MINUTE + 3 * SECOND)
    assert ask(NOW - MINUTE) == (
        "backup, 2026-11-21 11:59:00 UTC: it ran as run 1, began at 2026-11-21 11:59:01 UTC, 1.00 s late and was"
        " completed after 2.00 s; its log is /logs/1.txt"
    )


def test_a_run_that_failed_is_told_with_its_error(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon)
    put_run(daemon, NOW - MINUTE)
    settle(daemon, claim(daemon, NOW - MINUTE), NOW, error="exit status 3")
    assert " and was discarded: failed after 1m 00s (exit status 3)" in ask(NOW - MINUTE)


def test_a_run_that_goes_on_or_waits_is_told(cli: CommandLine, daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon)
    put_run(daemon, NOW - MINUTE)
    assert ask(NOW - MINUTE).endswith(": it waits for a worker as run 1")
    claim(daemon, NOW - MINUTE, Path("/logs/1.txt"))
    running = "it is running as run 1 since 2026-11-21 11:59:00 UTC; its log is /logs/1.txt"
    assert ask(NOW - MINUTE).endswith(f": {running}")
    cli.stop_daemon()
    assert ask(NOW - MINUTE).endswith("was under way when the daemon died; the next start decides what becomes of it")


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (RunState.MISSED, Reason.DOWN, "it was missed, {}: no daemon looked at it in time, and the job catches up"),
        (RunState.MISSED, Reason.TOO_LATE, "it was missed, {}: no daemon looked at it before it was too old"),
        (RunState.MISSED, Reason.OVER_CAP, "it was missed, {}: no daemon looked at it in time, and more was missed"),
        (RunState.SKIPPED, Reason.COALESCED, "it was skipped, {}: a newer instant took its place"),
        (RunState.SKIPPED, Reason.CALENDAR, "it was skipped, {}: a calendar that the job excludes holds it"),
        (RunState.SKIPPED, Reason.PAUSED, "it was skipped, {}: the job was paused"),
    ],
)
def test_an_instant_inside_a_stretch_is_told_with_the_reason_of_the_stretch(
    daemon: SqliteStore, ask: Ask, state: RunState, reason: Reason, words: str
) -> None:
    put_job(daemon)
    record(daemon)
    account(daemon, NOW - 50 * MINUTE, 10, state, reason)
    among = "one of 10 instants from 2026-11-21 11:10:00 UTC to 2026-11-21 11:19:00 UTC"
    for minutes in (50, 45, 41):
        assert words.format(among) in ask(NOW - minutes * MINUTE)
    assert "it is not due then" in ask(NOW - 45 * MINUTE + SECOND), "between two instants of the stretch"
    assert "nothing of it is kept" in ask(NOW - 40 * MINUTE)


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (RunState.SKIPPED, Reason.COALESCED, "and a newer instant took its place"),
        (RunState.MISSED, Reason.DOWN, "and the job catches up nothing"),
        (RunState.MISSED, Reason.TOO_LATE, "and by then it was too old to be caught up"),
        (RunState.MISSED, Reason.OVER_CAP, "and more was missed than the job's cap allows"),
    ],
)
def test_an_instant_of_a_downtime_is_told_with_its_ends(
    daemon: SqliteStore, ask: Ask, state: RunState, reason: Reason, words: str
) -> None:
    put_job(daemon)
    record(daemon)
    put_life(daemon, "first", NOW - 80 * MINUTE, NOW - 60 * MINUTE)
    put_life(daemon, "second", NOW - 30 * MINUTE, NOW)
    account(daemon, NOW - 50 * MINUTE, 10, state, reason)
    assert ask(NOW - 45 * MINUTE).endswith(
        f": no daemon ran from 2026-11-21 11:00:00 UTC until 2026-11-21 11:30:00 UTC, {words}"
    )


def test_an_instant_of_a_downtime_before_a_pause_is_told_with_both(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon)
    record(daemon)
    put_life(daemon, "first", NOW - 80 * MINUTE, NOW - 60 * MINUTE)
    put_life(daemon, "second", NOW - 30 * MINUTE, NOW)
    with daemon.begin() as transaction:
        transaction.put_pause("backup", Pause(paused_at=NOW - 45 * MINUTE, paused_by="ada"))
    account(daemon, NOW - 50 * MINUTE, 10, RunState.SKIPPED, Reason.PAUSED)
    assert ask(NOW - 46 * MINUTE).endswith("until 2026-11-21 11:30:00 UTC, and by then the job was paused")
    assert ask(NOW - 45 * MINUTE).endswith(": the job was paused from 2026-11-21 11:15:00 UTC by ada")


def test_a_run_that_is_caught_up_is_told_with_the_downtime(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon)
    put_life(daemon, "first", NOW - 3 * MINUTE, NOW)
    put_run(daemon, NOW - 5 * MINUTE)
    settle(daemon, claim(daemon, NOW - 3 * MINUTE), NOW - 3 * MINUTE + SECOND)
    late = "2m 00s late, as no daemon ran until 2026-11-21 11:57:00 UTC, and was completed"
    assert late in ask(NOW - 5 * MINUTE)


def test_a_run_that_a_daemon_began_after_its_last_heartbeat_was_not_late_for_a_downtime(
    daemon: SqliteStore, ask: Ask
) -> None:
    put_job(daemon)
    put_life(daemon, "killed", NOW - 9 * MINUTE, NOW - 5 * MINUTE - SECOND)
    put_life(daemon, "next", NOW - 3 * MINUTE, NOW)
    put_run(daemon, NOW - 5 * MINUTE)
    settle(daemon, claim(daemon, NOW - 5 * MINUTE), NOW - 5 * MINUTE + SECOND)
    assert "daemon" not in ask(NOW - 5 * MINUTE)


def test_a_downtime_is_not_told_of_what_a_calendar_holds_nor_of_what_a_daemon_saw(
    cli: CommandLine, daemon: SqliteStore, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(daemon)
    record(daemon)
    put_life(daemon, "first", NOW - 80 * MINUTE, NOW - 60 * MINUTE)
    put_life(daemon, "second", NOW - 30 * MINUTE, NOW)
    account(daemon, NOW - 50 * MINUTE, 10, RunState.SKIPPED, Reason.CALENDAR)
    account(daemon, NOW - 20 * MINUTE, 10, RunState.SKIPPED, Reason.COALESCED)
    assert "daemon" not in ask(NOW - 45 * MINUTE)
    assert "daemon" not in ask(NOW - 15 * MINUTE)
    assert cli("why", "backup", "--at", iso(NOW - 45 * MINUTE), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["no_daemon_since"], found["no_daemon_until"]) == ("2026-11-21T11:00:00Z", "2026-11-21T11:30:00Z")


def test_the_calendars_that_hold_an_instant_are_told_by_name(
    cli: CommandLine, daemon: SqliteStore, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(daemon)
    holidays = Calendar(name="holidays", days=((date(2026, 11, 22), date(2026, 11, 22)),))
    weekend = Calendar(name="weekend", weekdays=frozenset({5, 6}))
    written = {"identifier": "backup", "command": "true", "periodicity": "1m", "exclude": ["holidays", "weekend"]}
    job = job_from(written, Path("/jobs"), {"holidays": holidays, "weekend": weekend})
    with daemon.begin() as transaction:
        (row,) = transaction.jobs()
        transaction.put_job(replace(row, definition=transaction.put_definition(definition(written, job).text)))
    names = "the calendars 'holidays' and 'weekend', which the job excludes, hold it"
    assert ask("2026-11-22T00:01").endswith(f": it is not due yet, and it is to be skipped: {names}")
    assert ask("2026-11-21T23:59").endswith(": the calendar 'weekend', which the job excludes, holds it")
    assert cli("why", "backup", "--at", "2026-11-21T23:59", "--json") == 0
    assert json.loads(capsys.readouterr().out)["calendars"] == ["weekend"]


def test_a_pause_is_told_with_its_ends_and_who_began_it(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon)
    record(daemon, cursor_at=NOW - 30 * MINUTE)
    with daemon.begin() as transaction:
        pause = Pause(paused_at=NOW - 20 * MINUTE, paused_by="ada", until_at=NOW + 20 * MINUTE)
        transaction.put_pause("backup", pause)
    by = "the job was paused from 2026-11-21 11:40:00 UTC until 2026-11-21 12:20:00 UTC by ada"
    assert ask(NOW - MINUTE).endswith(f": it is skipped, which is not written down yet: {by}")
    assert ask(NOW + MINUTE).endswith(f": it is not due yet, and it is to be skipped: {by}")
    assert ask(NOW + 20 * MINUTE).endswith(": it is not due yet")


def test_what_is_not_due_is_told_with_its_neighbours(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon, periodicity="1h")
    record(daemon)
    assert ask(NOW - 30 * MINUTE).endswith(
        ": it is not due then; by its present schedule the one before is 2026-11-21 11:00:00 UTC, the next is"
        " 2026-11-21 12:00:00 UTC"
    )


def test_a_job_that_nothing_makes_due_says_so(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon, manual=True, periodicity=None)
    record(daemon)
    assert ask(NOW - 30 * MINUTE).endswith("its present schedule names no instant at all")


def test_an_instant_without_a_daemon_is_for_the_next_start_to_decide(
    cli: CommandLine, daemon: SqliteStore, ask: Ask
) -> None:
    put_job(daemon)
    record(daemon, cursor_at=NOW - 30 * MINUTE)
    assert ask(NOW - MINUTE).endswith(": it is due, and the daemon has not come to it yet: ask again in a moment")
    cli.stop_daemon()
    assert ask(NOW - MINUTE).endswith(
        ": no daemon has looked at this job since 2026-11-21 11:30:00 UTC: the next start decides whether it is caught"
        " up"
    )
    assert ask(NOW + MINUTE).endswith(": it is not due yet, and no daemon runs")


def test_an_instant_before_the_first_sight_after_the_removal_or_before_a_change_says_so(
    daemon: SqliteStore, ask: Ask
) -> None:
    put_job(daemon, periodicity="1h")
    record(daemon, changed_at=NOW - 90 * MINUTE, removed_at=NOW - 30 * MINUTE)
    assert ask(NOW - 120 * MINUTE).endswith(
        ": the job was not known then: it was first seen at 2026-11-21 10:21:00 UTC"
    )
    assert ask(NOW - 20 * MINUTE).endswith(
        ": the job was not in force any more: it was removed at 2026-11-21 11:30:00 UTC"
    )
    assert "the schedule was another one until 2026-11-21 10:30:00 UTC" in ask(NOW - 95 * MINUTE)


def test_an_instant_before_a_change_that_only_the_present_schedule_names_is_not_said_to_be_pruned(
    daemon: SqliteStore, ask: Ask
) -> None:
    put_job(daemon, periodicity="1h")
    record(daemon, changed_at=NOW - 30 * MINUTE)
    assert ask(NOW - 60 * MINUTE).endswith(
        ": nothing is recorded, and the schedule was another one until 2026-11-21 11:30:00 UTC; its present schedule"
        " names it, the next is 2026-11-21 12:00:00 UTC"
    )


def test_an_instant_without_an_offset_is_in_the_zone_of_the_job_and_told_in_both(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon, cron="30 2 * * *", periodicity=None, timezone="Europe/Berlin")
    record(daemon, first_seen_at=NOW - timedelta(days=400), changed_at=NOW - timedelta(days=400))
    assert ask("2027-01-05 02:30").startswith("backup, 2027-01-05 02:30:00 CET (2027-01-05T01:30:00Z): ")
    assert ask("Jan 05 2027 02:30:00").startswith("backup, 2027-01-05 02:30:00 CET (2027-01-05T01:30:00Z): ")
    assert ask("2027-01-05T02:30Z").startswith("backup, 2027-01-05 03:30:00 CET (2027-01-05T02:30:00Z): ")


def test_a_time_in_a_gap_or_a_repeated_hour_is_said_to_be_one(daemon: SqliteStore, ask: Ask) -> None:
    put_job(daemon, cron="30 2 * * *", periodicity=None, timezone="Europe/Berlin")
    record(daemon, first_seen_at=NOW - timedelta(days=400), changed_at=NOW - timedelta(days=400))
    gap = ask("2027-03-28T02:30")
    assert gap.startswith("backup, 2027-03-28 03:00:00 CEST (2027-03-28T01:00:00Z)")
    assert "the clocks of Europe/Berlin skip 02:30:00 that day" in gap
    assert "it is not due yet" in gap, "it runs right after the gap"
    assert "show 02:30:00 twice that day; this is the first time" in ask("2027-10-31T02:30")
    assert "twice" not in ask("2027-10-31T02:30+02:00")


def test_json_has_the_kind_of_answer_the_run_and_the_sentence(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(daemon)
    record(daemon)
    account(daemon, NOW - 50 * MINUTE, 10, RunState.MISSED, Reason.DOWN)
    assert cli("why", "backup", "--at", "2026-11-21T11:15", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["answer"], found["at"], found["timezone"]) == ("missed", "2026-11-21T11:15:00Z", "UTC")
    assert (found["run"]["state"], found["run"]["reason"], found["run"]["count"]) == ("missed", "down", 10)
    assert found["why"].startswith("it was missed, one of 10 instants")


def test_a_job_that_only_the_file_knows_was_loaded_by_no_daemon(cli: CommandLine, ask: Ask) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", "periodicity": "1m"})
    assert ask(NOW, job="new").endswith(": no daemon has loaded this job yet")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("bakcup", "--at", "2026-11-21T11:15"), "did you mean 'backup'?"),
        (("backup", "--at", "yesterday"), "'yesterday' is not a date; a moment is"),
        (("backup",), "Missing option '--at'"),
    ],
)
def test_what_cannot_be_answered_is_a_misuse_in_one_line(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], complaint: str
) -> None:
    put_job(daemon)
    assert cli("why", *words) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert complaint in error
