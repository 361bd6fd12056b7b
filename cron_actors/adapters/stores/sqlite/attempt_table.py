"""Attempts: claimed, begun, settled; each fenced by the token of its claim."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import (
    ATTEMPT_COLUMNS,
    RUN_COLUMNS,
    RUN_WIDTH,
    attempt_of,
    micros,
    micros_of,
    micros_or_none,
    run_of,
    storable,
)
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.model.run import Attempt, AttemptKey, Identity, Run, RunState, Settlement

CLAIM = (
    "UPDATE run SET state = 'executing', reason = NULL, attempt = attempt + 1, node = ?1, started_at = ?2,"
    " lease_token = lower(hex(randomblob(16)))"
    " WHERE run_id IN (SELECT run_id FROM run WHERE state = 'available' AND queue = ?3"
    " ORDER BY priority DESC, due_at, run_id LIMIT ?4)"
    f" RETURNING {RUN_COLUMNS}"
)
_BEGIN = "INSERT INTO attempt (run_id, attempt, lease_token, node, started_at) VALUES (?, ?, ?, ?, ?)"
_IDENTIFY = (
    "UPDATE attempt SET pid = ?1, start_time = ?2, boot_id = ?3"
    " WHERE run_id = ?4 AND lease_token = ?5 AND finished_at IS NULL"
)
# One statement for the two ways on: into a final state, and back into the line as if the attempt were not there.
_SETTLE = (
    "UPDATE run SET state = :state, reason = :reason, finished_at = :finished_at, deaths = deaths + :deaths,"
    " attempt = attempt - iif(:counted, 0, 1), outcome = iif(:again, NULL, :outcome),"
    " duration = iif(:again, NULL, :duration),"
    " exit_code = iif(:again, NULL, :exit_code), error = iif(:again, NULL, :error),"
    " started_at = iif(:again, NULL, started_at), node = iif(:again, NULL, node),"
    " lease_token = iif(:again, NULL, lease_token)"
    " WHERE run_id = :run_id AND lease_token = :token AND state IN ('executing', 'launched')"
    f" RETURNING {RUN_COLUMNS}"
)
_END = (
    "UPDATE attempt SET finished_at = :at, counted = :counted, outcome = :outcome, exit_code = :exit_code,"
    " error = :error, output_tail = :output_tail, cpu_seconds = :cpu_seconds, peak_memory = :peak_memory"
    " WHERE run_id = :run_id AND lease_token = :token"
)
HELD = (
    f"SELECT {', '.join(f'run.{name}' for name in RUN_COLUMNS.split(', '))},"
    f" {', '.join(f'attempt.{name}' for name in ATTEMPT_COLUMNS.split(', '))}"
    " FROM run JOIN attempt ON attempt.run_id = run.run_id AND attempt.lease_token = run.lease_token"
    " WHERE run.finished_at IS NULL AND run.state IN ('executing', 'launched')"
    " AND (?1 IS NULL OR run.node <> ?1) ORDER BY run.run_id"
)
_ATTEMPTS = f"SELECT {ATTEMPT_COLUMNS} FROM attempt WHERE run_id = ? ORDER BY attempt_id"

# States in which the run is owed to nobody in particular: the next claim begins it afresh.
_AGAIN = frozenset({RunState.AVAILABLE})
_FINAL = frozenset({RunState.COMPLETED, RunState.DISCARDED, RunState.CANCELLED, RunState.SKIPPED, RunState.MISSED})


class AttemptTable(Table):
    """The table ``attempt``, and what attempts do to their runs."""

    def claim(self, queue: str, slots: int, node: str, at: datetime) -> list[Run]:
        """Take up to ``slots`` available runs of the queue for the node, best first: priority, due instant, id."""
        rows = self._all(CLAIM, node, micros(at), queue, slots)
        runs = sorted(map(run_of, rows), key=lambda run: (-run.priority, run.due_at, run.run_id))
        self._do_each(_BEGIN, ((run.run_id, run.attempt, run.lease_token, node, micros(at)) for run in runs))
        return runs

    def begin_attempts(self, begun: Sequence[tuple[AttemptKey, Identity]]) -> None:
        """Note the processes of attempts that are not over; an old token changes nothing."""
        self._do_each(_IDENTIFY, ((who.pid, who.start_time, who.boot_id, key.run_id, key.token) for key, who in begun))

    def settle(self, settlement: Settlement) -> Run | None:
        """End the attempt and move its run on; None, and no change, for a token that does not hold the run."""
        ending, key = settlement.ending, settlement.key
        values = {
            "run_id": key.run_id,
            "token": key.token,
            "state": settlement.state,
            "reason": settlement.reason,
            "at": micros(settlement.at),
            "finished_at": micros_or_none(settlement.at if settlement.state in _FINAL else None),
            "again": settlement.state in _AGAIN,
            "counted": settlement.counted,
            "deaths": settlement.deaths,
            "duration": micros_of(ending.duration),
            "outcome": ending.outcome,
            "exit_code": ending.exit_code,
            "error": storable(ending.error),
            "output_tail": storable(ending.output_tail),
            "cpu_seconds": ending.cpu_seconds,
            "peak_memory": ending.peak_memory,
        }
        row = self._connection.execute(_SETTLE, values).fetchone()
        if row is None:
            return None
        self._connection.execute(_END, values)
        return run_of(row)

    def held(self, excluding: str | None = None) -> list[tuple[Run, Attempt]]:
        """Return the held runs, but not those of the node ``excluding``, each with its present attempt."""
        rows = self._all(HELD, excluding)
        return [(run_of(row[:RUN_WIDTH]), attempt_of(row[RUN_WIDTH:])) for row in rows]

    def attempts(self, run_id: int) -> list[Attempt]:
        """Return every try of the run, uncounted ones included, oldest first."""
        return [attempt_of(row) for row in self._all(_ATTEMPTS, run_id)]
