"""The instants of a schedule, stretch after stretch, fast: far from clock changes a day is made of one pattern.

Moments are whole seconds since the Unix epoch; fractions of a second are cut off. What a pattern cannot say, near a
clock change or where the schedule begins or ends, is asked of the schedule instant by instant.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from cron_actors.core.calendars import holds
from cron_actors.core.cron import CronExpression
from cron_actors.core.grid import EPOCH, Grid
from cron_actors.core.schedule import Schedule
from cron_actors.model.job import When

DAY = 86_400
_EPOCH_ORDINAL = EPOCH.toordinal()
_SECOND = timedelta(seconds=1)
_INSTANT_BEFORE = timedelta(microseconds=1)
_NEAR = (-2 * DAY, -DAY, 0, DAY, 2 * DAY)  # a clock change this near makes a day unlike the others


def moment_of(second: int) -> datetime:
    """Return the moment, in UTC, that is so many seconds after the Unix epoch."""
    return EPOCH + timedelta(seconds=second)


def second_of(moment: datetime) -> int:
    """Return how many whole seconds after the Unix epoch the moment is."""
    return (moment - EPOCH) // _SECOND


class Timetable:
    """The instants of ``schedule``, which is made of ``when``."""

    def __init__(self, schedule: Schedule, when: When) -> None:
        self._schedule = schedule
        self._start = None if when.start_at is None else second_of(when.start_at)
        self._end = None if when.end_at is None else second_of(when.end_at)
        self._exclude = when.exclude
        self._patterns = [_Pattern(cron) for cron in schedule.crons]
        self._moments = [second_of(at) for at in schedule.moments]

    def instants(self, begin: int, end: int) -> tuple[list[int], int]:
        """Return the instants in [begin, end), at most a day, in order, and how many more are in excluded calendars."""
        offset = self._steady_offset(begin, end)
        found = self._one_by_one(begin, end) if offset is None else self._by_pattern(begin, end, offset)
        if not self._exclude or not found:
            return found, 0
        kept = [second for second in found if not holds(self._exclude, moment_of(second), self._schedule.zone)]
        return kept, len(found) - len(kept)

    def next_within(self, after: int, until: int) -> int | None:
        """Return the first instant after ``after`` and before ``until``, None if there is none."""
        for begin in range(after + 1, until, DAY):
            found, _ = self.instants(begin, min(begin + DAY, until))
            if found:
                return found[0]
        return None

    def _steady_offset(self, begin: int, end: int) -> int | None:
        """Return the seconds that the zone is ahead of UTC all around [begin, end); None if a pattern will not do."""
        if (self._start is not None and self._start >= begin) or (self._end is not None and self._end < end):
            return None
        if not self._patterns:
            return 0
        day = begin // DAY * DAY
        offsets = {_offset(day + near, self._schedule.zone) for near in _NEAR}
        return offsets.pop() if len(offsets) == 1 else None

    def _one_by_one(self, begin: int, end: int) -> list[int]:
        end_at = moment_of(end)
        found = takewhile(lambda at: at < end_at, self._schedule.after(moment_of(begin) - _INSTANT_BEFORE))
        return [second_of(at) for at in found]

    def _by_pattern(self, begin: int, end: int, offset: int) -> list[int]:
        sources: list[Sequence[int]] = [pattern.instants(begin, end, offset) for pattern in self._patterns]
        if self._schedule.grid is not None:
            sources.append(_of_grid(self._schedule.grid, begin, end))
        if self._moments:
            sources.append([second for second in self._moments if begin <= second < end])
        return list(sources[0]) if len(sources) == 1 else sorted(set().union(*sources))


class _Pattern:
    """The days and the times of day of a cron expression, on a clock that shows every time once."""

    def __init__(self, cron: CronExpression) -> None:
        times = cron.times
        hours = [hour * 60 + minute for hour in times.hours for minute in times.minutes]
        self._times = tuple(minute * 60 + second for minute in hours for second in times.seconds)
        self._dates = cron.dates
        self._days: dict[int, frozenset[int]] = {}

    def instants(self, begin: int, end: int, offset: int) -> list[int]:
        """Return the instants of [begin, end) on a clock that is ``offset`` ahead of UTC."""
        found: list[int] = []
        begin, end = begin + offset, end + offset
        for day in range(begin // DAY, -(-end // DAY)):
            if self._has(day):
                midnight = day * DAY
                first, last = bisect_left(self._times, begin - midnight), bisect_left(self._times, end - midnight)
                start = midnight - offset
                found += [start + time for time in self._times[first:last]]
        return found

    def _has(self, day: int) -> bool:
        """Say whether the day, counted from that of the epoch, is one of the expression's."""
        year = date.fromordinal(_EPOCH_ORDINAL + day).year
        if year not in self._days:
            self._days[year] = frozenset(self._days_of(year))
        return day in self._days[year]

    def _days_of(self, year: int) -> list[int]:
        dates = self._dates
        if dates.year is not None and year not in dates.year.values:
            return []
        found = [date(year, month, day) for month in dates.month.values for day in dates.days(year, month)]
        return [day.toordinal() - _EPOCH_ORDINAL for day in found]


def _of_grid(grid: Grid, begin: int, end: int) -> Sequence[int]:
    origin, period = second_of(grid.origin), grid.period // _SECOND
    first = origin + max(0, -((origin - begin) // period)) * period
    return range(first, end, period)


@functools.lru_cache(maxsize=65_536)
def _offset(second: int, zone: ZoneInfo) -> int:
    return (moment_of(second).astimezone(zone).utcoffset() or timedelta(0)) // _SECOND
