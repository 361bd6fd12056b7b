"""Events of an iCalendar file (RFC 5545, 3.6.1) as days and calendar events.

What is cancelled does not count; an occurrence that was moved counts where it was moved to. Whether an event shows its
owner as busy (TRANSP) makes no difference: holidays are commonly marked as free.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cron_actors.adapters.sources.ics_components import MOST_FAULTS, IcsComponent, IcsFile
from cron_actors.adapters.sources.ics_lines import IcsFault, IcsLine
from cron_actors.adapters.sources.ics_moments import IcsMoment, IcsMoments, length_of
from cron_actors.core.calendar_days import Days
from cron_actors.core.recurrence_end import RuleBudget, settled_rule
from cron_actors.errors import InvalidValueError
from cron_actors.model.calendar import CalendarEvent

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=36_600)
_LONGEST_REPEATED = timedelta(days=366)
_MOST = 10_000
_MOST_MOMENTS = 20_000


@dataclass(slots=True)
class IcsContent:
    """The days that are held as a whole, and everything else."""

    days: list[Days] = field(default_factory=list)
    events: list[CalendarEvent] = field(default_factory=list)


def ics_content(file: IcsFile) -> IcsContent:
    """Return what the events hold; what cannot be read is added to the faults of the file."""
    if len(file.events) > _MOST:
        file.faults.append(IcsFault(f"found more than {_MOST} events; accepted: at most that", 1))
        return IcsContent()
    reader = _EventReader(IcsMoments(file.zones), _moved(file.events))
    for component in file.events:
        try:
            reader.read(component)
        except IcsFault as fault:
            file.faults.append(fault)
        if len(file.faults) >= MOST_FAULTS:
            break
    return reader.content


def _moved(events: Iterable[IcsComponent]) -> dict[str, list[IcsLine]]:
    """Return, by UID, the occurrences that have an event of their own."""
    moved: dict[str, list[IcsLine]] = {}
    for component in events:
        line, uid = component.line("RECURRENCE-ID"), component.value("UID")
        if line is not None and uid is not None:
            moved.setdefault(uid, []).append(line)
    return moved


class _EventReader:
    """Reads one event after another into the content of their file."""

    def __init__(self, moments: IcsMoments, moved: dict[str, list[IcsLine]]) -> None:
        self.content = IcsContent()
        self._moments = moments
        self._moved = moved
        self._budget = RuleBudget()
        self._moments_left = _MOST_MOMENTS

    def read(self, component: IcsComponent) -> None:
        """Add the event to the content; raises IcsFault."""
        line = component.line("DTSTART")
        if line is None:
            raise IcsFault("found an event without DTSTART; accepted: one that says when it is", component.number)
        start = self._moments.one(line)
        length = self._length(component, start)
        event = self._event(component, start, length)
        if (component.value("STATUS") or "").upper() == "CANCELLED":
            return
        if start.whole_day and event.rule is None and not event.more and not event.without:
            self.content.days.append((start.wall.date(), (start.wall + length - _DAY).date()))
        else:
            self.content.events.append(event)

    def _event(self, component: IcsComponent, start: IcsMoment, length: timedelta) -> CalendarEvent:
        zone = None if start.zone is None else start.zone.key
        rule = self._rule(component, start)
        if (rule is not None or "RDATE" in component.lines) and length > _LONGEST_REPEATED:
            message = f"found an event of more than {_LONGEST_REPEATED.days} days that repeats; accepted: at most that"
            raise IcsFault(message, component.number)
        without = self._starts(component.lines.get("EXDATE", ()), start)
        if "RECURRENCE-ID" not in component.lines:
            without |= self._starts(self._moved.get(component.value("UID") or "", ()), start)
        return CalendarEvent(
            start=start.wall,
            length=length,
            zone=zone,
            rule=rule,
            more=tuple(sorted(self._more(component, start))),
            without=tuple(sorted(without)),
        )

    def _length(self, component: IcsComponent, start: IcsMoment) -> timedelta:
        end, duration = component.line("DTEND"), component.line("DURATION")
        if end is not None:
            length = self._moments.one(end).on_clock_of(start) - start.wall
        else:
            length = length_of(duration) if duration is not None else timedelta(0)
        if not timedelta(0) <= length <= _LONGEST:
            line = end or duration
            message = f"found an end before the start, or {_LONGEST.days} days after it; accepted: one between"
            raise line.fault(message) if line is not None else IcsFault(message, component.number)
        return max(-(-length // _DAY) * _DAY, _DAY) if start.whole_day else length

    def _rule(self, component: IcsComponent, start: IcsMoment) -> str | None:
        rules = component.lines.get("RRULE", [])
        for line in component.lines.get("EXRULE", []) + rules[1:]:
            raise line.fault("found a rule too many; accepted: one RRULE, and EXDATE for what it leaves out")
        try:
            return settled_rule(rules[0].value, start.wall, start.zone, self._budget) if rules else None
        except InvalidValueError as error:
            raise rules[0].fault(str(error)) from None

    def _more(self, component: IcsComponent, start: IcsMoment) -> set[datetime]:
        """Return the further starts; periods of a length of their own become events of their own."""
        more = set()
        for line in component.lines.get("RDATE", ()):
            for moment, length in self._moments.several(line):
                self._count(line)
                if length is None:
                    more.add(moment.on_clock_of(start))
                elif timedelta(0) <= length <= _LONGEST:
                    zone = None if moment.zone is None else moment.zone.key
                    self.content.events.append(CalendarEvent(start=moment.wall, length=length, zone=zone))
                else:
                    raise line.fault("found a period that ends before it begins; accepted: the other way round")
        return more

    def _starts(self, lines: Iterable[IcsLine], start: IcsMoment) -> set[datetime]:
        starts = set()
        for line in lines:
            if "RANGE" in line.parameters:
                raise line.fault("found RANGE; accepted: an event of its own for each occurrence that was moved")
            for moment, _ in self._moments.several(line):
                self._count(line)
                starts.add(moment.on_clock_of(start))
        return starts

    def _count(self, line: IcsLine) -> None:
        self._moments_left -= 1
        if self._moments_left < 0:
            raise line.fault(f"found more than {_MOST_MOMENTS} single starts in the file; accepted: at most that")
