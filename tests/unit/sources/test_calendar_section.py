"""The calendars of a jobs file: what is read, and what is refused and where."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cron_actors.adapters.sources import FaultyJobsError, calendar_section, load_file, load_mapping
from cron_actors.model.calendar import Calendar
from cron_actors.settings import Granularity

JOBS = "jobs: [{identifier: a, command: x, cron: 0 9 * * *, exclude: h, timeout: 1m}]\n"
HOLIDAY = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270104\nEND:VEVENT\nEND:VCALENDAR\n"
NEW_YEAR = (date(2027, 1, 1), date(2027, 1, 1))


def excluded(tmp_path: Path, section: str, jobs: str = JOBS) -> tuple[Calendar, ...]:
    path = tmp_path / "jobs.yaml"
    path.write_text(section + jobs)
    loaded = load_file(path, supported_extensions=["yaml"], granularity=Granularity.MINUTE)
    return loaded.definitions[0].job.when.exclude


def problems(tmp_path: Path, section: str, jobs: str = JOBS) -> list[str]:
    with pytest.raises(FaultyJobsError) as caught:
        excluded(tmp_path, section, jobs)
    return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    "written",
    [
        "dates: 2027-01-01",
        "dates: '2027-01-01'",
        "dates: [2027-01-01]",
        "dates: 2027-01-01..2027-01-01",
        "dates: {from: 2027-01-01, to: 2027-01-01}",
        "dates: [{from: 2027-01-01, to: 2027-01-01}, 2027-01-01]",
        "dates: 2027-01-01, x-note: closed",
    ],
)
def test_a_day_may_be_written_in_several_ways(tmp_path: Path, written: str) -> None:
    assert excluded(tmp_path, f"calendars: {{h: {{{written}}}}}\n") == (Calendar(name="h", days=(NEW_YEAR,)),)


def test_the_parts_of_a_calendar_add_up(tmp_path: Path) -> None:
    (tmp_path / "h.ics").write_text(HOLIDAY)
    (tmp_path / "other.ics").write_text(HOLIDAY.replace("0104", "0105"))
    section = "calendars: {h: {dates: 2027-01-01, weekdays: [sat, SUN], ics: [h.ics, other.ics]}}\n"
    days = (NEW_YEAR, (date(2027, 1, 4), date(2027, 1, 5)))
    assert excluded(tmp_path, section) == (Calendar(name="h", days=days, weekdays=frozenset({5, 6})),)


def test_the_order_of_events_in_a_file_makes_no_difference(tmp_path: Path) -> None:
    events = [f"BEGIN:VEVENT\nDTSTART:2027010{day}T080000Z\nDURATION:PT1H\nEND:VEVENT\n" for day in (1, 2, 3)]
    (tmp_path / "h.ics").write_text(f"BEGIN:VCALENDAR\n{''.join(events)}END:VCALENDAR\n")
    (tmp_path / "g.ics").write_text(f"BEGIN:VCALENDAR\n{''.join(reversed(events))}{events[0]}END:VCALENDAR\n")
    one, other = (excluded(tmp_path, f"calendars: {{h: {{ics: {name}.ics}}}}\n") for name in "hg")
    assert one == other


def test_a_mapping_in_memory_has_calendars_too_and_dates_as_python_has_them() -> None:
    job = {"identifier": "a", "command": "x", "cron": "0 9 * * *", "exclude": ["h"]}
    mapping = {"calendars": {"h": {"dates": [date(2027, 1, 1)]}}, "jobs": [job]}
    loaded = load_mapping(mapping, folder=Path("/srv"), granularity=Granularity.MINUTE)
    assert loaded.definitions[0].job.when.exclude == (Calendar(name="h", days=(NEW_YEAR,)),)


def test_defaults_may_exclude_and_a_job_may_take_that_back(tmp_path: Path) -> None:
    section = "calendars: {h: {weekdays: sat}}\ndefaults: {exclude: h}\n"
    assert excluded(tmp_path, section, JOBS.replace("exclude: h, ", "")) == (
        Calendar(name="h", weekdays=frozenset({5})),
    )
    assert excluded(tmp_path, section, JOBS.replace("exclude: h", "exclude: []")) == ()


@pytest.mark.parametrize(
    ("section", "lines"),
    [
        (
            "",
            ["jobs.yaml:1:62: job 'a', exclude: found 'h'; accepted: the name of a calendar, but this file has none"],
        ),
        (
            "calendars: {hh: {weekdays: sat}}\n",
            ["jobs.yaml:2:62: job 'a', exclude: found 'h', did you mean 'hh'?; accepted: a calendar of this file: hh"],
        ),
        (
            "calendars: [h]\n",
            [
                "jobs.yaml:1:12: calendars: found a list; accepted: an object of names and calendars",
                "jobs.yaml:2:62: job 'a', exclude: found 'h'",
            ],
        ),
        (
            "calendars: {h: []}\n",
            ["jobs.yaml:1:16: calendars.h: found a list; accepted: an object with one or more of"],
        ),
        (
            "calendars: {h: {}}\n",
            ["jobs.yaml:1:16: calendars.h: found a calendar of nothing; accepted: one or more of"],
        ),
        ("calendars: {h: {x-a: 1}}\n", ["jobs.yaml:1:16: calendars.h: found a calendar of nothing"]),
        (
            "calendars: {h: {dates: []}}\n",
            ["jobs.yaml:1:24: calendars.h.dates: found the list []; accepted: a day such as 2027-01-01, a range"],
        ),
        (
            "calendars: {h: {dates: [2027-01-01, 2027-02-30]}}\n",
            ["jobs.yaml:1:37: calendars.h.dates[1]: found '2027-02-30', which is on no calendar; accepted: a day"],
        ),
        (
            "calendars: {h: {dates: 2027-01-02..2027-01-01}}\n",
            ["jobs.yaml:1:24: calendars.h.dates: found a range that ends, on 2027-01-01, before it begins"],
        ),
        (
            "calendars: {h: {dates: [{from: 2027-01-02, to: 2027-01-01}, 5]}}\n",
            [
                "jobs.yaml:1:25: calendars.h.dates[0]: found a range that ends, on 2027-01-01",
                "jobs.yaml:1:61: calendars.h.dates[1]: found the number 5; accepted: a day",
            ],
        ),
        (
            "calendars: {h: {dates: {from: 2027-01-02}}}\n",
            ["jobs.yaml:1:24: calendars.h.dates.to: missing; accepted: a day such as 2027-08-20"],
        ),
        (
            "calendars: {h: {dates: {from: 2027-01-02, till: 2027-01-03}}}\n",
            ["jobs.yaml:1:24: calendars.h.dates.to: missing", "jobs.yaml:1:43: calendars.h.dates.till: unknown key"],
        ),
        (
            "calendars: {h: {date: 2027-01-01}}\n",
            ["jobs.yaml:1:17: calendars.h.date: unknown key, did you mean 'dates'?"],
        ),
        (
            "calendars: {h: {weekdays: [sat, sunday]}}\n",
            ["jobs.yaml:1:33: calendars.h.weekdays[1]: found 'sunday', did you mean 'sun'?; accepted: mon, tue"],
        ),
        (
            "calendars: {h: {weekdays: 6}}\n",
            ["jobs.yaml:1:27: calendars.h.weekdays: found the number 6; accepted: mon, tue"],
        ),
        (
            "calendars: {h: {ics: ''}}\n",
            ["jobs.yaml:1:22: calendars.h.ics: found ''; accepted: the path of an iCalendar"],
        ),
        (
            "calendars: {h: {ics: [gone.ics]}}\n",
            ["jobs.yaml:1:23: calendars.h.ics[0]: 'gone.ics': found no such file; accepted: an iCalendar file"],
        ),
        (
            "calendars: {h: {ics: .}}\n",
            ["jobs.yaml:1:22: calendars.h.ics: '.': found a directory; accepted: a regular"],
        ),
        (
            "calendars: {h: {ics: empty.ics}}\n",
            ["jobs.yaml:1:22: calendars.h.ics: 'empty.ics': found an empty file; accepted: BEGIN:VCALENDAR"],
        ),
        (
            "calendars: {h: {ics: bad.ics, dates: never}}\n",
            [
                "jobs.yaml:1:38: calendars.h.dates: found 'never'; accepted: a day",
                "bad.ics:3:1: DTSTART: found 'never'; accepted: a date such as 20270101",
            ],
        ),
        (
            "calendars: {' h': {weekdays: sat}, h: {weekdays: sat}}\n",
            ["jobs.yaml:1:13: calendars. h: found ' h'; accepted"],
        ),
    ],
)
def test_faults_are_told_with_their_place(tmp_path: Path, section: str, lines: list[str]) -> None:
    (tmp_path / "bad.ics").write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:never\nEND:VEVENT\nEND:VCALENDAR\n")
    (tmp_path / "empty.ics").write_text("")
    found = problems(tmp_path, section)
    assert len(found) == len(lines), found
    assert all(fault.startswith(line) for fault, line in zip(found, lines, strict=True)), found


def test_a_fault_inside_a_calendar_file_below_the_working_directory_is_told_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "bad.ics").write_text("BEGIN:VCALENDAR\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FaultyJobsError, match=r"^conf/bad\.ics:1:1: BEGIN: found no END:VCALENDAR"):
        excluded(tmp_path / "conf", "calendars: {h: {ics: bad.ics}}\n")


def test_a_missing_library_is_told_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "h.ics").write_text(HOLIDAY)
    monkeypatch.setattr(calendar_section, "find_spec", lambda _: None)
    line = "jobs.yaml:1:22: calendars.h.ics: 'h.ics': found no library icalendar, which reads it; accepted: pip install"
    assert problems(tmp_path, "calendars: {h: {ics: h.ics}}\n")[0].startswith(line)
    assert excluded(tmp_path, "calendars: {h: {weekdays: sat}}\n")


def test_a_job_that_names_a_faulty_calendar_is_not_a_fault_beside_it(tmp_path: Path) -> None:
    assert len(problems(tmp_path, "calendars: {h: 5}\n")) == 1


EXAMPLES: list[dict[str, Any]] = [{"h": {"dates": "2027-01-01"}}, {"h": {"dates": "2027-01-02"}}]


def test_another_day_is_another_definition_of_every_job_that_names_the_calendar() -> None:
    job = {"identifier": "a", "command": "x", "cron": "0 9 * * *", "exclude": "h"}
    other = {"identifier": "b", "command": "x", "cron": "0 9 * * *"}
    one, two = (
        load_mapping({"calendars": section, "jobs": [job, other]}, folder=Path("/srv"), granularity=Granularity.MINUTE)
        for section in EXAMPLES
    )
    assert [before.text == after.text for before, after in zip(one.definitions, two.definitions, strict=True)] == [
        False,
        True,
    ]
