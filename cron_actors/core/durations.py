"""Durations as people write them: whole numbers with units, or ISO 8601 (``PT5M``) without years and months."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

_ACCEPTED = "a duration is whole numbers with units, such as 90s, 5m, 1h30m, 2 hours, 1d, 1 week or PT5M"
_LONGEST = timedelta(days=36_500)
_MOST_CHARACTERS = 100

_SPELLINGS = {
    "weeks": ("w", "wk", "wks", "week", "weeks"),
    "days": ("d", "day", "days"),
    "hours": ("h", "hr", "hrs", "hour", "hours"),
    "minutes": ("m", "min", "mins", "minute", "minutes"),
    "seconds": ("s", "sec", "secs", "second", "seconds"),
}
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_NOT_FIXED = frozenset({"mo", "mon", "month", "months", "y", "yr", "yrs", "year", "years"})

_PART = re.compile(r"[ \t]*([0-9]+)[ \t]*([^\W\d_]*)")
_SIGN = re.compile(r"(?:^|[\s\d\w])[-+]\s*[0-9p]")
_DECIMAL = re.compile(r"[0-9][.,][0-9]|(?:^|\s)[.,][0-9]")
_ISO = re.compile(
    r"p(?:(?P<weeks>[0-9]+)w)?(?:(?P<days>[0-9]+)d)?"
    r"(?:t(?:(?P<hours>[0-9]+)h)?(?:(?P<minutes>[0-9]+)m)?(?:(?P<seconds>[0-9]+)s)?)?"
)


def parse_duration(value: object) -> timedelta:
    """Return the length of time that ``value`` says: positive, whole seconds, at most 36,500 days.

    Case and blanks do not matter; units go from weeks down to seconds, each at most once. Raises InvalidValueError
    for anything else, naming what is wrong with it.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    if not isinstance(value, str):
        wrong = "is a number without a unit" if _is_number(value) else "is not a text"
        raise _refusal(value, wrong)
    text = value.strip(" \t").casefold()
    _check_characters(value, text)
    amounts = _iso_amounts(value, text) if text.startswith("p") else _worded_amounts(value, text)
    seconds = sum(_SECONDS[unit] * int(digits) for unit, digits in amounts.items())
    if seconds == 0:
        raise _refusal(value, "is zero")
    if seconds > _LONGEST.total_seconds():
        raise _refusal(value, f"is longer than {_LONGEST.days} days")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Return ``duration`` as ``parse_duration`` reads it, from days down; zero is ``0s``, fractions are kept.

    >>> format_duration(timedelta(minutes=90)), format_duration(timedelta(seconds=1.5))
    ('1h30m', '1.5s')
    """
    if duration < timedelta(0):
        return "-" + format_duration(-duration)
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    whole = [(duration.days, "d"), (hours, "h"), (minutes, "m")]
    parts = [f"{amount}{unit}" for amount, unit in whole if amount]
    fraction = f".{duration.microseconds:06d}".rstrip("0").rstrip(".")
    if seconds or fraction or not parts:
        parts.append(f"{seconds}{fraction}s")
    return "".join(parts)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_characters(value: str, text: str) -> None:
    """Refuse what is wrong at first sight, before any part is looked at."""
    if not text:
        raise _refusal(value, "is blank")
    if len(text) > _MOST_CHARACTERS:
        raise _refusal(value, f"is longer than {_MOST_CHARACTERS} characters")
    if _DECIMAL.search(text):
        raise _refusal(value, "has a decimal number")
    if _SIGN.search(text):
        raise _refusal(value, "is negative" if "+" not in text else "has a sign")


def _iso_amounts(value: str, text: str) -> dict[str, str]:
    match = _ISO.fullmatch(text)
    amounts = {} if match is None else {unit: digits for unit, digits in match.groupdict().items() if digits}
    if amounts and not text.endswith("t"):
        return amounts
    if re.search(r"[0-9][ym]", text.partition("t")[0]):
        raise _refusal(value, "has years or months, which have no fixed length")
    raise _refusal(value, "is not an ISO 8601 duration of weeks, days, hours, minutes and seconds")


def _worded_amounts(value: str, text: str) -> dict[str, str]:
    amounts: dict[str, str] = {}
    order = list(_SPELLINGS)
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise _refusal(value, f"has {quote(text[position:].strip())} where a number is expected")
        digits, word = match.groups()
        unit = _unit(value, digits, word)
        if unit in amounts:
            raise _refusal(value, f"names {unit} twice")
        if any(order.index(other) > order.index(unit) for other in amounts):
            raise _refusal(value, f"has {unit} after a smaller unit")
        amounts[unit] = digits
        position = match.end()
    return amounts


def _unit(value: str, digits: str, word: str) -> str:
    if not word:
        raise _refusal(value, f"has no unit after {digits}")
    if word in _NOT_FIXED:
        raise _refusal(value, f"has the unit {quote(word)}, which has no fixed length")
    if word not in _UNITS:
        close = difflib.get_close_matches(word, _UNITS, n=1)
        hint = f" (did you mean {quote(close[0])}?)" if close else ""
        raise _refusal(value, f"has the unknown unit {quote(word)}{hint}")
    return _UNITS[word]


def _refusal(value: object, wrong: str) -> InvalidValueError:
    return InvalidValueError(f"{quote(value)} {wrong}; {_ACCEPTED}")
