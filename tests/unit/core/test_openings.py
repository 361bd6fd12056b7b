"""Instants at which a job really runs, beside its calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest

from cron_actors.core.openings import runs_after
from cron_actors.core.schedule import Schedule
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import When

WEEKEND = Calendar(name="weekend", weekdays=frozenset({5, 6}))
ALWAYS = Calendar(name="always", weekdays=frozenset(range(7)))
MONDAY = datetime(2027, 1, 4, tzinfo=UTC)


def schedule(when: When) -> Schedule:
    return Schedule.of(when, seed="a", changed_at=MONDAY)


def test_instants_in_a_calendar_are_passed_over() -> None:
    runs = runs_after(schedule(When(cron=("0 9 * * *",))), [WEEKEND], MONDAY)
    assert [at.day for at in islice(runs, 7)] == [4, 5, 6, 7, 8, 11, 12]


def test_without_calendars_every_instant_is_a_run() -> None:
    daily = schedule(When(cron=("0 9 * * *",)))
    assert list(islice(runs_after(daily, [], MONDAY), 9)) == list(islice(daily.after(MONDAY), 9))


def test_the_first_instant_after_what_is_held_runs_even_if_it_is_its_very_end() -> None:
    runs = runs_after(schedule(When(periodicity=timedelta(seconds=1))), [WEEKEND], datetime(2027, 1, 9, tzinfo=UTC))
    assert next(runs) == datetime(2027, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize("when", [When(periodicity=timedelta(seconds=1)), When(cron=("0 9 * * *",))])
def test_a_job_that_never_runs_is_told_soon(when: When) -> None:
    assert list(runs_after(schedule(when), [ALWAYS], MONDAY)) == []


def test_a_job_whose_only_moment_is_held_never_runs() -> None:
    held = Calendar(name="held", days=((date(2027, 2, 1), date(2027, 2, 1)),))
    only = schedule(When(run_at=datetime(2027, 2, 1, 9, tzinfo=UTC)))
    assert list(runs_after(only, [held], MONDAY)) == []


def test_a_rare_day_that_is_mostly_held_is_found_decades_later() -> None:
    workdays = Calendar(name="workdays", weekdays=frozenset({0, 1, 2, 3, 5, 6}))
    runs = runs_after(schedule(When(cron=("0 9 29 2 *",))), [workdays], MONDAY)
    assert next(runs) == datetime(2036, 2, 29, 9, tzinfo=UTC)
    assert next(runs) == datetime(2064, 2, 29, 9, tzinfo=UTC)
