"""Moments as people write them: ISO 8601 dates and date-times, with or without a zone, and zones by IANA name.

A time that its zone's clock never shows means the first instant after the gap; one that it shows twice, the first.
"""

from __future__ import annotations

import difflib
import functools
import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cron_actors.core.quotation import quote
from cron_actors.core.wall_clock import end_of_day, instant_of
from cron_actors.errors import InvalidValueError

_FIRST_YEAR, _LAST_YEAR = 1970, 9998  # a day's room on both sides for any offset from UTC

_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?)?"
_OFFSET = r"(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?"
_ISO = re.compile(
    rf"(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})(?:(?:[Tt]|[ ]+){_TIME}[ ]?{_OFFSET})?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = re.compile(rf"(?P<name>[A-Za-z]{{3}}) (?P<day>[0-9]{{1,2}}),? (?P<year>[0-9]{{4}}) {_TIME}")

_END_DATE = "an end date is YYYY-MM-DD, which holds the whole day, or a date-time such as 2026-11-21T03:00:00Z"
_START_DATE = "a start date is YYYY-MM-DD or a date-time such as 2026-11-21T03:00:00Z"
_RUN_AT = "run_at is a date-time such as 2026-11-21T03:00:00Z, 2026-11-21 03:00 or Nov 21 2026 03:00:00"
_ANY_MOMENT = "a moment is a date-time such as 2026-11-21T03:00:00Z, 2026-11-21 03:00 or Nov 21 2026 03:00:00"
_INSTANT = "a moment is YYYY-MM-DD or a date-time such as 2026-11-21T03:00:00Z"


def parse_zone(name: object) -> ZoneInfo:
    """Return the time zone of this IANA name; raises InvalidValueError, with the nearest name, for anything else.

    Only names of places are guessed at: what resembles an abbreviation, as EST does CEST, may be hours away from it.

    >>> parse_zone("Europe/Berlin").key
    'Europe/Berlin'
    """
    if isinstance(name, str) and _zone_names().get(name.casefold()) == name:
        return ZoneInfo(name)
    hint = ""
    if isinstance(name, str):
        folded = name.strip().casefold().replace(" ", "_")
        places = [known for known in _zone_names() if "/" in known or known == folded]
        cities = [place for place in places if place.endswith(f"/{folded}") and not place.startswith("etc/")]
        close = cities if len(cities) == 1 else difflib.get_close_matches(folded, places, n=1, cutoff=0.75)
        hint = f" (did you mean {quote(_zone_names()[close[0]])}?)" if close else ""
    accepted = "accepted is an IANA name such as Europe/Berlin or UTC"
    raise InvalidValueError(f"{quote(name)} is not a time zone{hint}; {accepted}")


def parse_start_date(value: object, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, that ``value`` (a text, or a date as YAML reads it) says; a date is its midnight.

    What names no offset is in ``zone``. Raises InvalidValueError, also for ``2022/11/21`` and ``2022-15-21``.
    """
    return _moment(value, zone, _START_DATE)


def parse_end_date(value: object, zone: ZoneInfo) -> datetime:
    """Return the last moment, in UTC, that ``value`` allows, written as for ``parse_start_date``.

    A date allows the whole of that day in ``zone``, up to its last microsecond.
    """
    moment = _moment(value, zone, _END_DATE)
    return end_of_day(_written(value, _END_DATE).date(), zone) if _is_day(value) else moment


def parse_run_at(value: object, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, as ``parse_start_date`` does; ``Jan 01 2024 10:14:50`` is accepted as well."""
    return _moment_or_english(value, zone, _RUN_AT)


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, that an option of the command line says as ``run_at`` would."""
    return _moment_or_english(text, zone, _ANY_MOMENT)


def _moment_or_english(value: object, zone: ZoneInfo, accepted: str) -> datetime:
    if isinstance(value, str):
        match = _ENGLISH.fullmatch(" ".join(value.split()))
        if match is not None and match["name"].lower() in _MONTHS:
            month = _MONTHS.index(match["name"].lower()) + 1
            return _checked(value, _wall(value, match, month, accepted), zone, accepted)
    return _moment(value, zone, accepted)


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, that an option of the command line says, in ISO 8601; ``zone`` if it names none."""
    return _moment(text, zone, _INSTANT)


def iso(moment: datetime) -> str:
    """Return the one canonical text of an aware moment, in UTC; microseconds only if there are any.

    >>> iso(datetime(2026, 11, 21, 3, tzinfo=UTC))
    '2026-11-21T03:00:00Z'
    """
    if moment.tzinfo is UTC:  # the way of nearly all moments here
        return _utc_text(moment)
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@functools.lru_cache(1024)
def _utc_text(moment: datetime) -> str:
    # The instant of a run is written several times, that of a claim for many runs. In UTC equal moments have one text.
    return moment.isoformat()[: -len("+00:00")] + "Z"


@functools.cache
def _zone_names() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})}


def _moment(value: object, zone: ZoneInfo, accepted: str) -> datetime:
    return _checked(value, _written(value, accepted), zone, accepted)


def _written(value: object, accepted: str) -> datetime:
    """Return what is written, naive if it names no offset, else in UTC."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - local time on purpose
    match = _ISO.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InvalidValueError(f"{_shown(value)} is not a date; {accepted}")
    wall = _wall(value, match, int(match["month"]), accepted)
    _require_year(value, wall, accepted)  # before the offset, which would leave the calendar at its ends
    offset = match["offset"]
    return wall if offset is None else (wall - _offset(value, offset, accepted)).replace(tzinfo=UTC)


def _is_day(value: object) -> bool:
    """Say whether a value that can be read names a day without a time."""
    if isinstance(value, str):
        match = _ISO.fullmatch(value.strip())
        return match is not None and match["hour"] is None
    return not isinstance(value, datetime)


def _wall(value: object, match: re.Match[str], month: int, accepted: str) -> datetime:
    """Return the naive date and time of a match, or refuse numbers that no calendar or clock has."""
    year, day = int(match["year"]), int(match["day"])
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    microsecond = int((match["fraction"] or "").ljust(6, "0"))
    try:
        return datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 - local time on purpose
    except ValueError as error:
        reason = str(error).partition(":")[0]
        raise InvalidValueError(f"{_shown(value)} is not a date: {reason}; {accepted}") from None


def _offset(value: object, text: str, accepted: str) -> timedelta:
    if text in "Zz":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - the clock's own numbers
        raise InvalidValueError(f"{_shown(value)} has the impossible offset {text} from UTC; {accepted}")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if text[0] == "-" else offset


def _checked(value: object, moment: datetime, zone: ZoneInfo, accepted: str) -> datetime:
    """Return ``moment`` in UTC, read in ``zone`` if it is naive, or refuse a year that leaves no room to count."""
    _require_year(value, moment, accepted)
    return instant_of(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)


def _require_year(value: object, moment: datetime, accepted: str) -> None:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        years = f"the years {_FIRST_YEAR} to {_LAST_YEAR}"
        raise InvalidValueError(f"{_shown(value)} is outside {years}; {accepted}")


def _shown(value: object) -> str:
    return quote(str(value)) if isinstance(value, date) else quote(value)
