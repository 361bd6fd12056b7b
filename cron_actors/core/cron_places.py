"""Days by their place in a month: what ``L``, ``L-3``, ``15W``, ``LW``, ``5L`` and ``2#1`` of ``docs/cron.md`` mean.

Which day a place is depends only on the shape of the month, and there are 28 shapes.
"""

from __future__ import annotations

from dataclasses import dataclass

SUNDAY, SATURDAY = 0, 6
DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True)
class Month:
    """The shape of a month: how many days it has, and the weekday of its first (Sunday is 0)."""

    length: int
    first_weekday: int

    def weekday(self, day: int) -> int:
        """Return the weekday of a day, from 0 for Sunday to 6."""
        return (self.first_weekday + day - 1) % DAYS_OF_WEEK


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of the month, or the day so many days ``before`` it."""

    before: int = 0

    def day_in(self, month: Month) -> int | None:
        """Return the day, None if the month is too short for it."""
        day = month.length - self.before
        return day if day >= 1 else None


@dataclass(frozen=True, slots=True)
class NearestWorkday:
    """The day from Monday to Friday nearest to ``day`` (None: the last of the month), within the same month."""

    day: int | None

    def day_in(self, month: Month) -> int | None:
        """Return the day, None if the month has no such ``day``."""
        day = month.length if self.day is None else self.day
        if day > month.length:
            return None
        weekday = month.weekday(day)
        if weekday == SATURDAY:
            return day - 1 if day > 1 else day + 2
        if weekday == SUNDAY:
            return day + 1 if day < month.length else day - 2
        return day


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The weekday (Sunday is 0) that comes for the ``place``-th time in the month, from 1 to 5."""

    weekday: int
    place: int

    def day_in(self, month: Month) -> int | None:
        """Return the day, None if the month has the weekday less often."""
        day = 1 + (self.weekday - month.first_weekday) % DAYS_OF_WEEK + DAYS_OF_WEEK * (self.place - 1)
        return day if day <= month.length else None


@dataclass(frozen=True, slots=True)
class LastWeekday:
    """The last of these weekdays (Sunday is 0) in the month."""

    weekday: int

    def day_in(self, month: Month) -> int | None:
        """Return the day, which every month has."""
        return month.length - (month.weekday(month.length) - self.weekday) % DAYS_OF_WEEK


Place = LastDay | NearestWorkday | NthWeekday | LastWeekday
