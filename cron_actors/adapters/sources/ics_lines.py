"""Lines of an iCalendar file (RFC 5545, 3.1): unfolded, with their numbers, parted by the library icalendar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from icalendar.parser import Contentline

from cron_actors.core.quotation import quote

READ = frozenset(
    {
        *("BEGIN", "END", "UID", "STATUS", "TZID", "X-LIC-LOCATION"),
        *("DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
    }
)
_BREAK = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"(?P<name>[A-Za-z0-9-]+)[;:]")
_LONGEST = 20_000


class IcsFault(Exception):  # noqa: N818 - never leaves this package: it becomes a line of a FaultyJobsError
    """What is wrong at a line of the file; ``field`` is the property, if it has one."""

    def __init__(self, message: str, number: int, field: str | None = None) -> None:
        """Keep all three."""
        super().__init__(message)
        self.message = message
        self.number = number
        self.field = field


@dataclass(frozen=True, slots=True)
class IcsLine:
    """A property that is read here: its name, its parameters by name, its value, and the number of its line, from 1."""

    name: str
    parameters: Mapping[str, object]
    value: str
    number: int

    def fault(self, message: str) -> IcsFault:
        """Return a fault of this property."""
        return IcsFault(message, self.number, self.name)


def ics_lines(text: str) -> Iterator[IcsLine | IcsFault]:
    """Yield the properties whose names are in ``READ``, in order, and what is no property as a fault."""
    for number, line in _unfolded(text):
        match = _NAME.match(line)
        if match is None:
            yield IcsFault(f"found {quote(line)}; accepted: properties such as DTSTART:20270101", number)
        elif match["name"].upper() in READ:
            yield _parted(line, match["name"].upper(), number)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, those that begin with a blank joined to the one before."""
    parts: list[str] = []
    first = 0
    for number, line in enumerate(_BREAK.split(text), start=1):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield first, "".join(parts)
        parts, first = ([line], number) if line.strip() else ([], number)
    if parts:
        yield first, "".join(parts)


def _parted(line: str, name: str, number: int) -> IcsLine | IcsFault:
    if len(line) > _LONGEST:
        return IcsFault(f"found {len(line)} characters; accepted: at most {_LONGEST}", number, name)
    if line[len(name)] == ":":  # most lines are as simple as that, and the library takes its time
        return IcsLine(name, {}, line[len(name) + 1 :].strip(), number)
    try:
        _, parameters, value = Contentline(line).parts()  # type: ignore[no-untyped-call] # its constructor has no types
    except ValueError:
        return IcsFault(f"found {quote(line)}; accepted: a property such as DTSTART:20270101", number, name)
    return IcsLine(name, parameters, value.strip(), number)
