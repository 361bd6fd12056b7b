"""What of a jobs file a simulation takes in, and how long it takes each job's runs to last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cron_actors.core.simulation_findings import Plan
from cron_actors.core.statistics import quantile
from cron_actors.model.job import Job, When
from cron_actors.model.statistics import JobStatistics


class LengthSource(StrEnum):
    """Where the length of a job's runs comes from; what is recorded is the median."""

    STATED = "stated"
    RECORDED = "recorded"
    ASSUMED = "assumed"


class NoInstant(StrEnum):
    """What says when a job runs without naming an instant that is known beforehand."""

    MANUAL = "manual"
    RUN_IN = "run_in"
    AT_STARTUP = "at_startup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How long the runs of each job last: as stated, else as recorded, else the same for all."""

    stated: Mapping[str, timedelta]
    recorded: Mapping[str, timedelta]
    assumed: timedelta

    def of(self, job: str) -> tuple[timedelta, LengthSource]:
        """Return how long each run of the job would last without a timeout, and where that comes from."""
        if job in self.stated:
            return self.stated[job], LengthSource.STATED
        if job in self.recorded:
            return self.recorded[job], LengthSource.RECORDED
        return self.assumed, LengthSource.ASSUMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The plans that are simulated, what was left out of which jobs, and where the lengths come from.

    ``cut`` jobs would take longer than their timeout, and end there.
    """

    plans: tuple[Plan, ...]
    left_out: Mapping[NoInstant, tuple[str, ...]]
    sources: Mapping[LengthSource, int]
    cut: int


def take_in(jobs: Iterable[Job], lengths: Lengths) -> Intake:
    """Return what is simulated of the jobs; one that names no instant in advance is left out."""
    plans: list[Plan] = []
    left_out: dict[NoInstant, list[str]] = {kind: [] for kind in NoInstant}
    sources: Counter[LengthSource] = Counter()
    cut = 0
    for job in jobs:
        for kind in _without_instant(job.when):
            left_out[kind].append(job.identifier)
        if job.when.cron or job.when.periodicity is not None or job.when.run_at is not None:
            length, source = lengths.of(job.identifier)
            sources[source] += 1
            cut += job.timeout is not None and job.timeout < length
            plans.append(Plan(job=job, length=length if job.timeout is None else min(length, job.timeout)))
    return Intake(
        plans=tuple(plans),
        left_out={kind: tuple(identifiers) for kind, identifiers in left_out.items() if identifiers},
        sources=sources,
        cut=cut,
    )


def recorded_lengths(statistics: Mapping[str, JobStatistics]) -> dict[str, timedelta]:
    """Return the median of what the runs of each job took; a job that never ended a run has none."""
    medians = {job: quantile(figures.duration, 0.5) for job, figures in statistics.items()}
    return {job: timedelta(seconds=median) for job, median in medians.items() if median is not None}


def _without_instant(when: When) -> list[NoInstant]:
    found = []
    if when.run_in is not None:
        found.append(NoInstant.RUN_IN)
    if when.at_startup is not None:
        found.append(NoInstant.AT_STARTUP)
    if when.manual and not (found or when.cron or when.periodicity or when.run_at):
        found.append(NoInstant.MANUAL)
    return found
