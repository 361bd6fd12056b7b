"""The text of a recurrence rule (RFC 5545, 3.3.10), read as a value.

Accepted are the rules of days: FREQ from DAILY to YEARLY, with all their BY parts. What repeats by the hour or faster
is no calendar that a job could be kept out of, and would cost without bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = re.compile(r"(?P<place>[+-]?[0-9]{1,2})?(?P<name>MO|TU|WE|TH|FR|SA|SU)")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_LONGEST = 2_000


class Frequency(StrEnum):
    """The period that a rule divides time into."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceRule:
    """A rule as it is written; what it leaves open, the start of its event says.

    Negative numbers count from the end. A weekday is a place (0: each of them) and a number from 0 for Monday.
    ``until`` is naive, and in the zone ``UTC`` if ``until_in_utc``.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    until_in_utc: bool = False
    months: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    hours: frozenset[int] = frozenset()
    minutes: frozenset[int] = frozenset()
    seconds: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()
    week_start: int = 0


def parse_rule(text: str) -> RecurrenceRule:
    """Return the rule that the text of an RRULE says; raises InvalidValueError for what is not accepted.

    >>> parse_rule("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH").weekdays
    frozenset({(4, 3)})
    """
    if len(text) > _LONGEST:
        raise InvalidValueError(f"found a rule of {len(text)} characters; accepted: at most {_LONGEST}")
    parts = _parts(text)
    fields: dict[str, Any] = {
        field: read(parts[name], name) for name, (field, read) in _READERS.items() if name in parts
    }
    until = fields.pop("until", (None, False))
    rule = RecurrenceRule(**fields, until=until[0], until_in_utc=until[1])
    _check(rule)
    return rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().rstrip(";").split(";"):
        name, _, value = part.partition("=")
        if name not in _READERS:
            raise InvalidValueError(f"found {quote(part)}; accepted: {', '.join(_READERS)}, each with =")
        if name in parts:
            raise InvalidValueError(f"found {name} twice; accepted: once")
        parts[name] = value
    if "FREQ" not in parts:
        raise InvalidValueError(f"found no FREQ; accepted: {', '.join(Frequency)}")
    return parts


def _check(rule: RecurrenceRule) -> None:
    """Refuse parts that mean nothing together."""
    if rule.count is not None and rule.until is not None:
        raise InvalidValueError("found COUNT and UNTIL; accepted: one of them")
    if rule.weeks and rule.frequency is not Frequency.YEARLY:
        raise InvalidValueError(f"found BYWEEKNO with FREQ={rule.frequency}; accepted: with FREQ=YEARLY")
    placed = any(place for place, _ in rule.weekdays)
    if placed and (rule.frequency in (Frequency.DAILY, Frequency.WEEKLY) or rule.weeks):
        raise InvalidValueError("found a number before a weekday; accepted: with FREQ=MONTHLY or YEARLY, no BYWEEKNO")


def _frequency(value: str, _: str) -> Frequency:
    try:
        return Frequency(value)
    except ValueError:
        raise InvalidValueError(f"found FREQ={value[:60]}; accepted: {', '.join(Frequency)}") from None


def _until(value: str, _: str) -> tuple[datetime, bool]:
    """Read a date, which means its whole day, or a date-time, naive or in UTC."""
    for pattern in ("%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"):
        try:
            moment = datetime.strptime(value, pattern)  # noqa: DTZ007 - local time, or what the caller is told
        except ValueError:
            continue
        return (moment, value.endswith("Z")) if "T" in value else (datetime.combine(moment, time.max), False)
    raise InvalidValueError(f"found UNTIL={value[:60]}; accepted: a date such as 20271231, or a date-time")


def _whole(least: int, greatest: int) -> Callable[[str, str], int]:
    def read(value: str, name: str) -> int:
        if not _WHOLE.fullmatch(value) or not least <= int(value) <= greatest:
            raise InvalidValueError(f"found {name}={value[:60]}; accepted: a whole number from {least} to {greatest}")
        return int(value)

    return read


def _several(least: int, greatest: int, *, signed: bool = False) -> Callable[[str, str], frozenset[int]]:
    """Return what reads a list of numbers; of ``signed`` ones, which are never 0, also those below 0."""
    whole = _whole(-greatest if signed else least, greatest)

    def read(value: str, name: str) -> frozenset[int]:
        numbers = frozenset(whole(item, name) for item in value.split(","))
        if signed and 0 in numbers:
            raise InvalidValueError(f"found 0 in {name}; accepted: whole numbers other than 0")
        return numbers

    return read


def _weekdays(value: str, name: str) -> frozenset[tuple[int, int]]:
    found = set()
    for item in value.split(","):
        match = _WEEKDAY.fullmatch(item)
        place = 0 if match is None else int(match["place"] or 0)
        if match is None or (match["place"] and not 1 <= abs(place) <= 53):  # noqa: PLR2004 - weeks of a year
            raise InvalidValueError(f"found {item[:60]} in {name}; accepted: weekdays such as MO, 2TU, -1FR")
        found.add((place, _WEEKDAYS.index(match["name"])))
    return frozenset(found)


def _week_start(value: str, _: str) -> int:
    if value not in _WEEKDAYS:
        raise InvalidValueError(f"found WKST={value[:60]}; accepted: {', '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(value)


_READERS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _whole(1, 10_000)),
    "COUNT": ("count", _whole(1, 10_000)),
    "UNTIL": ("until", _until),
    "BYMONTH": ("months", _several(1, 12)),
    "BYWEEKNO": ("weeks", _several(1, 53, signed=True)),
    "BYYEARDAY": ("year_days", _several(1, 366, signed=True)),
    "BYMONTHDAY": ("month_days", _several(1, 31, signed=True)),
    "BYDAY": ("weekdays", _weekdays),
    "BYHOUR": ("hours", _several(0, 23)),
    "BYMINUTE": ("minutes", _several(0, 59)),
    "BYSECOND": ("seconds", _several(0, 59)),
    "BYSETPOS": ("positions", _several(1, 366, signed=True)),
    "WKST": ("week_start", _week_start),
}
