"""What calendars hold of days, against the date that the clock shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.calendars import free_from, holds
from cron_actors.model.calendar import Calendar

# gaps and repeated hours at midnight, half hours, a skipped day, negative summer time
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/Havana",
        "Asia/Beirut",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Europe/Dublin",
        "America/Nuuk",
        "Africa/Cairo",
        "Pacific/Kiritimati",
        "Asia/Kathmandu",
    ]
).map(ZoneInfo)
DAYS = st.dates(date(2011, 12, 20), date(2012, 12, 31)) | st.dates(date(2026, 1, 1), date(2028, 12, 31))
RANGES = st.builds(lambda first, length: (first, first + timedelta(days=length)), DAYS, st.integers(0, 9))
CALENDARS = st.builds(
    Calendar,
    name=st.just("drawn"),
    days=st.lists(RANGES, max_size=4).map(tuple),
    weekdays=st.frozensets(st.integers(0, 6), max_size=6),
)
NOONS = DAYS.map(lambda day: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
AROUND = st.timedeltas(timedelta(days=-2), timedelta(days=2))


def on_the_clock(calendar: Calendar, at: datetime, zone: ZoneInfo) -> bool:
    day = at.astimezone(zone).date()
    return day.weekday() in calendar.weekdays or any(first <= day <= last for first, last in calendar.days)


@given(calendar=CALENDARS, noon=NOONS, around=AROUND, zone=ZONES)
def test_an_instant_is_held_if_its_local_date_is(
    calendar: Calendar, noon: datetime, around: timedelta, zone: ZoneInfo
) -> None:
    at = noon + around
    assert holds([calendar], at, zone) == on_the_clock(calendar, at, zone)


@given(calendars=st.lists(CALENDARS, max_size=2), noon=NOONS, around=AROUND, zone=ZONES)
def test_all_is_held_up_to_the_first_free_instant(
    calendars: list[Calendar], noon: datetime, around: timedelta, zone: ZoneInfo
) -> None:
    at = noon + around
    free_at = free_from(calendars, at, zone)
    if free_at is None:  # together they name all seven weekdays
        assert len(frozenset[int]().union(*(calendar.weekdays for calendar in calendars))) == 7
        return
    assert not any(on_the_clock(calendar, free_at, zone) for calendar in calendars)
    for held_at in (at, at + (free_at - at) / 2, free_at - timedelta(microseconds=1)):
        assert held_at >= free_at or held_at < at or any(on_the_clock(one, held_at, zone) for one in calendars)
