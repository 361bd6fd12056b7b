"""The plain reading of cron, as an oracle: what an expression names is found by looking at every minute and every day.

It shares nothing with the code under test; its expressions have five fields, numbers only, and are known to be valid.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SATURDAY, SUNDAY = 6, 7  # as date.isoweekday has it


@dataclass(frozen=True, kw_only=True)
class PlainCron:
    """An expression with a rule for clock changes (None: Debian's) and for two restricted day fields."""

    text: str
    missing: str | None = None
    repeated: str | None = None
    both_days: bool = False

    def by_looking(self, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
        """Return the instants in (after, until], by asking of every minute what the clock shows and what it skipped."""
        shown = [
            (at, at.astimezone(zone).replace(tzinfo=None, fold=0)) for at in minutes(after - 2 * DAY, until + 2 * DAY)
        ]
        passes: dict[datetime, list[datetime]] = {}
        for at, wall in shown:
            passes.setdefault(wall, []).append(at)
        found = {at for wall, times in passes.items() if self.names(wall) for at in self._counted(times)}
        for (_, before), (at, wall) in pairwise(shown):
            if self._shifts and any(self.names(skipped) for skipped in minutes(before + MINUTE, wall)):
                found.add(at)
        return sorted(at for at in found if after < at <= until)

    def names(self, wall: datetime) -> bool:
        """Say whether the fields name this minute of a clock."""
        minute, hour, _, _, _ = self._fields
        return allows(minute, wall.minute, 0, 59) and allows(hour, wall.hour, 0, 23) and self.names_day(wall.date())

    def names_day(self, day: date) -> bool:
        """Say whether the fields name this day."""
        _, _, in_month, month, in_week = self._fields
        if not allows(month, day.month, 1, 12):
            return False
        verdicts = [names_in_month(in_month, day), names_in_week(in_week, day)]
        both = self.both_days or in_month.startswith("*") or in_week.startswith("*")
        return all(verdicts) if both else any(verdicts)

    @cached_property
    def _fields(self) -> list[str]:
        return self.text.split()

    @cached_property
    def _wildcard(self) -> bool:
        return any(field.startswith("*") for field in self._fields[:2])

    @cached_property
    def _shifts(self) -> bool:
        return (self.missing or ("skip" if self._wildcard else "shift")) == "shift"

    def _counted(self, times: list[datetime]) -> list[datetime]:
        repeated = self.repeated or ("both" if self._wildcard else "first")
        return {"first": times[:1], "last": times[-1:], "both": times}[repeated]


def minutes(first: datetime, end: datetime) -> list[datetime]:
    """Return every whole minute from ``first`` up to but not including ``end``."""
    first = first.replace(second=0, microsecond=0)
    return [first + MINUTE * number for number in range((end - first) // MINUTE + 1) if first + MINUTE * number < end]


@lru_cache(maxsize=4096)
def names_in_month(text: str, day: date) -> bool:
    """Say whether a day of month field names the day."""
    last = calendar.monthrange(day.year, day.month)[1]
    for item in text.split(","):
        if item.endswith("W"):
            wanted = last if item == "LW" else int(item[:-1])
            if wanted <= last and day == nearest_workday(day.replace(day=wanted)):
                return True
        elif item.startswith("L"):
            if day.day == last - int(item[2:] or 0):
                return True
        elif allows(item, day.day, 1, 31):
            return True
    return False


def nearest_workday(day: date) -> date:
    """Return the nearest day from Monday to Friday within the month: two days on where the near side is outside it."""
    for distance in (0, -1, 1, -2, 2):
        near = day + DAY * distance
        if near.month == day.month and near.isoweekday() < SATURDAY:
            return near
    raise AssertionError("no month is without a workday")


@lru_cache(maxsize=4096)
def names_in_week(text: str, day: date) -> bool:
    """Say whether a day of week field names the day."""
    for item in text.split(","):
        if item.endswith("L") or "#" in item:
            same = int(item[0]) % SUNDAY == day.isoweekday() % SUNDAY
            last = (day + 7 * DAY).month != day.month
            if same and (last if item.endswith("L") else int(item[2:]) == (day.day + 6) // 7):
                return True
        elif any(allows(item, number, 0, 6) for number in numbers(item, day)):
            return True
    return False


def numbers(item: str, day: date) -> tuple[int, ...]:
    """Return the numbers of the day's weekday: two for Sunday, which is also the end of a range."""
    number = day.isoweekday()
    return (0, SUNDAY) if number == SUNDAY and "/" not in item else (number % SUNDAY,)


@lru_cache(maxsize=4096)
def allows(text: str, value: int, least: int, greatest: int) -> bool:
    """Say whether a field of plain values names the value."""
    for item in text.split(","):
        base, _, step = item.partition("/")
        ends = (least, greatest) if base == "*" else tuple(map(int, base.split("-")))
        first, last = ends if len(ends) > 1 else (ends[0], greatest if step else ends[0])
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False
