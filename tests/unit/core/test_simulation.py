from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.core import simulation
from cron_actors.core.simulation import simulate
from cron_actors.core.simulation_findings import Plan, Simulation
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Overlap, When
from tests.fakes.values import a_job, at

BEGIN = at("2027-01-01T00:00:00")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def plan(name: str, when: When, seconds: float = 60, **fields: Any) -> Plan:  # noqa: ANN401 - any field of a job
    return Plan(job=a_job(name, when=when, **fields), length=timedelta(seconds=seconds))


def run(*plans: Plan, days: float = 1, **asked: int) -> Simulation:
    return simulate(plans, begin_at=BEGIN, end_at=BEGIN + days * DAY, **{"workers": 100, **asked})


def test_the_busiest_minutes_are_named_by_their_counts_with_the_jobs_of_the_first() -> None:
    found = run(
        plan("hourly", When(cron=("0 * * * *",))),
        plan("three", When(cron=("0 3 * * *",))),
        plan("also three", When(cron=("0 3 * * *",))),
        plan("grid", When(periodicity=timedelta(hours=12))),
        busiest=2,
        days=2,
    )
    first, second = found.busiest
    assert (first.at, first.due, first.times) == (BEGIN + timedelta(hours=3), 3, 2)
    assert first.jobs == ("hourly", "three", "also three")
    assert (second.at, second.due, second.times, second.jobs) == (BEGIN, 2, 4, ("hourly", "grid"))


def test_the_beginning_belongs_to_the_span_and_the_end_does_not() -> None:
    every_minute = plan("job", When(cron=("* * * * *",)))
    assert simulate([every_minute], begin_at=BEGIN, end_at=BEGIN + MINUTE, workers=1).due == 1
    later = BEGIN + timedelta(microseconds=1)
    assert simulate([every_minute], begin_at=later, end_at=later + MINUTE, workers=1).due == 1


def test_a_run_longer_than_its_period_goes_side_by_side_from_one_day_to_the_next() -> None:
    found = run(plan("long", When(cron=("0 * * * *",)), seconds=90_000), days=3)
    assert (found.most_at_once, found.most_at) == (25, BEGIN + timedelta(hours=24))
    (figures,) = found.jobs
    assert (figures.due, figures.tally.overlapping, figures.tally.most_at_once) == (72, 71, 25)


@pytest.mark.parametrize(
    ("overlap", "told"),
    [
        (Overlap.SKIP, {"skipped": 19, "overlapping": 19}),
        (Overlap.QUEUE_ONE, {"queued": 6, "coalesced": 17, "waiting": 1}),
        (Overlap.QUEUE_ALL, {"queued": 23, "waiting": 18}),
        (Overlap.CANCEL_OTHER, {"cancelled": 23}),
        (Overlap.ALLOW, {"most_at_once": 5}),
    ],
)
def test_a_policy_decides_what_becomes_of_instants_that_find_a_run_going(
    overlap: Overlap, told: dict[str, int]
) -> None:
    found = run(plan("slow", When(cron=("0 * * * *",)), seconds=4.5 * 3600, overlap=overlap))
    (figures,) = found.jobs
    assert {name: getattr(figures.tally, name) for name in told} == told


def test_part_of_a_second_counts_as_a_second() -> None:
    found = run(
        plan("quick", When(cron=("* * * * * *",)), seconds=0.2), plan("short", When(cron=("* * * * * *",)), 1.5)
    )
    assert found.most_at_once == 1 + 2


def test_runs_wait_only_while_there_are_more_than_workers() -> None:
    herd = [plan(f"job-{number}", When(cron=("0 3 * * *",)), seconds=60) for number in range(10)]
    waits = run(*herd, days=2, workers=4).waits
    assert (waits.count, waits.longest, waits.unfinished) == (2 * 6, 120, 0)
    assert waits.longest_from == (BEGIN + timedelta(hours=3)).timestamp()
    assert run(*herd, workers=10).waits.count == 0


def test_a_line_that_becomes_endless_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cron_actors.core.simulation_workers.MOST_WAITING", 2_000)
    waits = run(plan("job", When(cron=("* * * * *",)), seconds=3600), days=30, workers=2).waits
    assert waits.given_up_at == (BEGIN + 2 * DAY).timestamp()
    assert waits.unfinished > 2_000


def test_too_many_steps_cut_the_end_off_and_keep_what_is_before() -> None:
    found = run(plan("job", When(cron=("* * * * *",))), days=30, most_steps=2 * 1440 * 10)
    assert (found.complete, found.end_at) == (False, BEGIN + 10 * DAY)
    assert found.due == len(found.minutes) == 10 * 1440


def test_days_with_too_many_instants_are_done_by_the_hour_or_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [
        plan("seconds", When(cron=("* * * * * *",))),
        plan("skip", When(cron=("0 0 2 * * *",)), overlap=Overlap.SKIP),
    ]
    whole = run(*jobs)
    for most in (10_000, 100):
        monkeypatch.setattr(simulation, "_MOST_STEPS_OF_A_STRETCH", most)
        assert run(*jobs) == whole


def test_more_runs_at_once_than_memory_is_for_cut_the_end_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_GOING", 3_000)
    found = run(plan("endless", When(cron=("* * * * *",)), seconds=90 * 86_400), days=30)
    assert (found.complete, found.end_at, found.most_at_once) == (False, BEGIN + 3 * DAY, 3 * 1440)


def test_a_span_of_more_than_ten_years_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="3660 days"):
        run(days=3_661)


def test_no_jobs_and_jobs_that_never_fire_come_to_nothing() -> None:
    found = run(plan("over", When(cron=("0 0 0 1 1 * 2020",))), busiest=3)
    assert (found.due, found.most_at_once, found.most_at, found.busiest) == (0, 0, None, ())
    assert run().due == 0
