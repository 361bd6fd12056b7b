"""Days and weekdays of a calendar as people write them: 2027-01-01, 2027-12-24..2027-12-26, sat."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date, timedelta

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

Days = tuple[date, date]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_ACCEPTED = "accepted: a day such as 2027-01-01, or a range such as 2027-12-24..2027-12-26"
_CLOSE = 0.5


def parse_days(value: object) -> Days:
    """Return the first and the last day of what a text or a mapping of ``from`` and ``to`` says.

    Raises InvalidValueError, also for a range whose end is before its beginning.

    >>> parse_days("2027-12-24 .. 2027-12-26")
    (datetime.date(2027, 12, 24), datetime.date(2027, 12, 26))
    """
    if isinstance(value, dict):
        return _range(parse_day(value.get("from")), parse_day(value.get("to")))
    first, dots, last = value.partition("..") if isinstance(value, str) else (value, "", "")
    return _range(parse_day(first), parse_day(last)) if dots else (parse_day(first),) * 2


def parse_day(value: object) -> date:
    """Return the day that a text says; raises InvalidValueError."""
    match = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InvalidValueError(f"found {quote(value)}; {_ACCEPTED}")
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise InvalidValueError(f"found {quote(value)}, which is on no calendar; {_ACCEPTED}") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InvalidValueError(f"found {quote(value)}; accepted: a day of the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def parse_weekday(value: object) -> int:
    """Return the number of the weekday, from 0 for Monday; raises InvalidValueError for anything but three letters.

    >>> parse_weekday("Sat")
    5
    """
    name = value.strip().lower() if isinstance(value, str) else ""
    if name in WEEKDAYS:
        return WEEKDAYS.index(name)
    close = difflib.get_close_matches(name[:10], WEEKDAYS, n=1, cutoff=_CLOSE)
    hint = f", did you mean {quote(close[0])}?" if close else ""
    raise InvalidValueError(f"found {quote(value)}{hint}; accepted: {', '.join(WEEKDAYS)}")


def days_text(days: Days) -> str:
    """Return the text that ``parse_days`` reads as these days."""
    first, last = days
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"


def joined(ranges: Iterable[Days]) -> tuple[Days, ...]:
    """Return the ranges in order, those that overlap or follow each other as one."""
    found: list[Days] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _range(first: date, last: date) -> Days:
    if last < first:
        raise InvalidValueError(f"found a range that ends, on {last}, before it begins, on {first}; {_ACCEPTED}")
    return first, last
