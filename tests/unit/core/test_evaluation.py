from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cron_actors.core.evaluation import DueInstant, Evaluation, evaluate
from cron_actors.core.moments import iso
from cron_actors.core.schedule import Schedule
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import CatchUp, CatchUpPolicy, Command, Job, When
from cron_actors.model.records import Pause

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATEST = CatchUp()
EVERY_MINUTE = When(cron=("* * * * *",))


def look(
    when: When,
    cursor_at: datetime | None,
    until: datetime = NOON,
    catch_up: CatchUp = LATEST,
    limit: int = 10_000,
    pauses: tuple[Pause, ...] = (),
) -> Evaluation:
    job = Job(identifier="job", work=Command(line="true"), when=when, folder=Path("/"), catch_up=catch_up)
    schedule = Schedule.of(when, seed="job", changed_at=NOON)
    return evaluate(
        job,
        schedule,
        cursor_at=cursor_at,
        first_seen_at=NOON,
        until=until,
        evaluated_at=until,
        pauses=pauses,
        limit=limit,
    )


def sorted_out(found: Evaluation) -> tuple[list[str], list[tuple[str, int]]]:
    due = [iso(due.at)[11:19] for due in found.due]
    return due, [(f"{account.state}: {account.reason}", account.count) for account in found.accounts]


def test_an_instant_at_the_end_of_the_window_is_due_and_one_at_the_cursor_is_not() -> None:
    found = look(EVERY_MINUTE, NOON - MINUTE)
    assert found.due == (DueInstant(NOON),)
    assert (found.accounts, found.cursor_at, found.next_due_at) == ((), NOON, NOON + MINUTE)


def test_an_instant_is_due_up_to_the_tolerance_and_caught_up_after_it() -> None:
    skip = CatchUp(policy=CatchUpPolicy.SKIP)
    assert sorted_out(look(EVERY_MINUTE, NOON - SECOND, NOON + 10 * SECOND, skip)) == (["12:00:00"], [])
    assert sorted_out(look(EVERY_MINUTE, NOON - SECOND, NOON + 11 * SECOND, skip)) == ([], [("missed: down", 1)])


@pytest.mark.parametrize(
    ("catch_up", "due", "accounts"),
    [
        (CatchUp(), ["11:59:00"], [("skipped: coalesced", 58)]),
        (CatchUp(policy=CatchUpPolicy.SKIP), [], [("missed: down", 59)]),
        (CatchUp(policy=CatchUpPolicy.ALL, cap=2), ["11:58:00", "11:59:00"], [("missed: over cap", 57)]),
        (CatchUp(policy=CatchUpPolicy.ALL, cap=0), [], [("missed: over cap", 59)]),
        (
            CatchUp(within=10 * MINUTE),
            ["11:59:00"],
            [("missed: too late", 49), ("skipped: coalesced", 9)],
        ),
    ],
)
def test_an_hour_of_downtime_is_caught_up_by_the_policy(
    catch_up: CatchUp, due: list[str], accounts: list[tuple[str, int]]
) -> None:
    found = look(EVERY_MINUTE, NOON - 60 * MINUTE, NOON, catch_up)
    assert sorted_out(found) == ([*due, "12:00:00"], accounts)


def test_a_new_interval_job_owes_the_instant_just_before_and_nothing_older() -> None:
    found = look(When(periodicity=timedelta(hours=5), start_at=NOON - 12 * 60 * MINUTE), None)
    assert found.due == (DueInstant(NOON - 120 * MINUTE, exempt=True),)
    assert found.accounts == ()


def test_a_new_interval_job_owes_nothing_before_its_start() -> None:
    found = look(When(periodicity=MINUTE, start_at=NOON + MINUTE), None)
    assert (found.due, found.next_due_at) == ((), NOON + MINUTE)


def test_a_new_interval_job_that_is_over_owes_nothing() -> None:
    found = look(When(periodicity=MINUTE, end_at=NOON - MINUTE), None)
    assert (found.due, found.accounts, found.next_due_at) == ((), (), None)


def test_what_was_missed_before_the_end_is_still_caught_up_after_it() -> None:
    found = look(When(periodicity=MINUTE, end_at=NOON - 30 * MINUTE), NOON - 60 * MINUTE)
    assert [due.at for due in found.due] == [NOON - 30 * MINUTE]
    assert sorted_out(found)[1] == [("skipped: coalesced", 29)]
    assert found.next_due_at is None


def test_a_new_cron_job_owes_nothing_at_or_before_its_first_sight() -> None:
    assert look(EVERY_MINUTE, None).due == ()
    assert [due.at for due in look(EVERY_MINUTE, None, NOON + MINUTE).due] == [NOON + MINUTE]


@pytest.mark.parametrize(
    ("age", "due", "accounts"),
    [
        (timedelta(0), 1, []),
        (timedelta(hours=1), 1, []),
        (timedelta(days=2), 0, [("missed: too late", 1)]),
    ],
)
def test_a_single_moment_of_the_past_is_run_while_it_is_not_too_old(
    age: timedelta, due: int, accounts: list[tuple[str, int]]
) -> None:
    found = look(When(run_at=NOON - age), None)
    assert len(found.due) == due
    assert sorted_out(found)[1] == accounts
    assert found.next_due_at is None


def test_an_instant_of_both_interval_and_moment_is_one_instant() -> None:
    found = look(When(periodicity=DAY, run_at=NOON.replace(hour=0)), None)
    assert found.due == (DueInstant(NOON.replace(hour=0), exempt=True),)
    assert found.accounts == ()


def test_run_in_is_due_once_after_the_change() -> None:
    when = When(run_in=5 * MINUTE)
    assert look(when, None).due == ()
    found = look(when, NOON, NOON + 5 * MINUTE)
    assert found.due == (DueInstant(NOON + 5 * MINUTE),)
    assert look(when, NOON + 5 * MINUTE, NOON + DAY).due == ()


def test_a_month_without_a_daemon_is_one_cheap_look_for_a_job_of_every_second() -> None:
    found = look(When(periodicity=SECOND), NOON - 30 * DAY, limit=20)  # the limit would stop a look at each instant
    assert [account.count for account in found.accounts] == [29 * 86_400 - 1, 86_400 - 11]
    assert len(found.due) == 12
    assert found.complete


def test_a_month_without_a_daemon_is_bounded_work_for_cron_and_goes_on_where_it_stopped() -> None:
    found = look(EVERY_MINUTE, NOON - 30 * DAY)
    assert not found.complete
    assert found.due == ()
    assert [account.count for account in found.accounts] == [10_000]
    assert found.cursor_at == found.accounts[0].last_due_at == NOON - 30 * DAY + 10_000 * MINUTE


def pause(begin: timedelta, end: timedelta | None = None) -> Pause:
    """Return a pause from and to so long before noon."""
    return Pause(paused_at=NOON - begin, paused_by="me", until_at=None if end is None else NOON - end)


PAUSED, COALESCED, CALENDAR = "skipped: paused", "skipped: coalesced", "skipped: calendar"
ALL = CatchUp(policy=CatchUpPolicy.ALL, cap=100)


@pytest.mark.parametrize(
    ("catch_up", "pauses", "due", "accounts"),
    [
        # one downtime of ten minutes, and what a pause makes of it
        (LATEST, (), ["11:59:00", "12:00:00"], [(COALESCED, 8)]),
        (LATEST, (pause(MINUTE * 20),), [], [(PAUSED, 10)]),
        (ALL, (pause(MINUTE * 20),), [], [(PAUSED, 10)]),
        (
            LATEST,
            (pause(MINUTE * 5, MINUTE * 3),),
            ["11:59:00", "12:00:00"],
            [(COALESCED, 4), (PAUSED, 2), (COALESCED, 2)],
        ),
        (ALL, (pause(MINUTE * 9, MINUTE * 2),), ["11:58:00", "11:59:00", "12:00:00"], [(PAUSED, 7)]),
        # the newest that may run is run, however long ago that was
        (LATEST, (pause(MINUTE * 8, SECOND),), ["11:51:00", "12:00:00"], [(PAUSED, 8)]),
        # while it is paused the job catches up nothing of the time before either
        (LATEST, (pause(MINUTE * 2),), [], [(PAUSED, 10)]),
        # a pause ends exactly at its end, and begins exactly at its beginning
        (LATEST, (pause(MINUTE * 20, timedelta(0)),), ["12:00:00"], [(PAUSED, 9)]),
        (LATEST, (pause(timedelta(0)),), [], [(PAUSED, 10)]),
        # two of them
        (
            ALL,
            (pause(MINUTE * 9, MINUTE * 8), pause(MINUTE * 2, MINUTE)),
            ["11:52:00", "11:53:00", "11:54:00", "11:55:00", "11:56:00", "11:57:00", "11:59:00", "12:00:00"],
            [(PAUSED, 1), (PAUSED, 1)],
        ),
    ],
)
def test_what_was_paused_is_skipped_and_not_caught_up(
    catch_up: CatchUp, pauses: tuple[Pause, ...], due: list[str], accounts: list[tuple[str, int]]
) -> None:
    found = look(EVERY_MINUTE, NOON - 10 * MINUTE, catch_up=catch_up, pauses=pauses)
    assert sorted_out(found) == (due, accounts)
    assert sorted_out(look(When(periodicity=MINUTE), NOON - 10 * MINUTE, catch_up=catch_up, pauses=pauses)) == (
        due,
        accounts,
    )


def test_a_month_of_pause_is_one_cheap_look_for_a_job_of_every_second() -> None:
    found = look(When(periodicity=SECOND), NOON - 30 * DAY, limit=20, pauses=(pause(31 * DAY),))
    assert sorted_out(found) == ([], [(PAUSED, 30 * 86_400)])
    assert found.complete


def test_a_long_pause_of_cron_is_bounded_work_and_goes_on_where_it_stopped() -> None:
    found = look(EVERY_MINUTE, NOON - 30 * DAY, limit=1_000, pauses=(pause(31 * DAY),))
    assert not found.complete
    assert found.cursor_at == found.accounts[0].last_due_at == NOON - 30 * DAY + 1_000 * MINUTE


def test_a_weekend_in_a_calendar_is_one_row_and_the_last_instant_before_it_is_caught_up() -> None:
    when = When(cron=("0 * * * *",), exclude=(Calendar(name="weekend", weekdays=frozenset({5, 6})),))
    monday = NOON + 2 * DAY - timedelta(hours=12)
    found = look(when, monday - 3 * DAY, monday, CatchUp(within=7 * DAY))
    assert [(account.state, account.reason, account.count) for account in found.accounts] == [
        ("skipped", "coalesced", 22),
        ("skipped", "calendar", 48),
    ]
    assert [due.at for due in found.due] == [monday - 2 * DAY - timedelta(hours=1), monday]


def test_the_calendar_is_read_in_the_zone_of_the_job() -> None:
    when = When(
        cron=("30 23 * * *",),
        timezone="America/New_York",
        exclude=(Calendar(name="saturday", weekdays=frozenset({5})),),
    )
    saturday_night = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
    found = look(when, saturday_night - MINUTE, saturday_night)
    assert sorted_out(found) == ([], [(CALENDAR, 1)])


@pytest.mark.parametrize(
    ("when", "pauses", "accounts"),
    [
        (When(periodicity=DAY, exclude=(Calendar(name="saturday", weekdays=frozenset({5})),)), (), [(CALENDAR, 1)]),
        (When(periodicity=DAY), (pause(MINUTE),), [(PAUSED, 1)]),  # before its first tick, after its grid's instant
        (When(run_at=NOON - MINUTE), (pause(DAY),), [(PAUSED, 1)]),
    ],
)
def test_the_first_run_of_a_new_job_is_skipped_too(
    when: When, pauses: tuple[Pause, ...], accounts: list[tuple[str, int]]
) -> None:
    assert sorted_out(look(when, None, pauses=pauses)) == ([], accounts)
