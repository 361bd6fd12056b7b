"""Whether a calendar holds an instant: its days, weekdays and events as spans of real time, a year at a time.

A day lasts from the first instant at which the clock shows its midnight to the first at which it shows the next; so
does an event from its first moment to its last. Rules that never end are followed no further than somebody asks.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cron_actors.core.recurrence import Recurrence
from cron_actors.core.recurrence_rule import parse_rule
from cron_actors.core.wall_clock import instant_of
from cron_actors.model.calendar import Calendar, CalendarEvent

_DAY = timedelta(days=1)
_MARGIN = timedelta(days=2)  # more than any clock is away from UTC
_SHORTEST = timedelta(microseconds=1)
_LAST_YEAR = 9998
_PATIENCE = timedelta(days=30 * 366)

Span = tuple[datetime, datetime]


def holds(calendars: Iterable[Calendar], at: datetime, zone: ZoneInfo) -> bool:
    """Say whether one of the calendars, read in ``zone``, holds the instant ``at``.

    >>> weekend = Calendar(name="weekend", weekdays=frozenset({5, 6}))
    >>> holds([weekend], datetime(2027, 1, 1, 23, tzinfo=UTC), ZoneInfo("UTC"))
    False
    >>> holds([weekend], datetime(2027, 1, 1, 23, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    True
    """
    year = at.astimezone(UTC).year
    return any(_in(_spans(calendar, zone, year), at) for calendar in calendars)


def free_from(calendars: Iterable[Calendar], at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first instant from ``at`` on that none of the calendars holds, None if there is none for 30 years."""
    calendars = tuple(calendars)
    begin = at
    while at - begin < _PATIENCE:
        held_until = [_held_until(_spans(calendar, zone, at.astimezone(UTC).year), at) for calendar in calendars]
        latest = max(held_until, default=at)
        if latest == at:
            return at
        at = latest
    return None


def _in(spans: tuple[Span, ...], at: datetime) -> bool:
    return _held_until(spans, at) > at


def _held_until(spans: tuple[Span, ...], at: datetime) -> datetime:
    """Return the end of the span that holds ``at``, or ``at`` itself if none does."""
    index = bisect_right(spans, at, key=_begin) - 1
    return at if index < 0 else max(at, spans[index][1])


def _begin(span: Span) -> datetime:
    return span[0]


@functools.lru_cache(maxsize=64)
def _spans(calendar: Calendar, zone: ZoneInfo, year: int) -> tuple[Span, ...]:
    """Return what the calendar holds of the year in UTC, in order, no two spans touching; [begin, end) each."""
    if year > _LAST_YEAR:
        return ()
    first = datetime(year, 1, 1) - _MARGIN  # noqa: DTZ001 - what clocks show
    last = datetime(year, 12, 31) + _MARGIN  # noqa: DTZ001 - as above
    last = min(last, datetime(_LAST_YEAR, 12, 31))  # noqa: DTZ001 - as above
    shown = {zone: [*_of_days(calendar, first.date(), last.date())]}
    for event in calendar.events:
        clock = zone if event.zone is None else ZoneInfo(event.zone)
        length = max(event.length, _SHORTEST)
        shown.setdefault(clock, []).extend((start, start + length) for start in _starts(event, first, last))
    # joined before they become instants: of many events few spans may be left
    spans = [_real(span, clock) for clock, walls in shown.items() for span in _merged(walls)]
    return tuple(_merged(spans))


def _of_days(calendar: Calendar, first: date, last: date) -> Iterator[Span]:
    weekdays = (first + _DAY * number for number in range((last - first).days + 1))
    ranges = [(day, day) for day in weekdays if day.weekday() in calendar.weekdays]
    ranges += [(max(begin, first), min(end, last)) for begin, end in calendar.days if begin <= last and end >= first]
    for begin, end in ranges:
        yield datetime.combine(begin, time()), datetime.combine(end + _DAY, time())


def _real(wall: Span, zone: ZoneInfo) -> Span:
    """Return the instants between which the clock of the zone shows the span."""
    return instant_of(wall[0], zone), instant_of(wall[1], zone)


def _starts(event: CalendarEvent, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the starts of what overlaps [first, last]."""
    first -= event.length
    without = set(event.without)
    starts = (event.start,) if event.rule is None else _recurrence(event.rule, event.start).starts(first, last)
    for start in (*starts, *event.more):
        if first <= start <= last and start not in without:
            yield start


@functools.lru_cache(maxsize=4_096)
def _recurrence(rule: str, start: datetime) -> Recurrence:
    return Recurrence.of(parse_rule(rule), start)


def _merged(spans: Iterable[Span]) -> Iterable[Span]:
    """Return the spans in order, those that overlap or touch as one, empty ones not at all."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif begin < end:
            merged.append((begin, end))
    return merged
