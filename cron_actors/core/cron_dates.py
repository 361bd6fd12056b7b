"""The dates of a cron expression: its fields for days, months and years, searched together.

croniter searches where at most one day field decides, and by plain values; other pairs of day fields it reads otherwise
than we do, or not at all. Those are counted here, by the 28 shapes that a month can have.
"""

from __future__ import annotations

import calendar
import copy
import functools
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from croniter import croniter

from cron_actors.core.cron_fields import DAY, MONTH, WEEKDAY, YEAR, CronField, FieldValues
from cron_actors.core.cron_places import DAYS_OF_WEEK, Month

_ANY_YEAR_BUT_LEAP, _LEAP_YEAR = 2001, 2000
_SEARCHED_YEARS = 200  # 29 February comes after at most 8 years; years go up to 2099
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronDates:
    """The dates that the fields allow; ``both`` says that both day fields must match, else either is enough."""

    day: FieldValues
    month: FieldValues
    weekday: FieldValues
    year: FieldValues | None
    both: bool

    @property
    def every_day(self) -> bool:
        """Say whether no date is left out."""
        return self.year is None and self.plain and all(field.full for field in (self.day, self.month, self.weekday))

    @property
    def plain(self) -> bool:
        """Say whether at most one day field decides, and by plain values."""
        if self.day.places or self.weekday.places or not self.both:
            return False
        return self.day.full or self.weekday.full

    def on_or_after(self, day: date) -> date | None:
        """Return the first of the dates from ``day`` on, None if there is none."""
        return day if self.every_day else _first(self, day)

    def exist(self) -> bool:
        """Say whether any calendar has one of the dates, in the past or to come."""
        return any(_days(self, month) for month in self._months())

    def days(self, year: int, month: int) -> tuple[int, ...]:
        """Return the days of the month ``month`` of ``year`` that are among the dates, in order."""
        return _days(self, _shape(year, month))

    def _months(self) -> Iterator[Month]:
        """Yield the shapes of all months that the fields allow."""
        for number in self.month.values:
            if self.year is not None:
                yield from (_shape(year, number) for year in self.year.values)
                continue
            for year in (_ANY_YEAR_BUT_LEAP, _LEAP_YEAR):  # both kinds of years begin with every weekday
                yield from (Month(_shape(year, number).length, weekday) for weekday in range(DAYS_OF_WEEK))


@functools.lru_cache(maxsize=4096)
def _first(dates: CronDates, day: date) -> date | None:
    # Most expressions have the days of many others, which are asked about from the same day on.
    return searched(dates, day) if dates.plain else counted(dates, day)


def searched(dates: CronDates, day: date) -> date | None:
    """Return the first of plain dates from ``day`` on, as croniter finds it."""
    try:
        # A copy, because croniter keeps its place in itself and the original is shared.
        found = copy.copy(_searcher(dates)).get_next(datetime, start_time=datetime.combine(day, time()) - _SECOND)
    except (ValueError, OverflowError):  # nothing found, or the search ran off the end of the calendar
        return None
    return found.date()


def counted(dates: CronDates, day: date) -> date | None:
    """Return the first of the dates from ``day`` on, found month by month."""
    years = range(day.year, date.max.year + 1) if dates.year is None else sorted(dates.year.values)
    months = sorted(dates.month.values)
    for year in years[bisect_left(years, day.year) :]:
        for month in months:
            if (year, month) < (day.year, day.month):
                continue
            days = dates.days(year, month)
            place = bisect_left(days, day.day) if (year, month) == (day.year, day.month) else 0
            if place < len(days):
                return date(year, month, days[place])
    return None


@functools.lru_cache(maxsize=4096)
def _days(dates: CronDates, month: Month) -> tuple[int, ...]:
    """Return the days of a month of this shape that the day fields allow."""
    in_month = _with_places(dates.day, month) | {day for day in dates.day.values if day <= month.length}
    weekdays = dates.weekday.values
    in_week = _with_places(dates.weekday, month) | {
        day for day in range(1, month.length + 1) if month.weekday(day) in weekdays
    }
    return tuple(sorted(in_month & in_week if dates.both else in_month | in_week))


def _with_places(field: FieldValues, month: Month) -> set[int]:
    return {day for place in field.places if (day := place.day_in(month)) is not None}


@functools.lru_cache(maxsize=4096)
def _shape(year: int, month: int) -> Month:
    first_weekday, length = calendar.monthrange(year, month)
    return Month(length, (first_weekday + 1) % DAYS_OF_WEEK)


@functools.lru_cache(maxsize=1024)
def _searcher(dates: CronDates) -> croniter:
    words = [_numbers(DAY, dates.day), _numbers(MONTH, dates.month), _numbers(WEEKDAY, dates.weekday)]
    years = [] if dates.year is None else ["0", _numbers(YEAR, dates.year)]
    return croniter(" ".join(["0 0", *words, *years]), 0, max_years_between_matches=_SEARCHED_YEARS)


def _numbers(kind: CronField, field: FieldValues) -> str:
    return "*" if len(field.values) == kind.span + 1 else ",".join(map(str, sorted(field.values)))
