"""What goes into a simulation and what comes out of it, as values."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import datetime, timedelta

from cron_actors.core.simulation_overlaps import Tally
from cron_actors.core.simulation_workers import Waits
from cron_actors.model.job import Job, Overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A job and how long each of its runs is taken to last."""

    job: Job
    length: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFigures:
    """What the span holds for one job: how often it is due, and what its overlap policy makes of that.

    ``excluded`` instants, which calendars hold, are not among those that are ``due``.
    """

    job: str
    overlap: Overlap
    due: int
    excluded: int
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """A minute by the number of instants in it; ``times`` minutes of the span have as many. ``jobs`` are due in it."""

    at: datetime
    due: int
    times: int
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What was found in [begin_at, end_at); ``complete`` is False if the work was too much and the end was cut off.

    ``minutes`` counts the instants by minute, the first of which is that of ``begin_at``. ``most_at_once`` is with
    workers for everybody. ``busiest`` has one minute for each of the greatest counts.
    """

    begin_at: datetime
    end_at: datetime
    complete: bool
    minutes: array[int]
    most_at_once: int
    most_at: datetime | None
    waits: Waits
    jobs: tuple[JobFigures, ...]
    busiest: tuple[Busy, ...]

    @property
    def due(self) -> int:
        """How many instants there are."""
        return sum(self.minutes)

    @property
    def excluded(self) -> int:
        """How many more there would be without calendars."""
        return sum(job.excluded for job in self.jobs)
