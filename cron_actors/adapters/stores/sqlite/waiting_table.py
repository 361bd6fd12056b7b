"""Runs that wait: for a worker, for an instant, for the end of another run."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import RUN_COLUMNS, micros, moment_or_none, run_of
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.model.run import Reason, Run, RunState

WAITING = (
    f"SELECT {RUN_COLUMNS} FROM run WHERE state = 'scheduled' AND job = ? AND reason = '{Reason.WAITING}'"
    " ORDER BY due_at, run_id LIMIT ?"
)
WAITING_JOBS = f"SELECT DISTINCT job FROM run WHERE state = 'scheduled' AND reason = '{Reason.WAITING}'"
PENDING = (
    f"SELECT {RUN_COLUMNS} FROM run WHERE finished_at IS NULL AND state IN ('scheduled', 'available', 'retryable')"
    " AND job = ? ORDER BY due_at, run_id"
)
_RELEASE = (
    "UPDATE run SET state = 'available', reason = NULL, scheduled_at = NULL WHERE run_id = ? AND state = 'scheduled'"
    f" RETURNING {RUN_COLUMNS}"
)
_WITHHOLD = (
    f"UPDATE run SET state = 'scheduled', reason = '{Reason.WAITING}', scheduled_at = NULL"
    f" WHERE run_id = ? AND state = 'available' RETURNING {RUN_COLUMNS}"
)
# The planner would rather take the runs of a state, of which there may be any number.
_DELAYED = "run INDEXED BY run_delayed WHERE scheduled_at IS NOT NULL AND state IN ('scheduled', 'retryable')"
NEXT_SCHEDULED = f"SELECT min(scheduled_at) FROM {_DELAYED}"
RIPE = f"SELECT {RUN_COLUMNS} FROM {_DELAYED} AND scheduled_at <= ? ORDER BY scheduled_at, run_id LIMIT ?"
_PROMOTE = "UPDATE run SET state = 'available', reason = NULL, scheduled_at = NULL WHERE run_id = ?"
# Jumps from one queue to the next in an index instead of reading every entry, and counts no further than is asked.
NEXT_QUEUE = "SELECT min(queue) FROM run WHERE state = 'available' AND queue > ?"
COUNT_AVAILABLE = "SELECT count(*) FROM (SELECT 1 FROM run WHERE state = 'available' AND queue = ? LIMIT ?)"
_WAITS = "state IN ('scheduled', 'retryable') AND state = ?"
NEXT_WAITING_QUEUE = f"SELECT min(queue) FROM run WHERE {_WAITS} AND queue > ?"
COUNT_WAITING = f"SELECT count(*) FROM (SELECT 1 FROM run WHERE {_WAITS} AND queue = ? LIMIT ?)"
COUNT_HELD = "SELECT queue, state, count(*) FROM run WHERE state IN ('executing', 'launched') GROUP BY state, queue"


class WaitingTable(Table):
    """The table ``run``, for what is not over and nobody holds."""

    def waiting(self, job: str, limit: int | None = None) -> list[Run]:
        """Return the runs of the job that wait for the end of another, oldest first."""
        return [run_of(row) for row in self._all(WAITING, job, -1 if limit is None else limit)]

    def waiting_jobs(self) -> set[str]:
        """Return the jobs of which a run waits for the end of another."""
        return {row[0] for row in self._all(WAITING_JOBS)}

    def release(self, run_id: int) -> Run | None:
        """Put a scheduled run into the line of its queue; None if it is not scheduled."""
        row = self._one(_RELEASE, run_id)
        return None if row is None else run_of(row)

    def withhold(self, run_id: int) -> Run | None:
        """Take an available run out of the line of its queue until another one ends; None if it is not available."""
        row = self._one(_WITHHOLD, run_id)
        return None if row is None else run_of(row)

    def pending(self, job: str) -> list[Run]:
        """Return the job's runs that wait for their first or next attempt, oldest first."""
        return [run_of(row) for row in self._all(PENDING, job)]

    def promote(self, until: datetime, limit: int) -> list[Run]:
        """Put what waits for an instant up to ``until`` into the line of its queue, earliest first.

        A run that was tried still tells how its last attempt ended.
        """
        runs = [
            replace(run_of(row), state=RunState.AVAILABLE, reason=None, scheduled_at=None)
            for row in self._all(RIPE, micros(until), limit)
        ]
        self._do_each(_PROMOTE, [(run.run_id,) for run in runs])
        return runs

    def next_scheduled(self) -> datetime | None:
        """Return the earliest instant that any run waits for."""
        row = self._one(NEXT_SCHEDULED)
        return None if row is None else moment_or_none(row[0])

    def backlog(self, limit: int) -> Mapping[str, int]:
        """Count the available runs of each queue that has any, up to ``limit``."""
        return {queue: self._count(COUNT_AVAILABLE, queue, limit) for queue in self._queues(NEXT_QUEUE)}

    def in_queue(self, limit: int) -> Mapping[str, Mapping[RunState, int]]:
        """Count by queue the runs in each state that is not final, each up to ``limit``; zeros are left out."""
        counts: dict[str, dict[RunState, int]] = {
            queue: {RunState.AVAILABLE: number} for queue, number in self.backlog(limit).items()
        }
        for state in (RunState.SCHEDULED, RunState.RETRYABLE):
            for queue in self._queues(NEXT_WAITING_QUEUE, state):
                counts.setdefault(queue, {})[state] = self._count(COUNT_WAITING, state, queue, limit)
        for queue, state, number in self._all(COUNT_HELD):
            counts.setdefault(queue, {})[RunState(state)] = min(number, limit)
        return counts

    def _queues(self, following: str, *parameters: object) -> Iterator[str]:
        queue = ""
        while (row := self._one(following, *parameters, queue)) is not None and row[0] is not None:
            queue = row[0]
            yield queue

    def _count(self, statement: str, *parameters: object) -> int:
        row = self._one(statement, *parameters)
        return 0 if row is None else int(row[0])
