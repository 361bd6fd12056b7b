"""Jobs kept out of calendars, in a real daemon."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cron_actors.model.run import Cause, RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

EVERY_DAY = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR\n"


def write(home: DaemonHome, *jobs: dict[str, Any]) -> None:
    calendars = {"days": {"ics": "days.ics"}, "past": {"dates": "2020-01-01..2020-12-31"}}
    home.write("jobs.json", json.dumps({"calendars": calendars, "jobs": jobs}))


def test_what_a_calendar_holds_is_skipped_and_accounted_for_and_run_on_request_all_the_same(home: DaemonHome) -> None:
    home.write("days.ics", EVERY_DAY)
    write(home, job("closed", exclude="days"), job("open", exclude=["past"]))
    assert home.start("--max-ticks", "3").wait(20) == 0
    assert home.runs("closed", RunState.COMPLETED) == []
    assert {(run.state, run.reason) for run in home.runs("closed")} == {(RunState.SKIPPED, "calendar")}
    assert sum(run.count for run in home.runs("closed")) == len(home.runs("open", RunState.COMPLETED)) == 3
    assert home.stats("closed")["skipped_by_reason"] == {"calendar": 3}
    assert home.run("trigger", "closed").returncode == 0
    assert home.start("--max-ticks", "1").wait(20) == 0
    assert [run.cause for run in home.runs("closed", RunState.COMPLETED)] == [Cause.MANUAL]
