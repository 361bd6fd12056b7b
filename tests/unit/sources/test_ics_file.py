"""iCalendar files: what of them is held, and what is wrong with them and where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cron_actors.adapters.sources.ics_file import read_ics
from cron_actors.adapters.sources.problem_lines import FaultyJobsError
from cron_actors.core.calendar_days import joined
from cron_actors.core.calendars import holds
from cron_actors.model.calendar import Calendar

BERLIN = ZoneInfo("Europe/Berlin")


def calendar_text(*events: str) -> str:
    inside = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{inside}END:VCALENDAR\n"


def read(tmp_path: Path, text: str) -> Calendar:
    path = tmp_path / "h.ics"
    path.write_bytes(text.encode())
    content = read_ics(str(path))
    return Calendar(name="h", days=joined(content.days), events=tuple(content.events))


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(FaultyJobsError) as caught:
        read(tmp_path, text)
    return [problem.removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def held_hours(calendar: Calendar, first: str, days: int) -> list[str]:
    """Return the hours of Berlin's clock in which the calendar holds the half hour."""
    begin = datetime.fromisoformat(first).replace(tzinfo=BERLIN).astimezone(UTC)
    instants = [begin + timedelta(hours=number) for number in range(24 * days)]
    held = [at for at in instants if holds([calendar], at + timedelta(minutes=30), BERLIN)]
    return [f"{at.astimezone(BERLIN):%m-%d %H}" for at in held]


def held_days(calendar: Calendar, first: str, days: int) -> list[str]:
    """Return the days of Berlin that the calendar holds from their first to their last hour."""
    hours = held_hours(calendar, first, days)
    return [day for day in dict.fromkeys(hour[:5] for hour in hours) if {f"{day} 00", f"{day} 23"} <= set(hours)]


@pytest.mark.parametrize(
    ("event", "days"),
    [
        ("DTSTART;VALUE=DATE:20270104", ["01-04"]),
        ("DTSTART;VALUE=DATE:20270104\nDTEND;VALUE=DATE:20270105", ["01-04"]),
        ("DTSTART;VALUE=DATE:20270104\nDTEND;VALUE=DATE:20270104", ["01-04"]),
        ("DTSTART;VALUE=DATE:20270104\nDTEND;VALUE=DATE:20270107", ["01-04", "01-05", "01-06"]),
        ("DTSTART;VALUE=DATE:20270104\nDURATION:P2D", ["01-04", "01-05"]),
        ("DTSTART;VALUE=DATE:20270104\nDURATION:P1W\nTRANSP:TRANSPARENT", [f"01-{day:02}" for day in range(4, 11)]),
        ("DTSTART:20270104", ["01-04"]),
        ("DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=WEEKLY;UNTIL=20270118", ["01-04", "01-11", "01-18"]),
        ("DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=WEEKLY;COUNT=2", ["01-04", "01-11"]),
        (
            "DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=DAILY;BYDAY=SA,SU;UNTIL=20270110T120000Z",
            ["01-04", "01-09", "01-10"],
        ),
        ("DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20270105", ["01-04", "01-06"]),
        ("DTSTART;VALUE=DATE:20270104\nRDATE;VALUE=DATE:20270106,20270108", ["01-04", "01-06", "01-08"]),
        ("DTSTART;VALUE=DATE:20200104\nRRULE:FREQ=YEARLY", ["01-04"]),
        ("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=MONTHLY;BYDAY=1MO,-1SU", ["01-04", "01-31"]),
    ],
)
def test_whole_days_are_held(tmp_path: Path, event: str, days: list[str]) -> None:
    assert held_days(read(tmp_path, calendar_text(event)), "2027-01-01", 31) == days


@pytest.mark.parametrize(
    ("event", "hours"),
    [
        ("DTSTART:20270104T080000Z\nDTEND:20270104T100000Z", ["01-04 09", "01-04 10"]),
        ("DTSTART;TZID=Europe/Berlin:20270104T080000\nDURATION:PT2H", ["01-04 08", "01-04 09"]),
        ("DTSTART;TZID=America/New_York:20270104T080000\nDURATION:PT1H", ["01-04 14"]),
        ('DTSTART;TZID="W. Europe Standard Time":20270104T080000\nDURATION:PT1H', ["01-04 08"]),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/London:20270104T080000\nDURATION:PT1H", ["01-04 09"]),
        ("DTSTART:20270104T080000\nDURATION:PT1H", ["01-04 08"]),
        ("DTSTART;TZID=Europe/Berlin:20270104T080000\nDTEND:20270104T080000Z", ["01-04 08"]),
        (
            "DTSTART;TZID=Europe/Berlin:20270104T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2",
            ["01-04 08", "01-05 08"],
        ),
        (
            (
                "DTSTART;TZID=Europe/Berlin:20270104T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\n"
                "EXDATE:20270105T070000Z"
            ),
            ["01-04 08", "01-06 08"],
        ),
        (
            (
                "DTSTART;TZID=Europe/Berlin:20270104T080000\nDURATION:PT1H\n"
                "RDATE;VALUE=PERIOD:20270106T100000Z/PT2H,20270107T100000Z/20270107T110000Z"
            ),
            ["01-04 08", "01-06 11", "01-06 12", "01-07 11"],
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20270104T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20270106T070000Z",
            ["01-04 08", "01-05 08", "01-06 08"],
        ),
    ],
)
def test_times_are_held_on_the_clock_of_their_zone(tmp_path: Path, event: str, hours: list[str]) -> None:
    assert held_hours(read(tmp_path, calendar_text(event)), "2027-01-01", 31) == hours


def test_a_zone_by_a_name_of_its_own_is_the_place_that_the_file_says_it_is(tmp_path: Path) -> None:
    zone = "BEGIN:VTIMEZONE\nTZID:Our office\nX-LIC-LOCATION:America/New_York\nEND:VTIMEZONE\n"
    event = "BEGIN:VEVENT\nDTSTART;TZID=Our office:20270104T080000\nDURATION:PT1H\nEND:VEVENT\n"
    calendar = read(tmp_path, f"BEGIN:VCALENDAR\n{zone}{event}END:VCALENDAR\n")
    assert held_hours(calendar, "2027-01-01", 31) == ["01-04 14"]


WEEKLY = "UID:w\nDTSTART;TZID=Europe/Berlin:20270104T080000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3"


@pytest.mark.parametrize(
    ("override", "hours"),
    [
        (
            (
                "UID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20270111T080000\nDTSTART;TZID=Europe/Berlin:20270112T100000\n"
                "DURATION:PT2H"
            ),
            ["01-04 08", "01-12 10", "01-12 11", "01-18 08"],
        ),
        (
            "UID:w\nRECURRENCE-ID:20270111T070000Z\nDTSTART;TZID=Europe/Berlin:20270111T080000\nSTATUS:CANCELLED",
            ["01-04 08", "01-18 08"],
        ),
        (
            "UID:other\nRECURRENCE-ID:20270111T070000Z\nDTSTART:20270120T070000Z\nDURATION:PT1H",
            ["01-04 08", "01-11 08", "01-18 08", "01-20 08"],
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_occurrence_with_an_event_of_its_own_is_only_there(
    tmp_path: Path, override: str, hours: list[str], *, first: bool
) -> None:
    events = (override, WEEKLY) if first else (WEEKLY, override)
    assert held_hours(read(tmp_path, calendar_text(*events)), "2027-01-01", 31) == hours


def test_what_is_cancelled_is_not_held(tmp_path: Path) -> None:
    text = calendar_text(
        "DTSTART;VALUE=DATE:20270104\nSTATUS:CANCELLED", "DTSTART;VALUE=DATE:20270106\nSTATUS:TENTATIVE"
    )
    assert held_days(read(tmp_path, text), "2027-01-01", 31) == ["01-06"]


def test_alarms_tasks_and_what_is_for_people_are_passed_over(tmp_path: Path) -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:PT5M\nEND:VALARM"
    event = f'DTSTART;VALUE=DATE:20270104\n{alarm}\nSUMMARY:a\\, b;\n DTSTART:20270105\nX-ODD;A="x:y":z'
    text = calendar_text(event).replace("END:VCALENDAR", "BEGIN:VTODO\nDTSTART:tomorrow\nEND:VTODO\nEND:VCALENDAR")
    assert held_days(read(tmp_path, text), "2027-01-01", 31) == ["01-04"]


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
def test_folded_lines_and_any_line_breaks_are_read(tmp_path: Path, line_break: str) -> None:
    text = calendar_text("DTSTART;VALUE=DATE:2027\n 0104\nRRULE:FREQ=WEE\n\tKLY;COUNT=2\n")
    assert held_days(read(tmp_path, text.replace("\n", line_break)), "2027-01-01", 31) == ["01-04", "01-11"]


def test_a_byte_order_mark_and_letters_of_any_case_are_borne(tmp_path: Path) -> None:
    text = "\ufeff" + calendar_text("dtstart;value=date:20270104").replace("BEGIN:VEVENT", "begin:vevent")
    assert held_days(read(tmp_path, text), "2027-01-01", 31) == ["01-04"]


def test_a_moment_in_summer_is_held_as_the_clock_shows_it_then(tmp_path: Path) -> None:
    event = "DTSTART;TZID=Europe/Berlin:20270104T080000\nDTEND;TZID=Europe/Berlin:20270104T090000\nRRULE:FREQ=DAILY"
    assert held_hours(read(tmp_path, calendar_text(event)), "2027-07-01", 1) == ["07-01 08"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Dear all,", ["h.ics:1:1: found 'Dear all,'; accepted: properties such as DTSTART:20270101"]),
        ("X-A:1\n", ["h.ics:1:1: found no BEGIN:VCALENDAR; accepted: an iCalendar file"]),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", ["h.ics:1:1: found no event; accepted: one or more, between"]),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", ["h.ics:2:1: BEGIN: found no END:VEVENT; accepted: a complete file"]),
        ("BEGIN:VCALENDAR\nEND:VEVENT\n", ["h.ics:2:1: END: found the end of VEVENT in VCALENDAR; accepted: its own"]),
        ("END:VEVENT\n", ["h.ics:1:1: END: found the end of VEVENT in no component; accepted: its own"]),
        (calendar_text("UID:1"), ["h.ics:3:1: found an event without DTSTART; accepted: one that says when it is"]),
        (calendar_text("DTSTART:soon"), ["h.ics:4:1: DTSTART: found 'soon'; accepted: a date such as 20270101, or"]),
        (calendar_text("DTSTART:20271340"), ["h.ics:4:1: DTSTART: found '20271340'; accepted: a date"]),
        (calendar_text("DTSTART:PT1H"), ["h.ics:4:1: DTSTART: found 'PT1H'; accepted: a date"]),
        (calendar_text("DTSTART:00010101"), ["h.ics:4:1: DTSTART: found the year 1; accepted: 1600 to 9000"]),
        (
            calendar_text("DTSTART:20270104\nRDATE;=:;"),
            ["h.ics:5:1: RDATE: found 'RDATE;=:;'; accepted: a property such as"],
        ),
        (
            calendar_text("DTSTART;TZID=Here:20270101T080000"),
            ["h.ics:4:1: DTSTART: found the time zone 'Here'; accepted: an IANA name such as Europe/Berlin"],
        ),
        (
            calendar_text("DTSTART;TZID=../../etc/passwd:20270101T080000"),
            ["h.ics:4:1: DTSTART: found the time zone '../../etc/passwd'; accepted: an IANA name"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nDTEND:20270103T080000Z"),
            ["h.ics:5:1: DTEND: found an end before the start, or 36600 days after it; accepted: one between"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nDURATION:-PT1H"),
            ["h.ics:5:1: DURATION: found an end before the start"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nDURATION:20270104"),
            ["h.ics:5:1: DURATION: found '20270104'; accepted: a length of time such as PT1H or P1D"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nRRULE:FREQ=SECONDLY"),
            ["h.ics:5:1: RRULE: found FREQ=SECONDLY; accepted: DAILY, WEEKLY, MONTHLY, YEARLY"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nRRULE:FREQ=DAILY;COUNT=1000000000"),
            ["h.ics:5:1: RRULE: found COUNT=1000000000; accepted: a whole number from 1 to 10000"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nRRULE:FREQ=DAILY\nRRULE:FREQ=DAILY"),
            ["h.ics:6:1: RRULE: found a rule too many; accepted: one RRULE, and EXDATE for what it leaves out"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nEXRULE:FREQ=DAILY"),
            ["h.ics:5:1: EXRULE: found a rule too many; accepted: one RRULE"],
        ),
        (
            calendar_text("DTSTART;VALUE=DATE:20270104\nDURATION:P500D\nRRULE:FREQ=YEARLY"),
            ["h.ics:3:1: found an event of more than 366 days that repeats; accepted: at most that"],
        ),
        (
            calendar_text(WEEKLY, "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270111T070000Z\nDTSTART:20270112"),
            ["h.ics:11:1: RECURRENCE-ID: found RANGE; accepted: an event of its own for each occurrence"],
        ),
        (
            calendar_text("DTSTART:20270104T080000Z\nRDATE;VALUE=PERIOD:20270106T100000Z/20270105T100000Z"),
            ["h.ics:5:1: RDATE: found a period that ends before it begins; accepted: the other way round"],
        ),
        (calendar_text("DTSTART:x", "DTSTART:y"), ["h.ics:4:1: DTSTART: found 'x'", "h.ics:7:1: DTSTART: found 'y'"]),
    ],
)
def test_faults_are_told_with_their_lines(tmp_path: Path, text: str, lines: list[str]) -> None:
    found = faults(tmp_path, text)
    assert len(found) == len(lines)
    assert all(fault.startswith(line) for fault, line in zip(found, lines, strict=True)), found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 100_000, "BEGIN: found more than 100 levels; accepted: at most that"),
        (calendar_text("DTSTART:20270104\n" + "RDATE:1\n" * 150_000), "more than 150000 lines about time; accepted"),
        (calendar_text(*["DTSTART:20270104"] * 10_001), "found more than 10000 events; accepted: at most that"),
        (
            calendar_text("DTSTART:20270104\nRDATE:" + ",".join(["20270105"] * 5_000)),
            "RDATE: found 45005 characters; accepted: at most 20000",
        ),
        (
            calendar_text("DTSTART:20270104" + ("\nRDATE:" + ",".join(["20270105"] * 2_000)) * 11),
            "RDATE: found more than 20000 single starts in the file; accepted: at most that",
        ),
        (
            calendar_text(*["DTSTART:20270104T080000\nRRULE:FREQ=DAILY"] * 501),
            "RRULE: found more than 500 starts a day in all rules together; accepted: at most that",
        ),
        (
            calendar_text(*["DTSTART:20270104T080000\nRRULE:FREQ=YEARLY;COUNT=95"] * 20),
            "RRULE: found more than 1000 years of COUNT in all rules together; accepted: UNTIL",
        ),
    ],
)
def test_what_would_cost_without_bound_is_refused(tmp_path: Path, text: str, line: str) -> None:
    assert line in faults(tmp_path, text)[0]


def test_of_many_faults_the_first_twenty_are_told(tmp_path: Path) -> None:
    assert len(faults(tmp_path, calendar_text(*["DTSTART:x"] * 1_000))) == 20
    assert len(faults(tmp_path, "x\n" * 1_000)) == 20


@pytest.mark.parametrize("content", [b"", b"\xff\xfeB\0E\0", b"BEGIN:VCALENDAR\n\xe4"])
def test_bytes_that_are_no_text_are_told_with_their_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "h.ics"
    path.write_bytes(content)
    with pytest.raises(FaultyJobsError, match=r"h\.ics.*accepted: (UTF-8|BEGIN:VCALENDAR)$"):
        read_ics(str(path))


def test_a_file_above_eight_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.ics"
    with path.open("wb") as file:
        file.truncate(8 * 1024 * 1024 + 1)
    with pytest.raises(FaultyJobsError, match="found more than 8 MB; accepted: at most that"):
        read_ics(str(path))
