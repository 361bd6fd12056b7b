"""When a job is due, read from its mapping, and what is wrong with that beyond the values' own grammar."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.core.definitions import read_job
from cron_actors.core.schedule_check import schedule_problems
from cron_actors.model.job import AtStartup, DayMatch, Dst, When
from cron_actors.settings import Granularity


def when(**fields: object) -> When:
    job, problems = read_job({"identifier": "a", "command": "x", **fields}, Path("/"))
    assert problems == []
    return job.when


def problems(granularity: Granularity = Granularity.MINUTE, **fields: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    job, found = read_job({"identifier": "a", "command": "x", **fields}, Path("/"))
    found += schedule_problems(job, granularity, written=fields.get("cron"))
    return {str(problem.field): problem.message for problem in found}


@pytest.mark.parametrize("cron", ["@every 1h30m", "@EVERY 90 minutes", " @every\tPT90M ", ["@every 1h30m"]])
def test_every_is_a_periodicity(cron: object) -> None:
    assert when(cron=cron) == when(periodicity="1h30m")


@pytest.mark.parametrize("cron", ["@reboot", "@Reboot ", ["@reboot"], ["@reboot", "@reboot"]])
def test_reboot_is_a_start_once_per_boot(cron: object) -> None:
    assert when(cron=cron) == when(at_startup=True) == When(at_startup=AtStartup.BOOT)


def test_a_list_may_hold_words_and_expressions_side_by_side() -> None:
    assert when(cron=["0 3 * * *", "@every 5m", "@daily", "@reboot"]) == When(
        periodicity=timedelta(minutes=5), cron=("0 3 * * *", "@daily"), at_startup=AtStartup.BOOT
    )


def test_no_start_is_what_false_says() -> None:
    assert when(cron="@daily", at_startup=False).at_startup is None


def test_the_rules_of_a_job_may_be_left_out() -> None:
    found = when(cron="@daily", dst={})
    assert (found.dst, found.day_match, found.end_at) == (Dst(), DayMatch.EITHER, None)


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"cron": "@every 5m", "periodicity": "5m"}, "cron", "stands beside periodicity, which says the same"),
        ({"cron": ["@daily", "@reboot"], "at_startup": "every_start"}, "cron[1]", "stands beside at_startup"),
        ({"cron": ["@every 5m", "@every 7m"]}, "cron[1]", "'@every 7m' is the second @every of the job; accepted: one"),
        ({"cron": "@every"}, "cron", "names no length of time; write one, such as @every 5m"),
        ({"cron": "@every 1.5h"}, "cron", "has a decimal number; a duration is whole numbers"),
        ({"cron": "@every5m"}, "cron", "is an unknown word"),
        ({"cron": ["@reboot", "@every 90s", "@reboot"]}, "cron[1]", "is not a whole multiple of 1m"),
        ({"cron": ["@every 5m", "@reboot", "0 0 30 2 *"]}, "cron[2]", "no month '2' has such a day"),
        ({"cron": "0 0 8 * 5#1", "day_match": "all"}, "cron", "has such a day"),
        ({"cron": "* * * * * *"}, "cron", "write 0 in the second field, or set GRANULARITY to second"),
        (
            {"cron": "@daily", "start_date": "2027-01-02", "end_date": "2027-01-01"},
            "end_date",
            "before it starts, at 20",
        ),
        ({"run_at": "2027-01-02", "end_date": "2027-01-01"}, "run_at", "2027-01-02T00:00:00Z is after the end_date"),
        ({"run_at": "2027-01-01", "start_date": "2027-01-02"}, "run_at", "is before the start_date, 2027-01-02T00:00"),
        ({"cron": "@daily", "end_date": "2027-15-01"}, "end_date", "is not a date"),
    ],
)
def test_what_contradicts_itself_is_refused_where_it_stands(fields: dict[str, Any], field: str, told: str) -> None:
    found = problems(**fields)
    assert list(found) == [field]
    assert told in found[field]


def test_a_second_interval_does_not_hide_where_the_first_stands() -> None:
    found = problems(cron=["@every 90s", "@every"])
    assert "is not a whole multiple" in found["cron[0]"]
    assert "names no length of time" in found["cron[1]"]


@pytest.mark.parametrize(
    "fields",
    [
        {"cron": "@daily", "start_date": "2027-01-01", "end_date": "2027-01-01"},
        {"run_at": "2027-01-01 23:59:59", "end_date": "2027-01-01", "timezone": "Asia/Tokyo"},
        {"periodicity": "1m", "start_date": "2027-01-01T12:00", "end_date": "2027-01-01T12:00"},
    ],
)
def test_a_single_day_or_moment_is_time_enough(fields: dict[str, Any]) -> None:
    assert problems(**fields) == {}
