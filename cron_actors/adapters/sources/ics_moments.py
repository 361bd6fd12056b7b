"""Moments of an iCalendar file: dates, local times in a named zone, floating times, and times in UTC."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar.prop import vDDDTypes
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from cron_actors.adapters.sources.ics_lines import IcsLine
from cron_actors.core.quotation import quote

_MOMENT = "accepted: a date such as 20270101, or a date-time such as 20270101T090000Z"
_LENGTH = "accepted: a length of time such as PT1H or P1D"
_FIRST_YEAR, _LAST_YEAR = 1600, 9000


@dataclass(frozen=True, slots=True)
class IcsMoment:
    """What a clock shows: that of ``zone``, or of whoever asks if it is None; ``whole_day`` if it is a date."""

    wall: datetime
    zone: ZoneInfo | None
    whole_day: bool = False

    def on_clock_of(self, other: IcsMoment) -> datetime:
        """Return what the clock of the other moment shows then; a date has the other's time of day, and the reverse."""
        if other.whole_day or self.whole_day:
            return datetime.combine(self.wall.date(), other.wall.time())
        if self.zone is None or other.zone is None or self.zone is other.zone:
            return self.wall
        return self.wall.replace(tzinfo=self.zone).astimezone(other.zone).replace(tzinfo=None)


class IcsMoments:
    """Reads the moments of one file."""

    def __init__(self, zones: Mapping[str, str]) -> None:
        """Take the IANA names for names of zones that the file itself explains."""
        self._places = zones

    def one(self, line: IcsLine) -> IcsMoment:
        """Return the moment that the line says; raises IcsFault."""
        value = _value(line, line.value)
        if isinstance(value, date):
            return self._moment(line, value)
        raise line.fault(f"found {quote(line.value)}; {_MOMENT}")

    def several(self, line: IcsLine) -> Iterator[tuple[IcsMoment, timedelta | None]]:
        """Yield each moment of a list, with its length if it is a period; raises IcsFault."""
        for text in line.value.split(","):
            match _value(line, text):
                case date() as moment:
                    yield self._moment(line, moment), None
                case (datetime() as start, timedelta() as length):
                    yield self._moment(line, start), length
                case (datetime() as start, datetime() as end) if (start.tzinfo is None) == (end.tzinfo is None):
                    yield self._moment(line, start), end - start
                case _:
                    raise line.fault(f"found {quote(text)}; {_MOMENT}")

    def _moment(self, line: IcsLine, value: date) -> IcsMoment:
        if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            raise line.fault(f"found the year {value.year}; accepted: {_FIRST_YEAR} to {_LAST_YEAR}")
        if not isinstance(value, datetime):
            return IcsMoment(datetime.combine(value, time()), None, whole_day=True)
        if value.tzinfo is not None:
            return IcsMoment(value.astimezone(UTC).replace(tzinfo=None), ZoneInfo("UTC"))
        name = line.parameters.get("TZID")
        return IcsMoment(value, None if name is None else self._zone(line, str(name)))

    def _zone(self, line: IcsLine, name: str) -> ZoneInfo:
        """Return the zone of an IANA name, also behind a prefix, of a Windows name, or of one the file explains."""
        tail = "/".join(name.split("/")[-2:])
        for place in (self._places.get(name), name, WINDOWS_TO_OLSON.get(name), tail):
            try:
                if place is not None:
                    return ZoneInfo(place)
            except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
                continue
        raise line.fault(f"found the time zone {quote(name)}; accepted: an IANA name such as Europe/Berlin")


def length_of(line: IcsLine) -> timedelta:
    """Return the length of time that the line says; raises IcsFault."""
    value = _value(line, line.value)
    if isinstance(value, timedelta):
        return value
    raise line.fault(f"found {quote(line.value)}; {_LENGTH}")


def _value(line: IcsLine, text: str) -> object:
    try:
        value: object = vDDDTypes.from_ical(text.strip())  # type: ignore[no-untyped-call] # as it is
    except (ValueError, OverflowError, TypeError):
        accepted = _LENGTH if line.name == "DURATION" else _MOMENT
        raise line.fault(f"found {quote(text)}; {accepted}") from None
    return value
