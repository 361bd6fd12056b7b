from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.core.cron import CronExpression
from cron_actors.core.simulation_herds import FEWEST, herds, spread
from cron_actors.model.job import Job, When
from tests.fakes.values import NOON, a_job


def herd_of(size: int = 40, **when: Any) -> list[Job]:  # noqa: ANN401 - any field of a schedule
    return [a_job(f"job-{number}", when=When(**when)) for number in range(size)]


@pytest.mark.parametrize(
    ("cron", "advice"),
    [
        ("0 3 * * *", "H 3 * * *"),
        ("@daily", "H 0 * * *"),
        ("@hourly", "H * * * *"),
        ("*/5 * * * mon-fri", "H/5 * * * mon-fri"),
        ("0,30 9-17 * * *", "H/30 9-17 * * *"),
        ("0 15 4 * * *", "0 H 4 * * *"),
        ("0 0 3 1 * * 2030", "0 H 3 1 * * 2030"),
    ],
)
def test_jobs_that_say_the_same_are_advised_to_hash_their_minute(cron: str, advice: str) -> None:
    (herd,) = herds(herd_of(cron=(cron,), timezone="Europe/Berlin"))
    assert (herd.written, herd.timezone, herd.advice, len(herd.jobs)) == (cron, "Europe/Berlin", advice, 40)
    assert herd.after < 40
    CronExpression.parse(herd.advice, seed="job")


@pytest.mark.parametrize("cron", ["* * * * *", "H 3 * * *", "H/5 * * * *", "0 H(10-20) 4 * * *", "1,2,3 4 * * *"])
def test_what_is_hashed_already_or_is_not_evenly_spaced_needs_no_advice(cron: str) -> None:
    assert herds(herd_of(cron=(cron,))) == []


@pytest.mark.parametrize(
    ("length", "advice"),
    [
        (timedelta(minutes=15), "H/15 * * * *"),
        (timedelta(hours=1), "H * * * *"),
        (timedelta(hours=6), "H */6 * * *"),
        (timedelta(days=1), "H 0 * * *"),
    ],
)
def test_a_periodicity_that_fills_an_hour_or_a_day_can_be_said_with_h(length: timedelta, advice: str) -> None:
    (herd,) = herds(herd_of(periodicity=length))
    assert herd.advice == advice


@pytest.mark.parametrize("minutes", [1, 7, 90, 60 * 5, 60 * 24 * 2])
def test_other_periodicities_have_no_such_words(minutes: int) -> None:
    assert herds(herd_of(periodicity=timedelta(minutes=minutes))) == []


def test_a_periodicity_from_a_moment_on_or_of_hours_where_clocks_change_is_left_alone() -> None:
    assert herds(herd_of(periodicity=timedelta(hours=1), start_at=NOON)) == []
    assert herds(herd_of(periodicity=timedelta(hours=2), timezone="Europe/Berlin")) == []


def test_few_jobs_or_jobs_in_different_zones_are_no_herd() -> None:
    few = herd_of(FEWEST - 1, cron=("0 3 * * *",))
    assert herds(few) == []
    assert herds([*few, a_job("other", when=When(cron=("0 3 * * *",), timezone="Asia/Tokyo"))]) == []
    assert len(herds([*few, a_job("fifth", when=When(cron=("0 3 * * *",)))])) == 1


def test_the_largest_herd_comes_first() -> None:
    smaller = [a_job(f"other-{number}", when=When(cron=("5 5 * * *",))) for number in range(10)]
    assert [len(herd.jobs) for herd in herds([*smaller, *herd_of(cron=("@daily",))])] == [40, 10]


def test_only_what_the_herd_says_is_changed() -> None:
    jobs = herd_of(10, cron=("0 3 * * *", "30 12 1 * *"), periodicity=timedelta(minutes=7))
    alone = a_job("alone", when=When(cron=("7 7 * * *",)))
    found = [herd for herd in herds([*jobs, alone]) if herd.written == "0 3 * * *"]
    *changed, same = spread([*jobs, alone], found)
    assert same == alone
    assert {job.when.cron for job in changed} == {("H 3 * * *", "30 12 1 * *")}
    assert {job.when.periodicity for job in changed} == {timedelta(minutes=7)}


def test_a_periodicity_gives_way_to_its_expression() -> None:
    jobs = herd_of(10, periodicity=timedelta(hours=1))
    assert {(job.when.periodicity, job.when.cron) for job in spread(jobs, herds(jobs))} == {(None, ("H * * * *",))}
