"""What a job's schedule must be beyond its grammar: cron expressions of our dialect, all instants on boundaries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cron_actors.core.granularity import check_alignment
from cron_actors.core.problems import Pointer, Problem
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job, When
from cron_actors.settings import Granularity


def schedule_problems(job: Job, granularity: Granularity, *, listed: bool) -> Iterator[Problem]:
    """Yield what is wrong with the schedule, with pointers that start at the job.

    ``listed`` says that the job's cron was written as a list, so that a fault can point into it.
    """
    for index, text in enumerate(job.when.cron):
        pointer: Pointer = ("cron", index) if listed else ("cron",)
        when = replace(job.when, periodicity=None, cron=(text,))
        yield from _unaligned(when, granularity, pointer, job.identifier)
    if job.when.periodicity is not None:
        yield from _unaligned(replace(job.when, cron=()), granularity, ("periodicity",), job.identifier)


def _unaligned(when: When, granularity: Granularity, pointer: Pointer, seed: str) -> Iterator[Problem]:
    """Yield the fault of a cron expression that cannot be read, or of a schedule with instants between the ticks."""
    try:
        check_alignment(when, granularity, seed=seed)
    except InvalidValueError as error:
        yield Problem(pointer=pointer, message=str(error))
