"""The figures of a job as a fold over what happened to its runs.

Distributions count into buckets that grow by a constant factor, as DDSketch does (Masson, Rim and Lee, VLDB 2019):
every quantile is right to 1 %, two of them can be added, and the size does not grow with the number of values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cron_actors.messages import RunChanged
from cron_actors.model.run import Outcome, RunState
from cron_actors.model.statistics import Distribution, JobStatistics

ACCURACY = 0.01
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
SMALLEST = 1e-6  # a microsecond: everything shorter counts as nothing
ZERO_BUCKET = math.floor(math.log(SMALLEST) / math.log(GAMMA)) - 1

OUTCOME_COUNTERS = {
    Outcome.SUCCESS: "successes",
    Outcome.FAILURE: "failures",
    Outcome.TIMEOUT: "timeouts",
    Outcome.INTERRUPTED: "interrupted",
    Outcome.LOST: "interrupted",
    Outcome.CANCELLED: "cancelled",
    Outcome.DISCARDED: "failures",
}
"""Which figure counts an end; a snooze is a launch that neither succeeded nor failed."""

NOT_MEASURED = frozenset({Outcome.LOST, Outcome.INTERRUPTED, Outcome.SNOOZED})
"""The ends of attempts whose duration says nothing of how long the job takes."""


def observe(distribution: Distribution, value: timedelta) -> Distribution:
    """Return the distribution with one value more; a negative value counts as zero."""
    seconds = max(0.0, value.total_seconds())
    bucket = ZERO_BUCKET if seconds < SMALLEST else math.ceil(math.log(seconds) / math.log(GAMMA))
    return Distribution(
        count=distribution.count + 1,
        total=distribution.total + seconds,
        least=seconds if distribution.least is None else min(seconds, distribution.least),
        greatest=seconds if distribution.greatest is None else max(seconds, distribution.greatest),
        buckets={**distribution.buckets, bucket: distribution.buckets.get(bucket, 0) + 1},
    )


def quantile(distribution: Distribution, share: float) -> float | None:
    """Return the value, in seconds, that ``share`` of all values do not exceed; None if there are none."""
    if distribution.least is None or distribution.greatest is None:
        return None
    rank = max(1, math.ceil(share * distribution.count))
    for bucket in sorted(distribution.buckets):
        rank -= distribution.buckets[bucket]
        if rank <= 0:
            middle = 0.0 if bucket == ZERO_BUCKET else 2 * GAMMA**bucket / (GAMMA + 1)
            return min(max(middle, distribution.least), distribution.greatest)
    return distribution.greatest


def mean(distribution: Distribution) -> float | None:
    """Return the exact mean in seconds; None if there are no values."""
    return distribution.total / distribution.count if distribution.count else None


def summary(distribution: Distribution) -> dict[str, float | None]:
    """Return min, mean, p50, p95, p99 and max in seconds; each is None if there are no values."""
    return {
        "min": distribution.least,
        "mean": mean(distribution),
        "p50": quantile(distribution, 0.50),
        "p95": quantile(distribution, 0.95),
        "p99": quantile(distribution, 0.99),
        "max": distribution.greatest,
    }


def ends_something(change: RunChanged) -> bool:
    """Say whether the change is one that the stored figures count: the end of an attempt, or instants not run.

    The begin of an attempt is counted with its end, so that figures are written once for each.
    """
    return change.outcome is not None or change.state in {RunState.SKIPPED, RunState.MISSED}


def fold(figures: JobStatistics, change: RunChanged) -> JobStatistics:
    """Return the figures of the job after a change that ends something; any other leaves them as they are."""
    if change.outcome is not None:
        return _ended(figures, change, change.outcome)
    match change.state:
        case RunState.SKIPPED:
            return replace(figures, skipped=_more(figures.skipped, change))
        case RunState.MISSED:
            return replace(figures, missed=_more(figures.missed, change))
        case _:
            return figures


def fold_all(figures: Mapping[str, JobStatistics], changes: Iterable[RunChanged]) -> dict[str, JobStatistics]:
    """Return the figures, after these changes in their order, of the jobs of which they end anything."""
    folded: dict[str, JobStatistics] = {}
    for change in changes:
        if ends_something(change):
            known = folded.get(change.job) or figures.get(change.job) or JobStatistics()
            folded[change.job] = fold(known, change)
    return folded


def with_begun(figures: JobStatistics, begun: RunChanged) -> JobStatistics:
    """Return the figures with an attempt that is under way, as they are shown."""
    return replace(figures, **_launch(figures, begun))


def _launch(figures: JobStatistics, change: RunChanged) -> dict[str, Any]:
    started_at = change.started_at
    if figures.last_started_at is not None and (started_at is None or started_at < figures.last_started_at):
        last = {}  # begun before one that has ended already
    else:
        last = {"last_due_at": change.due_at, "last_started_at": started_at}
    return {
        "launches": figures.launches + 1,
        "retries": figures.retries + (1 if change.attempt > 1 else 0),
        "lateness": figures.lateness if change.lateness is None else observe(figures.lateness, change.lateness),
        **last,
    }


def _ended(figures: JobStatistics, change: RunChanged, outcome: Outcome) -> JobStatistics:
    counter = OUTCOME_COUNTERS.get(outcome)
    duration = figures.duration
    if change.duration is not None and outcome not in NOT_MEASURED:
        duration = observe(duration, change.duration)
    counted = _launch(figures, change)
    if counter is not None:
        counted[counter] = getattr(figures, counter) + 1
    return replace(figures, **counted, last_outcome=outcome.value, last_finished_at=change.at, duration=duration)


def _more(counts: Mapping[str, int], change: RunChanged) -> dict[str, int]:
    reason = change.reason or "unknown"
    return {**counts, reason: counts.get(reason, 0) + change.count}
