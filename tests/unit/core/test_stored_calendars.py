"""Calendars in stored definitions: complete, and the same for equal ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.core.definitions import canonical, definition, job_of, read_job
from cron_actors.core.stored_calendars import restored, stored
from cron_actors.errors import InvalidValueError
from cron_actors.model.calendar import Calendar, CalendarEvent

MORNING = datetime(2027, 1, 4, 8)  # noqa: DTZ001 - what a clock shows
DAY = timedelta(days=1)
FULL = Calendar(
    name="full",
    days=((date(2027, 1, 1), date(2027, 1, 1)), (date(2027, 12, 24), date(2027, 12, 26))),
    weekdays=frozenset({5, 6}),
    events=(
        CalendarEvent(start=MORNING, length=DAY),
        CalendarEvent(
            start=MORNING,
            length=timedelta(hours=2),
            zone="Europe/Berlin",
            rule="FREQ=WEEKLY",
            more=(MORNING + DAY,),
            without=(MORNING + 7 * DAY,),
        ),
    ),
)
JOB: dict[str, Any] = {"identifier": "backup", "command": "true", "cron": "0 9 * * *", "exclude": ["full"]}
FOLDER = Path("/srv")


def text_of(job: dict[str, Any], calendars: dict[str, Calendar]) -> str:
    read, problems = read_job(job, FOLDER, calendars)
    assert problems == []
    return definition(job, read).text


@pytest.mark.parametrize(
    "calendar", [FULL, Calendar(name="empty"), Calendar(name="weekend", weekdays=frozenset({5, 6}))]
)
def test_a_calendar_comes_back_from_a_definition_as_it_was(calendar: Calendar) -> None:
    text = text_of(JOB | {"exclude": calendar.name}, {calendar.name: calendar})
    assert job_of(text).when.exclude == (calendar,)


def test_a_definition_holds_the_calendars_that_its_job_names_and_no_others() -> None:
    others = {"full": FULL, "other": Calendar(name="other")}
    assert text_of(JOB, others) == text_of(JOB, {"full": FULL})
    assert "calendars" not in text_of(JOB | {"exclude": []}, others)


def test_a_definition_written_before_there_were_calendars_is_still_read() -> None:
    old = canonical({"folder": "/srv", "job": {"identifier": "a", "command": "x", "cron": "0 9 * * *"}})
    assert job_of(old).when.exclude == ()


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"days": ["tomorrow"]},
        {"weekdays": ["day"]},
        {"events": [{"start": "2027-01-01T00:00:00"}]},
        {"events": [{"start": "2027-01-01T00:00:00", "seconds": 60, "zone": "Mars/Olympus"}]},
        {"events": [{"start": "2027-01-01T00:00:00", "seconds": 60, "rule": "FREQ=NEVER"}]},
    ],
)
def test_a_calendar_that_cannot_be_read_any_more_is_a_bad_definition(value: object) -> None:
    with pytest.raises(InvalidValueError, match="calendars cannot be read any more"):
        restored({"a": value})


def test_another_day_in_a_calendar_makes_another_definition_and_another_schedule() -> None:
    changed = Calendar(name="full", days=FULL.days[1:], weekdays=FULL.weekdays, events=FULL.events)
    before, after = text_of(JOB, {"full": FULL}), text_of(JOB, {"full": changed})
    assert before != after
    assert job_of(before).when != job_of(after).when


def test_jobs_that_share_a_calendar_share_one_value() -> None:
    one, other = (restored(stored([FULL]))["full"] for _ in range(2))
    assert one is other


def test_calendars_are_in_the_order_of_their_names_each_once() -> None:
    calendars = {name: Calendar(name=name) for name in "abc"}
    assert text_of(JOB | {"exclude": "b"}, calendars) != text_of(JOB | {"exclude": "c"}, calendars)
    job, _ = read_job(JOB | {"exclude": ["c", "a", "c"]}, FOLDER, calendars)
    assert [calendar.name for calendar in job.when.exclude] == ["a", "c"]


@pytest.mark.parametrize(
    ("exclude", "names", "pointer", "message"),
    [
        (
            "holiday",
            ["holidays", "weekend"],
            ("exclude",),
            "found 'holiday', did you mean 'holidays'?; accepted: a cal",
        ),
        (["weekend", "x"], ["weekend"], ("exclude", 1), "found 'x'; accepted: a calendar of this file: weekend"),
        ("holidays", [], ("exclude",), "found 'holidays'; accepted: the name of a calendar, but this file has none"),
    ],
)
def test_an_unknown_calendar_is_refused_with_the_nearest_name(
    exclude: object, names: list[str], pointer: tuple[str | int, ...], message: str
) -> None:
    _, problems = read_job(JOB | {"exclude": exclude}, FOLDER, {name: Calendar(name=name) for name in names})
    assert [problem.pointer for problem in problems] == [pointer]
    assert problems[0].message.startswith(message)
