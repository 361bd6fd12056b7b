"""Days and spans of time on which jobs do not run, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """An entry of an iCalendar file: from ``start`` on for ``length``, repeated by ``rule`` (RFC 5545, RRULE) if any.

    ``start``, ``more`` (further starts, RDATE) and ``without`` (starts left out, EXDATE) are naive: what the clock of
    ``zone`` (an IANA name) shows, or that of whoever asks if it is None, as for whole days. ``length`` is counted on
    the same clock. The ``rule`` holds no COUNT, and its UNTIL is naive too.
    """

    start: datetime
    length: timedelta
    zone: str | None = None
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

    def __hash__(self) -> int:
        """Look at a few fields only: a calendar may be long, and is looked up for every instant."""
        return hash((self.name, self.weekdays, len(self.days), len(self.events)))
