"""Whatever stands in an iCalendar file, it is read or refused in lines, and what is read can be asked."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from cron_actors.adapters.sources.ics_events import IcsContent
from cron_actors.adapters.sources.ics_file import read_ics
from cron_actors.adapters.sources.problem_lines import FaultyJobsError
from cron_actors.core.calendar_days import joined
from cron_actors.core.calendars import holds
from cron_actors.core.stored_calendars import restored, stored
from cron_actors.model.calendar import Calendar

MOMENTS = st.sampled_from(
    ["20270101", "20270101T080000", "20270101T080000Z", "20270101T080000Z/PT1H", "PT1H", "-P1D", "P1W", "99991231", ""]
)
RULES = st.sampled_from(["FREQ=DAILY", "FREQ=YEARLY;BYDAY=-1MO", "FREQ=WEEKLY;COUNT=3", "FREQ=MINUTELY", "UNTIL=x"])
NAMES = st.sampled_from(["DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE", "RECURRENCE-ID", "UID", "STATUS", "RRULE"])
PARAMETERS = st.sampled_from(["", ";VALUE=DATE", ";TZID=Europe/Berlin", ";TZID=Nowhere", ';X="a:b"', ";=", ";RANGE=X"])
LINES = st.builds("{}{}:{}".format, NAMES, PARAMETERS, st.lists(MOMENTS | RULES, max_size=3).map(",".join))
STRUCTURE = st.sampled_from(
    ["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", " folded", "\t", "END:VCALENDAR"]
)
EVENTS = st.lists(LINES, max_size=6).map(
    lambda lines: "\n".join(["BEGIN:VEVENT", "DTSTART:20270101", *lines, "END:VEVENT"])
)
FILES = st.lists(EVENTS | LINES | STRUCTURE, max_size=6).map(
    lambda parts: "\n".join(["BEGIN:VCALENDAR", *parts, "END:VCALENDAR"]).encode()
)


def read(text: bytes) -> IcsContent | FaultyJobsError:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h.ics"
        path.write_bytes(text)
        try:
            return read_ics(str(path))
        except FaultyJobsError as refused:
            return refused


@given(text=FILES | st.binary(max_size=200))
@example(
    text=b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:90001231T235959\nDURATION:P366D\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR"
)
@example(text=b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:16000101\nDURATION:P36600D\nEND:VEVENT\nEND:VCALENDAR")
def test_a_file_is_refused_in_lines_or_can_be_asked_and_stored(text: bytes) -> None:
    content = read(text)
    if isinstance(content, FaultyJobsError):
        assert all("h.ics:" in problem and "\n" not in problem for problem in content.problems)
        assert 1 <= len(content.problems) <= 21
        return
    calendar = Calendar(name="h", days=joined(content.days), events=tuple(content.events))
    for year in (1970, 2027, 9998):
        assert holds([calendar], datetime(year, 1, 1, 8, tzinfo=UTC), ZoneInfo("Europe/Berlin")) in (True, False)
    assert restored(stored([calendar])) == {"h": calendar}
