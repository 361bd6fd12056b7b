"""One field of a cron expression, read into plain values and places; the dialect is that of ``docs/cron.md``."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cron_actors.core.cron_places import LastDay, LastWeekday, NearestWorkday, NthWeekday, Place
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SUNDAY = 7
_FIFTH = 5
_MOST_BEFORE_LAST = 30

_HASHED = re.compile(r"H(?:\(([0-9]+)-([0-9]+)\))?")
_NUMBER = re.compile(r"[0-9]{1,4}")
_RANDOM = re.compile(r".*~.*|R(\(.*\))?(/.*)?")
_NTH = re.compile(r"([0-9A-Z]+)#([0-9]+)")
_LAST = re.compile(r"([0-9A-Z]+)L")
_WORKDAY = re.compile(r"([0-9]+)W")
_LIKE_WORKDAY = re.compile(r"[0-9L-]*W[0-9L-]*")
_BEFORE_LAST = re.compile(r"L-([0-9]+)")
_OF_MONTH = re.compile(r"L|L-[0-9]+|L?W|[0-9]+W")  # what of the place of a day only its own field takes
_OF_WEEK = re.compile(rf"([0-9]|{'|'.join(_DAY_NAMES)})(L|#[0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CronField:
    """A kind of field: its least and greatest value, its names, and how far ``H`` spreads."""

    title: str
    least: int
    greatest: int
    names: Mapping[str, int] = field(default_factory=dict)
    hash_greatest: int | None = None

    @property
    def accepted(self) -> str:
        """Return, for people, which values the field takes."""
        if self is WEEKDAY:
            return "0 to 7 (0 and 7 are Sunday) or SUN to SAT"
        names = f" or {next(iter(self.names))} to {list(self.names)[-1]}" if self.names else ""
        return f"{self.least} to {self.greatest}{names}"

    @property
    def span(self) -> int:
        """Return how far the greatest value is from the least."""
        return self.greatest - self.least


SECOND = CronField(title="second", least=0, greatest=59)
MINUTE = CronField(title="minute", least=0, greatest=59)
HOUR = CronField(title="hour", least=0, greatest=23)
DAY = CronField(title="day of month", least=1, greatest=31, hash_greatest=28)
MONTH = CronField(
    title="month", least=1, greatest=12, names={name: number for number, name in enumerate(_MONTH_NAMES, 1)}
)
WEEKDAY = CronField(
    title="day of week", least=0, greatest=6, names={name: number for number, name in enumerate(_DAY_NAMES)}
)
YEAR = CronField(title="year", least=1970, greatest=2099)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValues:
    """What a field allows: plain values (Sunday is 0) and days by their place in the month.

    ``text`` is the field with ``H`` put into numbers. ``starred`` says that it begins with ``*``, ``full`` that its
    plain values leave nothing out.
    """

    text: str
    values: frozenset[int] = frozenset()
    places: frozenset[Place] = frozenset()
    starred: bool = False
    full: bool = False


def parse_field(kind: CronField, text: str, seed: str) -> FieldValues:
    """Return what the field ``text`` (upper case) allows; ``H`` is a stable hash of ``seed``.

    Raises InvalidValueError that says what is wrong with the field and what is accepted.
    """
    return _parsed(kind, text, seed if "H" in text else "")


@functools.lru_cache(maxsize=4096)
def _parsed(kind: CronField, text: str, seed: str) -> FieldValues:
    # Ten thousand jobs share few fields.
    if text == "?":
        if kind not in (DAY, WEEKDAY):
            raise InvalidValueError("? is accepted only in day of month and day of week; write *")
        text = "*"
    items = [_parse_item(kind, item, seed) for item in text.split(",")]
    values = frozenset().union(*(item.values for item in items))
    return FieldValues(
        text=",".join(item.text for item in items),
        values=values,
        places=frozenset().union(*(item.places for item in items)),
        starred=text.startswith("*"),
        full=len(values) == kind.span + 1,
    )


def _parse_item(kind: CronField, item: str, seed: str) -> FieldValues:
    if not item:
        raise InvalidValueError("has an empty item; write values with single commas between them")
    if _RANDOM.fullmatch(item):
        raise InvalidValueError(f"{quote(item)} is random, which is not accepted; write H for a stable spread")
    if kind is not WEEKDAY and _OF_WEEK.fullmatch(item):
        raise InvalidValueError(f"{quote(item)} is a day of the week; it belongs in the day of week field")
    if kind not in (DAY, WEEKDAY) and _OF_MONTH.fullmatch(item):
        raise InvalidValueError(f"{quote(item)} is a day of the month; it belongs in the day of month field")
    place = _day(item) if kind is DAY else _weekday(item) if kind is WEEKDAY else None
    if place is None:
        return _parse_range(kind, item, seed)
    text, named = place
    return FieldValues(text=text, places=frozenset({named}))


def _day(item: str) -> tuple[str, Place] | None:
    """Return a day by its place in the month, None if the item is none of these."""
    if item == "L":
        return item, LastDay()
    if item == "LW":
        return item, NearestWorkday(None)
    if match := _WORKDAY.fullmatch(item):
        day = _value(DAY, match[1])
        return f"{day}W", NearestWorkday(day)
    if match := _BEFORE_LAST.fullmatch(item):
        before = int(match[1]) if _NUMBER.fullmatch(match[1]) else 0
        if not 1 <= before <= _MOST_BEFORE_LAST:
            raise InvalidValueError(
                f"{quote(item)} is in no month; accepted are L, the last day, and L-1 to L-{_MOST_BEFORE_LAST}"
            )
        return f"L-{before}", LastDay(before)
    if _LIKE_WORKDAY.fullmatch(item):
        raise InvalidValueError(
            f"{quote(item)} is not accepted; the nearest weekday is that of one day: write 15W, or LW for the last; "
            "several are parted by commas"
        )
    return None


def _weekday(item: str) -> tuple[str, Place] | None:
    """Return a weekday by its place in the month, None if the item is none of these."""
    if _OF_MONTH.fullmatch(item):
        what = "L alone names no day" if item == "L" else f"{quote(item)} is a day of the month"
        raise InvalidValueError(f"{what}; write 5L for the last Friday, or {item} in the day of month field")
    if match := _NTH.fullmatch(item):
        place = int(match[2]) if len(match[2]) == 1 else 0
        if not 1 <= place <= _FIFTH:
            raise InvalidValueError(f"{quote(item)}: a month has the weekdays #1 to #5")
        weekday = _value(WEEKDAY, match[1]) % _SUNDAY
        return f"{weekday}#{place}", NthWeekday(weekday, place)
    if match := _LAST.fullmatch(item):
        weekday = _value(WEEKDAY, match[1]) % _SUNDAY
        return f"{weekday}L", LastWeekday(weekday)
    if "#" in item or item.endswith("L"):
        raise InvalidValueError(
            f"{quote(item)} is not accepted; a place in the month is that of one weekday: write 5#2 or 5L; several are "
            "parted by commas"
        )
    return None


def _parse_range(kind: CronField, item: str, seed: str) -> FieldValues:
    """Read ``*``, ``a``, ``a-b`` or ``H``, each with a step or without."""
    base, slash, step_text = item.partition("/")
    step = _step(kind, item, step_text) if slash else 1
    if base == "*":
        return FieldValues(text=item, values=frozenset(range(kind.least, kind.greatest + 1, step)))
    if match := _HASHED.fullmatch(base):
        return _hashed(kind, match, step if slash else None, seed)
    first_text, dash, last_text = base.partition("-")
    first = _value(kind, first_text)
    if dash:
        last = _SUNDAY if kind is WEEKDAY and last_text == "SUN" and first else _value(kind, last_text)
        if first > last:
            raise InvalidValueError(f"the range {quote(base)} is reversed; write two ranges with a comma between them")
    else:
        last = kind.greatest if slash else first
        if first > last:
            raise InvalidValueError(f"{quote(item)} starts after the end of the week; Sunday is 0 here, write 0/{step}")
    numbers = range(first, last + 1, step)
    values = frozenset(number % _SUNDAY for number in numbers) if kind is WEEKDAY else frozenset(numbers)
    return FieldValues(text=item, values=values)


def _step(kind: CronField, item: str, text: str) -> int:
    step = int(text) if _NUMBER.fullmatch(text) else 0
    if not 1 <= step <= kind.span:
        once = f"; for once a round write one value, such as {kind.least}" if step else ""
        raise InvalidValueError(
            f"the step of {quote(item)} is not accepted; accepted are whole numbers from 1 to {kind.span}{once}"
        )
    return step


def _hashed(kind: CronField, match: re.Match[str], step: int | None, seed: str) -> FieldValues:
    """Return one value for ``H``, or for ``H/n`` every n-th from a first one below n, all chosen by ``seed``."""
    if kind is YEAR:
        raise InvalidValueError("H is not accepted here; write years")
    first, last = kind.least, kind.hash_greatest or kind.greatest
    if match[1] is not None:
        first, last = _value(kind, match[1]), _value(kind, match[2])
        if first > last:
            raise InvalidValueError(f"the range of {quote(match[0])} is reversed")
    width = last - first + 1
    digest = hashlib.sha256(f"{seed}\0{kind.title}".encode("utf-8", "surrogatepass")).digest()
    start = first + int.from_bytes(digest[:8]) % (width if step is None else min(step, width))
    numbers = [start] if step is None else range(start, last + 1, step)
    values = {number % _SUNDAY for number in numbers} if kind is WEEKDAY else set(numbers)
    return FieldValues(text=",".join(map(str, sorted(values))), values=frozenset(values))


def _value(kind: CronField, text: str) -> int:
    if text in kind.names:
        return kind.names[text]
    if _NUMBER.fullmatch(text):
        value = int(text)
        if kind.least <= value <= kind.greatest or (kind is WEEKDAY and value == _SUNDAY):
            return value
        midnight = ", midnight is 0" if kind is HOUR and value == kind.greatest + 1 else ""
        raise InvalidValueError(f"{text} is out of range{midnight}; accepted are {kind.accepted}")
    if text[:3] in kind.names and text.isalpha():
        raise InvalidValueError(f"{quote(text)} is too long; write {text[:3]}")
    if text[:1] in ("+", "-") or not text:
        raise InvalidValueError(f"signs and half ranges are not accepted; accepted are {kind.accepted}")
    raise InvalidValueError(f"{quote(text)} is not a value; accepted are {kind.accepted}")
