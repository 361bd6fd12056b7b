"""The events of an iCalendar file, each with its lines, and the time zones that the file brings along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cron_actors.adapters.sources.ics_lines import IcsFault, IcsLine

MOST_FAULTS = 20
_DEEPEST = 100
_MOST = 150_000


@dataclass(slots=True)
class IcsComponent:
    """What stands between BEGIN and END, without the components inside it."""

    kind: str
    number: int
    lines: dict[str, list[IcsLine]] = field(default_factory=dict)

    def line(self, name: str) -> IcsLine | None:
        """Return the first line of this name."""
        return self.lines[name][0] if name in self.lines else None

    def value(self, name: str) -> str | None:
        """Return the value of that line."""
        line = self.line(name)
        return None if line is None else line.value


@dataclass(slots=True)
class IcsFile:
    """The events in order, the IANA name for each TZID whose definition tells one, and the faults."""

    events: list[IcsComponent] = field(default_factory=list)
    zones: dict[str, str] = field(default_factory=dict)
    faults: list[IcsFault] = field(default_factory=list)


def ics_file(lines: Iterable[IcsLine | IcsFault]) -> IcsFile:
    """Return what the lines hold; reading ends where components do not fit, or after twenty faults."""
    reader = _Reader()
    for line in lines:
        if isinstance(line, IcsFault):
            reader.file.faults.append(line)
        elif not reader.take(line):
            return reader.file
        if len(reader.file.faults) >= MOST_FAULTS:
            return reader.file
    reader.end()
    return reader.file


class _Reader:
    """Takes the lines of a file in order."""

    def __init__(self) -> None:
        self.file = IcsFile()
        self._around: list[IcsComponent] = []
        self._calendars = 0
        self._left = _MOST

    def take(self, line: IcsLine) -> bool:
        """Take the line; return whether components still fit into each other."""
        self._left -= 1
        if self._left < 0:
            self.file.faults.append(line.fault(f"found more than {_MOST} lines about time; accepted: at most that"))
            return False
        if line.name == "BEGIN":
            return self._begin(line)
        if line.name == "END":
            return self._leave(line)
        if self._around:
            self._around[-1].lines.setdefault(line.name, []).append(line)
        return True

    def end(self) -> None:
        """Note what is missing at the end."""
        if self._around:
            message = f"found no END:{self._around[-1].kind[:60]}; accepted: a complete file"
            self.file.faults.append(IcsFault(message, self._around[-1].number, "BEGIN"))
        elif not self._calendars and not self.file.faults:
            self.file.faults.append(IcsFault("found no BEGIN:VCALENDAR; accepted: an iCalendar file", 1))

    def _begin(self, line: IcsLine) -> bool:
        kind = line.value.upper()
        self._calendars += kind == "VCALENDAR"
        self._around.append(IcsComponent(kind, line.number))
        if len(self._around) > _DEEPEST:
            self.file.faults.append(line.fault(f"found more than {_DEEPEST} levels; accepted: at most that"))
            return False
        return True

    def _leave(self, line: IcsLine) -> bool:
        if not self._around or self._around[-1].kind != line.value.upper():
            inside = self._around[-1].kind[:60] if self._around else "no component"
            self.file.faults.append(line.fault(f"found the end of {line.value[:60]} in {inside}; accepted: its own"))
            return False
        self._keep(self._around.pop())
        return True

    def _keep(self, component: IcsComponent) -> None:
        if component.kind == "VEVENT":
            self.file.events.append(component)
        elif component.kind == "VTIMEZONE":
            name, place = component.value("TZID"), component.value("X-LIC-LOCATION")
            if name is not None and place is not None:
                self.file.zones[name] = place
