"""The figures of one job while what happened to its runs is counted into them.

Distributions count into buckets that grow by a constant factor, as DDSketch does (Masson, Rim and Lee, VLDB 2019):
every quantile is right to 1 %, two of them can be added, and the size does not grow with the number of values.

A new frozen value for each change took five times as long; these are changed in place, and frozen when they are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from cron_actors.messages import RunChanged
from cron_actors.model.run import Outcome, RunState
from cron_actors.model.statistics import Distribution, JobStatistics

ACCURACY = 0.01
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
SMALLEST = 1e-6  # a microsecond: everything shorter counts as nothing
_LOG_GAMMA = math.log(GAMMA)
ZERO_BUCKET = math.floor(math.log(SMALLEST) / _LOG_GAMMA) - 1

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


@dataclass(slots=True)  # to make a frozen one takes three times as long, for every run
class Told:
    """What the figures count of a change, for a reader who needs nothing else; the fields are as in ``RunChanged``."""

    job: str
    state: RunState
    reason: str | None
    count: int
    attempt: int
    at: datetime
    due_at: datetime
    outcome: Outcome | None
    duration: timedelta | None
    started_at: datetime | None
    lateness: timedelta | None


Change = RunChanged | Told


class Values:
    """A distribution that grows."""

    __slots__ = ("_buckets", "_count", "_greatest", "_least", "_total")

    def __init__(self, distribution: Distribution) -> None:
        self._count = distribution.count
        self._total = distribution.total
        self._least = distribution.least
        self._greatest = distribution.greatest
        self._buckets = dict(distribution.buckets)

    def add(self, value: timedelta) -> None:
        """Count one value more; a negative one counts as zero."""
        seconds = max(0.0, value.total_seconds())
        bucket = ZERO_BUCKET if seconds < SMALLEST else math.ceil(math.log(seconds) / _LOG_GAMMA)
        self._count += 1
        self._total += seconds
        if self._least is None or seconds < self._least:
            self._least = seconds
        if self._greatest is None or seconds > self._greatest:
            self._greatest = seconds
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    def distribution(self) -> Distribution:
        """Return what there is now; it does not grow."""
        return Distribution(
            count=self._count,
            total=self._total,
            least=self._least,
            greatest=self._greatest,
            buckets=self._buckets.copy(),
        )


class Counting:
    """The figures of one job that grow with each change; ``launches`` may be read meanwhile."""

    __slots__ = ("_counters", "_duration", "_last", "_lateness", "_outcome", "_retries", "_unrun", "launches")

    def __init__(self, figures: JobStatistics) -> None:
        self.launches = figures.launches
        self._retries = figures.retries
        self._counters = {
            "successes": figures.successes,
            "failures": figures.failures,
            "timeouts": figures.timeouts,
            "interrupted": figures.interrupted,
            "cancelled": figures.cancelled,
        }
        self._unrun = {RunState.SKIPPED: dict(figures.skipped), RunState.MISSED: dict(figures.missed)}
        self._last = (figures.last_due_at, figures.last_started_at)
        self._outcome: tuple[str | None, datetime | None] = (figures.last_outcome, figures.last_finished_at)
        self._duration = Values(figures.duration)
        self._lateness = Values(figures.lateness)

    def begin(self, change: Change) -> None:
        """Count the launch of the attempt that begins or ends with the change."""
        self.launches += 1
        if change.attempt > 1:
            self._retries += 1
        if change.lateness is not None:
            self._lateness.add(change.lateness)
        started_at, last = change.started_at, self._last[1]
        if last is None or (started_at is not None and started_at >= last):  # else one that began later ended before
            self._last = (change.due_at, started_at)

    def end(self, change: Change) -> None:
        """Count the end of an attempt, and its begin with it, or instants not run; any other change counts nothing."""
        outcome = change.outcome
        if outcome is None:
            self._pass_over(change)
            return
        self.begin(change)
        counter = OUTCOME_COUNTERS.get(outcome)
        if counter is not None:
            self._counters[counter] += 1
        if change.duration is not None and outcome not in NOT_MEASURED:
            self._duration.add(change.duration)
        self._outcome = (outcome, change.at)

    def figures(self) -> JobStatistics:
        """Return what there is now; it does not grow."""
        last_due_at, last_started_at = self._last
        last_outcome, last_finished_at = self._outcome
        return JobStatistics(
            launches=self.launches,
            retries=self._retries,
            **self._counters,
            skipped=self._unrun[RunState.SKIPPED].copy(),
            missed=self._unrun[RunState.MISSED].copy(),
            last_outcome=None if last_outcome is None else str(last_outcome),
            last_due_at=last_due_at,
            last_started_at=last_started_at,
            last_finished_at=last_finished_at,
            duration=self._duration.distribution(),
            lateness=self._lateness.distribution(),
        )

    def _pass_over(self, change: Change) -> None:
        counts = self._unrun.get(change.state)
        if counts is not None:
            reason = change.reason or "unknown"
            counts[reason] = counts.get(reason, 0) + change.count
