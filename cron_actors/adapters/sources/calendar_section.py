"""The section ``calendars`` of a jobs file, with what its iCalendar files hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine
from cron_actors.core.calendar_days import joined
from cron_actors.core.calendar_reader import one_or_more, read_calendar
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.quotation import quote
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import Json

if TYPE_CHECKING:
    from cron_actors.adapters.sources.ics_events import IcsContent

_MOST_BYTES = 8 * 1024 * 1024
_MOST_EVENTS = 20_000
_TOO_MUCH = (
    f"more in all iCalendar files together than this file may take; accepted: at most {_MOST_BYTES // 2**20} MB"
    f" and {_MOST_EVENTS} events, those of a file counted for each calendar that names it"
)
_NO_LIBRARY = (
    "found no library icalendar, which reads it; accepted: pip install 'cron_actors[calendars]', or dates and weekdays"
)


@dataclass(slots=True)
class Calendars:
    """The calendars by name, faulty ones as far as they can be read; the faults here and in other files."""

    by_name: dict[str, Calendar] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    elsewhere: list[ProblemLine] = field(default_factory=list)


def calendars_in(document: Json, faulty: set[Pointer], folder: Path) -> Calendars:
    """Return the calendars of a document, with the faults that are not at or around the places of ``faulty``.

    Relative paths of iCalendar files start at ``folder``.
    """
    found = Calendars()
    files = _Files()
    section = document.get("calendars") if isinstance(document, dict) else None
    for name, mapping in section.items() if isinstance(section, dict) else ():
        found.by_name[name] = Calendar(name=name)
        place = ("calendars", name)
        if isinstance(mapping, dict):
            calendar, problems = read_calendar(name, mapping)
            found.problems += [replace(problem, pointer=(*place, *problem.pointer)) for problem in problems]
            found.by_name[name] = _with_files(calendar, _paths(mapping, folder), files, found)
    around = {pointer[:depth] for pointer in faulty for depth in range(len(pointer) + 1)}
    found.problems = [problem for problem in found.problems if problem.pointer not in around]
    return found


@dataclass(slots=True)
class _Files:
    """The iCalendar files of one jobs file, each read once; of all together only so much is taken."""

    read: dict[Path, IcsContent | FaultyJobsError] = field(default_factory=dict)
    bytes_left: int = _MOST_BYTES
    events_left: int = _MOST_EVENTS

    def content(self, path: Path) -> IcsContent:
        """Return what the file holds; raises FaultyJobsError."""
        if path not in self.read:
            self.bytes_left -= _size(path)
            self.read[path] = _content_or_fault(path) if self.bytes_left >= 0 else _too_much(path)
        content = self.read[path]
        if isinstance(content, FaultyJobsError):
            raise content
        self.events_left -= len(content.days) + len(content.events)
        if self.events_left < 0:
            raise _too_much(path)
        return content


def _paths(mapping: dict[str, Any], folder: Path) -> dict[Path, tuple[Pointer, str]]:
    """Return each iCalendar file that a calendar names, with its first place and how it is written there."""
    paths: dict[Path, tuple[Pointer, str]] = {}
    for pointer, path in one_or_more(mapping.get("ics"), "ics"):
        paths.setdefault(folder / str(path), (pointer, str(path)))
    return paths


def _with_files(
    calendar: Calendar, paths: dict[Path, tuple[Pointer, str]], files: _Files, found: Calendars
) -> Calendar:
    """Return the calendar with what its iCalendar files hold, in an order that does not depend on theirs."""
    days, events = list(calendar.days), set(calendar.events)
    for path, (pointer, written) in paths.items():
        try:
            content = files.content(path)
        except FaultyJobsError as error:
            _note(error, ("calendars", calendar.name, *pointer), written, found)
        else:
            days += content.days
            events.update(content.events)
    ordered = sorted(events, key=lambda event: (event.start, event.length, event.zone or "", event.rule or ""))
    return replace(calendar, days=joined(days), events=tuple(ordered))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _too_much(path: Path) -> FaultyJobsError:
    return FaultyJobsError((ProblemLine(file=str(path), message=f"found {_TOO_MUCH}"),))


def _content_or_fault(path: Path) -> IcsContent | FaultyJobsError:
    try:
        return _content(path)
    except FaultyJobsError as error:
        return error


def _content(path: Path) -> IcsContent:
    """Return what the file holds; raises FaultyJobsError, also where the library is missing."""
    shown = str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
    if find_spec("icalendar") is None:
        raise FaultyJobsError((ProblemLine(file=shown, message=_NO_LIBRARY),))
    from cron_actors.adapters.sources.ics_file import read_ics  # noqa: PLC0415 - an extra, and most files name none

    return read_ics(shown)


def _note(error: FaultyJobsError, pointer: Pointer, path: str, found: Calendars) -> None:
    """Keep the faults inside the file with their lines; that it cannot be read is a fault of who names it."""
    for entry in error.entries:
        if entry.line is not None:
            found.elsewhere.append(entry)
        else:
            found.problems.append(Problem(pointer=pointer, message=f"{quote(path)}: {entry.message}"))
