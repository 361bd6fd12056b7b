from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cron_actors.core.statistics import fold, mean, observe, quantile, summary, with_begun
from cron_actors.model.run import Outcome, RunState
from cron_actors.model.statistics import Distribution, JobStatistics
from tests.fakes.values import NOON, a_change

SECOND = timedelta(seconds=1)


def distribution(*seconds: float) -> Distribution:
    result = Distribution()
    for value in seconds:
        result = observe(result, timedelta(seconds=value))
    return result


def test_an_empty_distribution_has_no_figures_at_all() -> None:
    assert set(summary(Distribution()).values()) == {None}
    assert mean(Distribution()) is None
    assert quantile(Distribution(), 0.5) is None


def test_count_sum_least_and_greatest_are_exact() -> None:
    figures = distribution(3.0, 1.0, 2.5)
    assert (figures.count, figures.total, figures.least, figures.greatest) == (3, 6.5, 1.0, 3.0)
    assert mean(figures) == pytest.approx(6.5 / 3)


def test_a_single_value_is_every_quantile_exactly() -> None:
    assert set(summary(distribution(7.3)).values()) == {7.3}


def test_a_negative_value_counts_as_zero() -> None:
    figures = distribution(-5.0, 0.0)
    assert summary(figures) == dict.fromkeys(("min", "mean", "p50", "p95", "p99", "max"), 0.0)


def test_a_median_does_not_follow_an_outlier() -> None:
    figures = distribution(*[1.0] * 99, 1000.0)
    assert quantile(figures, 0.5) == pytest.approx(1.0, rel=0.01)
    assert quantile(figures, 0.99) == pytest.approx(1.0, rel=0.01)
    assert quantile(figures, 1.0) == pytest.approx(1000.0, rel=0.01)


def test_the_size_of_a_distribution_does_not_grow_with_the_number_of_values() -> None:
    figures = distribution(*(1.0 + number / 1_000_000 for number in range(2000)))
    assert len(figures.buckets) <= 2


def test_observing_leaves_the_distribution_before_as_it_was() -> None:
    before = distribution(1.0)
    observe(before, SECOND)
    assert before == distribution(1.0)


LATE = timedelta(seconds=3)
BEGUN = {"started_at": NOON + LATE, "lateness": LATE}


def test_an_attempt_that_ended_counts_its_launch_its_lateness_and_when_it_began() -> None:
    figures = fold(JobStatistics(), a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS, **BEGUN))
    assert (figures.launches, figures.retries) == (1, 0)
    assert figures.lateness.total == 3.0
    assert (figures.last_due_at, figures.last_started_at) == (NOON, NOON + LATE)


def test_a_second_attempt_is_a_launch_and_a_retry_but_not_late_again() -> None:
    figures = fold(JobStatistics(), a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS, attempt=2))
    assert (figures.launches, figures.retries, figures.lateness.count) == (1, 1, 0)


def test_an_attempt_under_way_is_shown_but_counted_only_when_it_ends() -> None:
    begun = a_change(RunState.EXECUTING, **BEGUN)
    assert fold(JobStatistics(), begun) == JobStatistics()
    shown = with_begun(JobStatistics(), begun)
    assert (shown.launches, shown.lateness.total, shown.last_started_at) == (1, 3.0, NOON + LATE)
    assert shown.last_outcome is None


def test_an_attempt_begun_before_another_that_has_ended_is_not_the_last() -> None:
    first = a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS, **BEGUN)
    second = replace(first, due_at=NOON + SECOND, started_at=NOON + 2 * LATE)
    figures = fold(fold(JobStatistics(), second), first)
    assert (figures.launches, figures.last_due_at, figures.last_started_at) == (2, NOON + SECOND, NOON + 2 * LATE)


@pytest.mark.parametrize(
    ("outcome", "counter"),
    [
        (Outcome.SUCCESS, "successes"),
        (Outcome.FAILURE, "failures"),
        (Outcome.TIMEOUT, "timeouts"),
        (Outcome.CANCELLED, "cancelled"),
        (Outcome.INTERRUPTED, "interrupted"),
        (Outcome.LOST, "interrupted"),
    ],
)
def test_every_outcome_has_its_own_counter_and_becomes_the_last(outcome: Outcome, counter: str) -> None:
    figures = fold(JobStatistics(), a_change(RunState.DISCARDED, outcome=outcome, duration=SECOND))
    names = ("successes", "failures", "timeouts", "cancelled", "interrupted")
    assert {name: getattr(figures, name) for name in names} == {name: int(name == counter) for name in names}
    assert (figures.last_outcome, figures.last_finished_at) == (outcome.value, NOON)


@pytest.mark.parametrize("outcome", [Outcome.INTERRUPTED, Outcome.LOST])
def test_a_run_cut_short_by_the_daemon_says_nothing_about_how_long_the_job_takes(outcome: Outcome) -> None:
    change = a_change(RunState.AVAILABLE, outcome=outcome, duration=SECOND)
    assert fold(JobStatistics(), change).duration.count == 0


def test_instants_not_run_count_by_reason_and_by_their_number() -> None:
    figures = JobStatistics()
    for state, reason, count in [
        (RunState.SKIPPED, "overlap", 1),
        (RunState.SKIPPED, "overlap", 2),
        (RunState.MISSED, "down", 40),
        (RunState.MISSED, None, 1),
    ]:
        figures = fold(figures, a_change(state, reason=reason, count=count))
    assert figures.skipped == {"overlap": 3}
    assert figures.missed == {"down": 40, "unknown": 1}


def test_a_run_that_only_waits_changes_no_figure() -> None:
    assert fold(JobStatistics(), a_change(RunState.AVAILABLE)) == JobStatistics()


def test_a_snooze_is_a_launch_that_neither_succeeded_nor_failed_nor_tells_how_long_the_job_takes() -> None:
    snoozed = a_change(RunState.SCHEDULED, outcome=Outcome.SNOOZED, duration=SECOND)
    figures = fold(JobStatistics(), snoozed)
    assert (figures.launches, figures.successes, figures.failures, figures.duration.count) == (1, 0, 0, 0)
    assert figures.last_outcome == "snoozed"


def test_a_run_that_discards_itself_counts_as_a_failure() -> None:
    figures = fold(JobStatistics(), a_change(RunState.DISCARDED, outcome=Outcome.DISCARDED))
    assert (figures.launches, figures.failures) == (1, 1)


def test_every_attempt_after_the_first_is_a_retry() -> None:
    figures = JobStatistics()
    for attempt in (1, 2, 3):
        figures = fold(figures, a_change(RunState.RETRYABLE, outcome=Outcome.FAILURE, attempt=attempt))
    assert (figures.launches, figures.retries, figures.failures) == (3, 2, 3)
