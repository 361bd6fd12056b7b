"""What a schedule must be beyond its grammar: readable cron, all instants on boundaries, an end after the start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cron_actors.core.cron_reader import cron_items
from cron_actors.core.cron_words import is_interval, is_other_key
from cron_actors.core.granularity import check_alignment
from cron_actors.core.moments import iso
from cron_actors.core.problems import Pointer, Problem
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job, Json, When
from cron_actors.settings import Granularity


def schedule_problems(job: Job, granularity: Granularity, *, written: Json) -> Iterator[Problem]:
    """Yield what is wrong with the schedule, with pointers that start at the job.

    ``written`` is the job's cron as it stands in the file, so that a fault can point into it.
    """
    for pointer, text in cron_items(written):
        if not is_other_key(text):
            yield from _unaligned(
                replace(job.when, periodicity=None, cron=(text,)), granularity, pointer, job.identifier
            )
    if job.when.periodicity is not None:
        intervals = (pointer for pointer, text in cron_items(written) if is_interval(text))
        place = next(intervals, ("periodicity",))
        yield from _unaligned(replace(job.when, cron=()), granularity, place, job.identifier)
    yield from _out_of_bounds(job.when)


def _unaligned(when: When, granularity: Granularity, pointer: Pointer, seed: str) -> Iterator[Problem]:
    """Yield the fault of a cron expression that cannot be read, or of a schedule with instants between the ticks."""
    try:
        check_alignment(when, granularity, seed=seed)
    except InvalidValueError as error:
        yield Problem(pointer=pointer, message=str(error))


def _out_of_bounds(when: When) -> Iterator[Problem]:
    """Yield dates that leave nothing to run."""
    if when.start_at is not None and when.end_at is not None and when.end_at < when.start_at:
        message = f"the job ends before it starts, at {iso(when.start_at)}; accepted: the start_date or later"
        yield Problem(pointer=("end_date",), message=message)
    elif when.run_at is not None and when.start_at is not None and when.run_at < when.start_at:
        message = f"{iso(when.run_at)} is before the start_date, {iso(when.start_at)}; accepted: that moment or later"
        yield Problem(pointer=("run_at",), message=message)
    elif when.run_at is not None and when.end_at is not None and when.run_at > when.end_at:
        message = f"{iso(when.run_at)} is after the end_date, {iso(when.end_at)}; accepted: that moment or earlier"
        yield Problem(pointer=("run_at",), message=message)
