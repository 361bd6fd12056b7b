"""When an event that repeats begins: the dates and times of a recurrence rule, by the rule of RFC 5545, 3.3.10.

A rule divides time into days, weeks, months or years and looks at every ``interval``-th of them. All BY parts are tests
of a day, so that the starts of any stretch of time are found without counting from the first. All times are naive.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product

from cron_actors.core.recurrence_rule import Frequency, RecurrenceRule
from cron_actors.errors import InvalidValueError

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_LAST_DAY = date(9998, 12, 31)
_YEARS_COUNTED = 100
_LONGEST_TIMES = 96


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule together with the start of its event, which is its first start whatever the rule says."""

    rule: RecurrenceRule
    start: datetime
    times: tuple[time, ...]

    @classmethod
    def of(cls, rule: RecurrenceRule, start: datetime) -> Recurrence:
        """Return the rule with what it leaves open from ``start``; raises InvalidValueError for too many times."""
        hours, minutes, seconds = (
            sorted(values) or [usual]
            for values, usual in ((rule.hours, start.hour), (rule.minutes, start.minute), (rule.seconds, start.second))
        )
        if len(hours) * len(minutes) * len(seconds) > _LONGEST_TIMES:
            raise InvalidValueError(f"found more than {_LONGEST_TIMES} times of day; accepted: at most that")
        times = tuple(time(*parts) for parts in product(hours, minutes, seconds))
        return cls(_completed(rule, start.date()), start, times)

    def starts(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Yield the starts in [first, last], in order; a COUNT has no effect."""
        if first <= self.start <= last:
            yield self.start
        first = max(first, self.start)
        until = last if self.rule.until is None else min(last, self.rule.until)
        for days in self._periods(first.date(), until.date()):
            for start in self._of_period(days):
                if start > until:
                    return
                if start >= first and start != self.start:
                    yield start

    def last_start(self, count: int) -> datetime | None:
        """Return the start with this number, None if it is not among those of the first hundred years."""
        end = datetime.combine(_plus_years(self.start.date(), _YEARS_COUNTED), time.max)
        for number, start in enumerate(self.starts(self.start, end), start=1):
            if number == count:
                return start
        return None

    def _periods(self, first: date, last: date) -> Iterator[list[date]]:
        """Yield the days of the periods that the rule looks at, from the one that holds ``first`` on."""
        begin = self._period_start(self.start.date())
        passed = self._periods_between(begin, first)
        number = passed - passed % self.rule.interval
        while True:
            period = self._period(begin, number)
            if period is None or period > last:
                return
            following = self._period(begin, number + 1) or _LAST_DAY
            yield [period + _DAY * days for days in range((following - period).days)]
            number += self.rule.interval

    def _of_period(self, days: list[date]) -> list[datetime]:
        found = [datetime.combine(day, at) for day in days if self._takes(day) for at in self.times]
        if not self.rule.positions:
            return found
        places = {place if place < 0 else place - 1 for place in self.rule.positions}
        return sorted({found[place] for place in places if -len(found) <= place < len(found)})

    def _takes(self, day: date) -> bool:
        """Say whether the day passes all tests of the rule."""
        rule = self.rule
        if rule.months and day.month not in rule.months:
            return False
        if rule.month_days and not _in(rule.month_days, day.day, calendar.monthrange(day.year, day.month)[1]):
            return False
        if rule.year_days and not _in(rule.year_days, day.timetuple().tm_yday, _length_of_year(day.year)):
            return False
        if rule.weeks and not _in(rule.weeks, *_week(day, rule.week_start)):
            return False
        return not rule.weekdays or self._on_weekday(day)

    def _on_weekday(self, day: date) -> bool:
        """Say whether it is one of the weekdays, at its place in the month or, in a rule of whole years, the year."""
        if (0, day.weekday()) in self.rule.weekdays:
            return True
        if self.rule.frequency is Frequency.YEARLY and not self.rule.months:
            number, length = day.timetuple().tm_yday, _length_of_year(day.year)
        else:
            number, length = day.day, calendar.monthrange(day.year, day.month)[1]
        places = ((number - 1) // 7 + 1, -((length - number) // 7 + 1))
        return any((place, day.weekday()) in self.rule.weekdays for place in places)

    def _period_start(self, day: date) -> date:
        match self.rule.frequency:
            case Frequency.DAILY:
                return day
            case Frequency.WEEKLY:
                return day - _DAY * ((day.weekday() - self.rule.week_start) % 7)
            case Frequency.MONTHLY:
                return day.replace(day=1)
            case Frequency.YEARLY:
                return day.replace(month=1, day=1)

    def _periods_between(self, begin: date, day: date) -> int:
        match self.rule.frequency:
            case Frequency.DAILY:
                return (day - begin).days
            case Frequency.WEEKLY:
                return (day - begin) // _WEEK
            case Frequency.MONTHLY:
                return (day.year - begin.year) * 12 + day.month - begin.month
            case Frequency.YEARLY:
                return day.year - begin.year

    def _period(self, begin: date, number: int) -> date | None:
        """Return the first day of the period ``number`` after the first, None past the end of the calendar."""
        try:
            match self.rule.frequency:
                case Frequency.DAILY:
                    return begin + _DAY * number
                case Frequency.WEEKLY:
                    return begin + _WEEK * number
                case Frequency.MONTHLY:
                    years, month = divmod(begin.month - 1 + number, 12)
                    return date(begin.year + years, month + 1, 1)
                case Frequency.YEARLY:
                    return date(begin.year + number, 1, 1)
        except (ValueError, OverflowError):
            return None


def _completed(rule: RecurrenceRule, start: date) -> RecurrenceRule:
    """Return the rule with the days that it leaves open: those like the start."""
    weekday = frozenset({(0, start.weekday())})
    match rule.frequency:
        case Frequency.WEEKLY if not (rule.weekdays or rule.month_days or rule.year_days):
            return replace(rule, weekdays=weekday)
        case Frequency.MONTHLY if not (rule.weekdays or rule.month_days or rule.year_days):
            return replace(rule, month_days=frozenset({start.day}))
        case Frequency.YEARLY if rule.weeks and not (rule.weekdays or rule.month_days or rule.year_days):
            return replace(rule, weekdays=weekday)
        case Frequency.YEARLY if not (rule.weeks or rule.weekdays or rule.month_days or rule.year_days):
            return replace(rule, months=rule.months or frozenset({start.month}), month_days=frozenset({start.day}))
    return rule


def _in(numbers: frozenset[int], number: int, length: int) -> bool:
    """Say whether the numbers name the one of ``length``, counted from the beginning or, below 0, from the end."""
    return number in numbers or number - length - 1 in numbers


def _week(day: date, week_start: int) -> tuple[int, int]:
    """Return the number of the day's week, and how many its year has; the first week has four days of its year."""
    middle = day + _DAY * (3 - (day.weekday() - week_start) % 7)
    first_middle = date(middle.year, 1, 1) + _DAY * ((week_start + 3 - date(middle.year, 1, 1).weekday()) % 7)
    weeks = (_length_of_year(middle.year) - first_middle.timetuple().tm_yday) // 7 + 1
    return (middle - first_middle).days // 7 + 1, weeks


def _length_of_year(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


def _plus_years(day: date, years: int) -> date:
    return min(_LAST_DAY, date(min(day.year + years, _LAST_DAY.year), 12, 31))
