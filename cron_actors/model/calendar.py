"""Days and spans of time on which jobs do not run, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """An entry of an iCalendar file: from ``start`` on for ``length``, repeated by ``rule`` (RFC 5545, RRULE) if any.

    A naive ``start`` is local time in the zone of whoever asks (a whole day, or a floating time); one with a zone is an
    instant. ``more`` are further starts (RDATE), ``without`` are starts left out (EXDATE), both like ``start``.
    """

    start: datetime
    length: timedelta
    rule: str | None = None
    more: tuple[datetime, ...] = ()
    without: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A named calendar of a jobs file; it holds an instant whose local day or time is in any of its parts.

    ``days`` are ranges of days, both ends included; ``weekdays`` are numbers from 0 for Monday to 6 for Sunday.
    """

    name: str
    days: tuple[tuple[date, date], ...] = ()
    weekdays: frozenset[int] = frozenset()
    events: tuple[CalendarEvent, ...] = ()
