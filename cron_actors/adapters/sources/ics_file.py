"""iCalendar files as days and events of a calendar; needs the library icalendar."""

from __future__ import annotations

from cron_actors.adapters.sources.file_text import FileKind, read_text
from cron_actors.adapters.sources.ics_components import ics_file
from cron_actors.adapters.sources.ics_events import IcsContent, ics_content
from cron_actors.adapters.sources.ics_lines import ics_lines
from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine

ICALENDAR = FileKind(name="an iCalendar file", begins="BEGIN:VCALENDAR", largest=8 * 1024 * 1024)
_NO_EVENT = "found no event; accepted: one or more, between BEGIN:VEVENT and END:VEVENT"


def read_ics(path: str) -> IcsContent:
    """Return what the file holds; raises FaultyJobsError, without a line if it cannot be read at all."""
    file = ics_file(ics_lines(read_text(path, ICALENDAR)))
    content = ics_content(file)
    if not file.events and not file.faults:
        raise FaultyJobsError((ProblemLine(file=path, line=1, column=1, message=_NO_EVENT),))
    if file.faults:
        raise FaultyJobsError(
            tuple(
                ProblemLine(file=path, line=fault.number, column=1, field=fault.field, message=fault.message)
                for fault in sorted(file.faults, key=lambda fault: fault.number)
            )
        )
    return content
