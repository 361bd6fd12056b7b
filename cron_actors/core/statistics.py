"""The figures of a job: what is read from them, and the fold over what happened to its runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta

from cron_actors.core.counting import GAMMA, ZERO_BUCKET, Change, Counting, Values
from cron_actors.model.run import RunState
from cron_actors.model.statistics import Distribution, JobStatistics

UNRUN = frozenset({RunState.SKIPPED, RunState.MISSED})
"""The states of instants that were not run."""


def observe(distribution: Distribution, value: timedelta) -> Distribution:
    """Return the distribution with one value more; a negative value counts as zero."""
    values = Values(distribution)
    values.add(value)
    return values.distribution()


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


def ends_something(change: Change) -> bool:
    """Say whether the change is one that the stored figures count: the end of an attempt, or instants not run.

    The begin of an attempt is counted with its end, so that figures are written once for each.
    """
    return change.outcome is not None or change.state in UNRUN


def fold(figures: JobStatistics, change: Change) -> JobStatistics:
    """Return the figures of the job after a change that ends something; any other leaves them as they are."""
    counting = Counting(figures)
    counting.end(change)
    return counting.figures()


def fold_all(figures: Mapping[str, JobStatistics], changes: Iterable[Change]) -> dict[str, JobStatistics]:
    """Return the figures, after these changes in their order, of the jobs of which they end anything."""
    folded: dict[str, Counting] = {}
    for change in changes:
        if ends_something(change):
            counting = folded.get(change.job)
            if counting is None:
                counting = folded[change.job] = Counting(figures.get(change.job) or JobStatistics())
            counting.end(change)
    return {job: counting.figures() for job, counting in folded.items()}


def with_begun(figures: JobStatistics, begun: Change) -> JobStatistics:
    """Return the figures with an attempt that is under way, as they are shown."""
    counting = Counting(figures)
    counting.begin(begun)
    return counting.figures()
