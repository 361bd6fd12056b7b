"""A set of jobs over a span of virtual time: when they are due, how many runs go on at once, who is in whose way.

Nothing is performed. Each run of a job is taken to last equally long, and overlap is judged as if every run began at
once; waiting for workers is counted on top. Before the span there is nothing: no run goes on when it begins.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter, sub
from typing import NamedTuple

from cron_actors.core.grid import EPOCH
from cron_actors.core.schedule import Schedule
from cron_actors.core.simulation_findings import Busy, JobFigures, Plan, Simulation
from cron_actors.core.simulation_instants import DAY, Timetable, moment_of, second_of
from cron_actors.core.simulation_load import Load
from cron_actors.core.simulation_overlaps import Lane
from cron_actors.core.simulation_workers import Workers
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Overlap

LONGEST = timedelta(days=3_660)
MOST_STEPS = 30_000_000  # instants times the ways in which their jobs are treated
MOST_GOING = 500_000  # seconds in which runs under way end: what is kept from one stretch to the next
_MOST_STEPS_OF_A_STRETCH = 2_000_000
_MINUTE = 60
_STRETCHES = (DAY, 3_600, _MINUTE)
_SECOND = timedelta(seconds=1)
_ALMOST_A_SECOND = timedelta(microseconds=999_999)
_FOREVER = 2**62


def simulate(
    plans: Sequence[Plan],
    *,
    begin_at: datetime,
    end_at: datetime,
    workers: int,
    busiest: int = 0,
    most_steps: int = MOST_STEPS,
) -> Simulation:
    """Return what the plans come to in [begin_at, end_at), with the ``busiest`` so many minutes.

    A ``run_in`` has no instant here. The end is cut off where it would take more than ``most_steps`` steps to get, or
    more than MOST_GOING runs go on. Raises InvalidValueError for a span longer than LONGEST.
    """
    if end_at - begin_at > LONGEST:
        raise InvalidValueError(f"the span is longer than {LONGEST.days} days, the most that is simulated")
    begin, end = (second_of(at + _ALMOST_A_SECOND) for at in (begin_at, end_at))
    course = _Course(_groups(plans), workers, begin, end)
    course.run(most_steps)
    return course.findings(busiest)


def _groups(plans: Iterable[Plan]) -> list[_Group]:
    """Return the jobs by what they have in common, in the order of their first."""
    groups: dict[object, _Group] = {}
    for place, plan in enumerate(plans):
        when = replace(plan.job.when, run_in=None)
        schedule = Schedule.of(when, seed=plan.job.identifier, changed_at=EPOCH)
        key = (schedule, when.start_at, when.end_at, when.exclude)
        if key not in groups:
            groups[key] = _Group(Timetable(schedule, when))
        groups[key].add(plan, place)
    return list(groups.values())


class _Batch(NamedTuple):
    """The runs of each of so many ``jobs`` that begin in one stretch; ``place`` is that of the first job among all."""

    place: int
    starts: Sequence[int]
    ends: Sequence[int]
    jobs: int


@dataclass(slots=True)
class _Group:
    """Jobs that are due at the same instants, by how their runs are treated."""

    timetable: Timetable
    treated: dict[tuple[int, Overlap], tuple[Lane, list[str], int]] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    due: int = 0
    excluded: int = 0

    def add(self, plan: Plan, place: int) -> None:
        """Take in a job, which stands at ``place`` among all."""
        length, overlap = max(1, -(-plan.length // _SECOND)), plan.job.overlap
        _, jobs, _ = self.treated.setdefault((length, overlap), (Lane(length, overlap), [], place))
        jobs.append(plan.job.identifier)
        self.jobs.append(plan.job.identifier)

    def figures(self) -> Iterator[JobFigures]:
        """Yield what was found of each job."""
        for (_, overlap), (lane, jobs, _) in self.treated.items():
            for job in jobs:
                yield JobFigures(job=job, overlap=overlap, due=self.due, excluded=self.excluded, tally=lane.tally)


class _Course:
    """The way through the span, stretch by stretch."""

    def __init__(self, groups: list[_Group], workers: int, begin: int, end: int) -> None:
        self._groups = groups
        self._begin, self._reached, self._end = begin, begin, end
        self._minutes = array("L", [0]) * (-(-end // _MINUTE) - begin // _MINUTE)
        self._load = Load()
        self._workers = Workers(workers)

    def run(self, most_steps: int) -> None:
        """Go on until the end, or until it takes too many steps."""
        lengths = list(_STRETCHES)
        steps = 0
        while self._reached < self._end and self._load.ahead <= MOST_GOING:
            until = min(self._end, (self._reached // lengths[0] + 1) * lengths[0])
            due, taken = self._due(until)
            if taken > _MOST_STEPS_OF_A_STRETCH and len(lengths) > 1:
                lengths.pop(0)
                continue
            steps += taken
            if steps > most_steps:
                return
            self._go(due, until)

    def findings(self, busiest: int) -> Simulation:
        """Return what was found so far."""
        most_at = self._load.most_at
        counted = self._minutes[: -(-self._reached // _MINUTE) - self._begin // _MINUTE]
        most = sorted(set(counted) - {0}, reverse=True)[:busiest]
        return Simulation(
            begin_at=moment_of(self._begin),
            end_at=moment_of(self._reached),
            complete=self._reached == self._end,
            minutes=counted,
            most_at_once=self._load.most,
            most_at=None if most_at is None else moment_of(most_at),
            waits=self._workers.waits,
            jobs=tuple(figures for group in self._groups for figures in group.figures()),
            busiest=tuple(self._busy(due, counted) for due in most),
        )

    def _due(self, until: int) -> tuple[list[tuple[list[int], int]], int]:
        """Return each group's instants up to ``until`` and the steps they take; of too many, only the first."""
        due: list[tuple[list[int], int]] = []
        steps = 0
        for group in self._groups:
            due.append(group.timetable.instants(self._reached, until))
            steps += len(due[-1][0]) * (1 + len(group.treated))
            if steps > _MOST_STEPS_OF_A_STRETCH and until - self._reached > _MINUTE:
                break
        return due, steps

    def _go(self, due: list[tuple[list[int], int]], until: int) -> None:
        """Do the stretch up to ``until``."""
        before = self._load.going() if self._workers.in_step else {}
        batches: list[_Batch] = []
        for group, (found, excluded) in zip(self._groups, due, strict=True):
            group.due += len(found)
            group.excluded += excluded
            self._count(found, len(group.jobs))
            batches += self._treat(group, found, until)
        most = self._load.go_on(until)
        self._wait(batches, before, most, until)
        self._reached = until

    def _count(self, found: Sequence[int], jobs: int) -> None:
        minutes, first = self._minutes, self._begin // _MINUTE
        for second in found:
            minutes[second // _MINUTE - first] += jobs

    def _treat(self, group: _Group, found: Sequence[int], until: int) -> Iterator[_Batch]:
        """Yield the runs that begin in the stretch, and let them bear on the load."""
        gap = min(map(sub, found[1:], found), default=_FOREVER)

        def following(after: int, before: int) -> int | None:
            return group.timetable.next_within(after, min(before, self._end))

        at_once = 0
        for lane, jobs, place in group.treated.values():
            starts, ends = lane.runs(found, gap, until, following)
            if starts is found:
                at_once += len(jobs)
            else:
                self._load.start(starts, len(jobs))
            self._load.end(ends, len(jobs))
            yield _Batch(place, starts, ends, len(jobs))
        self._load.start(found, at_once)

    def _wait(self, batches: list[_Batch], before: Mapping[int, int], most: int, until: int) -> None:
        """Follow the runs through the workers where these are fewer than the runs, until that makes no difference."""
        workers = self._workers
        if workers.in_step and most <= workers.slots:
            return
        if workers.in_step:
            workers.take_over(before)
        runs = [
            (start, end, batch.jobs)
            for batch in sorted(batches, key=attrgetter("place"))
            for start, end in zip(batch.starts, batch.ends, strict=True)
        ]
        workers.perform(sorted(runs, key=itemgetter(0)), until)
        workers.compare(self._load.going())

    def _busy(self, due: int, counted: array[int]) -> Busy:
        """Return the first minute with so many instants."""
        place = counted.index(due)
        begin = (self._begin // _MINUTE + place) * _MINUTE
        first, last = max(begin, self._begin), min(begin + _MINUTE, self._reached)
        groups = [group for group in self._groups if group.timetable.instants(first, last)[0]]
        return Busy(
            at=moment_of(begin),
            due=due,
            times=counted.count(due),
            jobs=tuple(job for group in groups for job in group.jobs),
        )
