"""What a wall clock shows: from naive local time to instants, across gaps and repeated hours.

Where nothing else is asked for, the rule is that of Debian's cron(8) for fixed times: a time that the clock skips
happens at the first instant after the gap, one that it shows twice happens the first time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cron_actors.model.job import DstMissing, DstRepeated

_SECOND = timedelta(seconds=1)
_INSTANT_BEFORE = timedelta(microseconds=1)
_YEARS_LOOKED_AT = range(2027, 2041)  # years still before us; earlier offsets are history


@dataclass(frozen=True, slots=True)
class ClockChange:
    """One change of a zone's offset from UTC, at the instant ``at``, from ``before`` to ``after``."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def skips(self) -> bool:
        """Say whether the clock goes forward, so that it never shows ``first_wall`` up to ``end_wall``."""
        return self.after > self.before

    @property
    def first_wall(self) -> datetime:
        """Return the first naive local time that is skipped or shown twice."""
        return self.at.replace(tzinfo=None) + min(self.before, self.after)

    @property
    def end_wall(self) -> datetime:
        """Return the naive local time at which the clock shows every time once again."""
        return self.at.replace(tzinfo=None) + max(self.before, self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """What becomes of the local times that a clock change skips, and of those it shows twice."""

    missing: DstMissing
    repeated: DstRepeated

    def instants(self, wall: datetime, change: ClockChange) -> tuple[datetime, ...]:
        """Return the instants, in order, at which the naive ``wall`` happens, which ``change`` skips or repeats."""
        if change.skips:
            return (change.at,) if self.missing is DstMissing.SHIFT else ()
        shown = wall.replace(tzinfo=UTC)
        passes = {DstRepeated.FIRST: shown - change.before, DstRepeated.LAST: shown - change.after}
        return (passes[self.repeated],) if self.repeated in passes else tuple(passes.values())


def change_around(wall: datetime, zone: ZoneInfo) -> ClockChange | None:
    """Return the change because of which ``zone`` never shows the naive ``wall``, or shows it twice; else None."""
    before = _offset(wall.replace(tzinfo=zone))
    after = _offset(wall.replace(tzinfo=zone, fold=1))
    if before == after:
        return None
    whole = wall.replace(microsecond=0, tzinfo=UTC)
    early, late = whole - max(before, after), whole - min(before, after)
    while late - early > _SECOND:
        middle = early + (late - early) // (2 * _SECOND) * _SECOND
        if _offset(middle.astimezone(zone)) == before:
            early = middle
        else:
            late = middle
    return ClockChange(late, before, after)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant, in UTC, at which ``zone`` shows the naive ``wall`` or, if it never does, a later time.

    >>> instant_of(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    change = change_around(wall, zone)
    if change is not None and change.skips:
        return change.at
    return _in_utc(wall, zone, fold=0)


def second_pass(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the last instant, in UTC, at which ``zone`` shows the naive ``wall``, which it shows once or twice."""
    return _in_utc(wall, zone, fold=1)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the last microsecond, in UTC, before ``zone`` shows only later days.

    >>> end_of_day(date(2026, 3, 29), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T21:59:59.999999+00:00'
    """
    midnight = datetime.combine(day, time()) + timedelta(days=1)
    change = change_around(midnight, zone)
    if change is not None and not change.skips and change.first_wall < midnight:  # the clock goes back into the day
        return second_pass(midnight, zone) - _INSTANT_BEFORE
    return instant_of(midnight, zone) - _INSTANT_BEFORE


@functools.lru_cache(maxsize=64)
def offsets_to_come(zone: ZoneInfo) -> frozenset[timedelta]:
    """Return the offsets from UTC that ``zone`` uses by the rules now in force: one if its clock never changes."""
    firsts = (datetime(year, month, 1, tzinfo=zone) for year in _YEARS_LOOKED_AT for month in range(1, 13))
    return frozenset(_offset(first) for first in firsts)


def _in_utc(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)
