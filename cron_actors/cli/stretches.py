"""The due instants of rows of the store, also where one row accounts for a whole stretch of instants."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from cron_actors.core.definitions import job_of
from cron_actors.core.schedule import Schedule
from cron_actors.errors import CronActorsError
from cron_actors.model.records import JobRecord
from cron_actors.model.run import Run
from cron_actors.ports.store import Reader

STEP = timedelta(microseconds=1)
CHUNK = 500  # instants computed at once when a stretch is walked backwards


@dataclass(frozen=True, slots=True)
class OwedInstant:
    """A due instant and the row that accounts for it; ``count`` is above 1 only if its instants cannot be told."""

    at: datetime
    run: Run
    count: int = 1


class Stretches:
    """Tells the instants of rows by the schedules that the store keeps; lives as long as one query."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._records: dict[str, JobRecord] = {record.identifier: record for record in reader.jobs()}
        self._schedules: dict[tuple[str, str], Schedule | None] = {}

    def newest(self, runs: Iterable[Run], since: datetime | None, limit: int | None) -> Iterator[OwedInstant]:
        """Yield the newest ``limit`` due instants of the rows, newest first, none before ``since``."""
        streams = [self._of(run, since) for run in runs]
        merged = heapq.merge(*streams, key=lambda owed: (owed.at, owed.run.run_id), reverse=True)
        return islice(merged, limit)

    def _of(self, run: Run, since: datetime | None) -> Iterator[OwedInstant]:
        schedule = self._schedule(run) if run.count > 1 else None
        if schedule is None:
            yield OwedInstant(run.due_at, run, run.count)
            return
        first = run.due_at if since is None else max(run.due_at, since)
        gap = (run.last_due_at - run.due_at) / (run.count - 1)
        for at in _backwards(schedule, first, run.last_due_at, gap * CHUNK):
            yield OwedInstant(at, run)

    def _schedule(self, run: Run) -> Schedule | None:
        """Return the schedule that the stretch was made by; None if what the store keeps does not name its ends."""
        record = self._records.get(run.job)
        if record is None:
            return None
        key = (run.job, run.definition or record.definition)
        if key not in self._schedules:
            self._schedules[key] = self._read(record, key[1])
        schedule = self._schedules[key]
        if schedule is None:
            return None
        fits = all(schedule.next_after(end - STEP) == end for end in (run.due_at, run.last_due_at))
        return schedule if fits else None

    def _read(self, record: JobRecord, definition: str) -> Schedule | None:
        text = self._reader.definitions([definition]).get(definition)
        if text is None:
            return None
        try:
            return Schedule.of(job_of(text).when, seed=record.identifier, changed_at=record.changed_at)
        except CronActorsError:
            return None  # written by a version that knew other things


def _backwards(schedule: Schedule, first: datetime, last: datetime, length: timedelta) -> Iterator[datetime]:
    """Yield the instants from ``last`` down to ``first``, computed forwards in pieces of ``length``."""
    upper = last
    while upper >= first:
        lower = max(first, upper - length)
        piece = []
        for at in schedule.after(lower - STEP):
            if at > upper:
                break
            piece.append(at)
        yield from reversed(piece)
        upper = lower - STEP
