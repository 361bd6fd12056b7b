"""Attempts: claimed, begun, settled; each fenced by the token of its claim."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
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
from cron_actors.ports.store import NameLog

CLAIMABLE = (
    f"SELECT {RUN_COLUMNS} FROM run WHERE state = 'available' AND queue = ?"
    " ORDER BY priority DESC, due_at, run_id LIMIT ?"
)
_CLAIM = (
    "UPDATE run SET state = 'executing', reason = NULL, attempt = ?, node = ?, lease_token = ?, started_at = ?, log = ?"
    " WHERE run_id = ?"
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
)
_END = (
    "UPDATE attempt SET finished_at = :at, counted = :counted, outcome = :outcome, exit_code = :exit_code,"
    " error = :error, output_tail = :output_tail, cpu_seconds = :cpu_seconds, peak_memory = :peak_memory,"
    " pid = ifnull(:pid, pid), start_time = ifnull(:start_time, start_time), boot_id = ifnull(:boot_id, boot_id)"
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


def _claimed(run: Run, node: str, at: datetime, log_of: NameLog) -> Run:
    return replace(
        run,
        state=RunState.EXECUTING,
        reason=None,
        attempt=run.attempt + 1,
        node=node,
        lease_token=secrets.token_hex(16),
        started_at=at,
        log=run.log or log_of(run.job, run.due_at, run.run_id),
    )


class AttemptTable(Table):
    """The table ``attempt``, and what attempts do to their runs."""

    def claim(self, queue: str, slots: int, node: str, at: datetime, log_of: NameLog) -> list[Run]:
        """Take up to ``slots`` available runs of the queue for the node, best first: priority, due instant, id."""
        runs = [_claimed(run_of(row), node, at, log_of) for row in self._all(CLAIMABLE, queue, slots)]
        started_at = micros(at)
        self._do_each(
            _CLAIM, ((run.attempt, node, run.lease_token, started_at, storable(run.log), run.run_id) for run in runs)
        )
        self._do_each(_BEGIN, ((run.run_id, run.attempt, run.lease_token, node, started_at) for run in runs))
        return runs

    def begin_attempts(self, begun: Sequence[tuple[AttemptKey, Identity]]) -> None:
        """Note the processes of attempts that are not over; an old token changes nothing."""
        self._do_each(_IDENTIFY, ((who.pid, who.start_time, who.boot_id, key.run_id, key.token) for key, who in begun))

    def settle(self, settlement: Settlement) -> bool:
        """End the attempt and move its run on; False, and no change, for a token that does not hold the run."""
        ending, key, identity = settlement.ending, settlement.key, settlement.identity
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
            "pid": None if identity is None else identity.pid,
            "start_time": None if identity is None else identity.start_time,
            "boot_id": None if identity is None else identity.boot_id,
        }
        if not self._connection.execute(_SETTLE, values).rowcount:
            return False
        self._connection.execute(_END, values)
        return True

    def held(self, excluding: str | None = None) -> list[tuple[Run, Attempt]]:
        """Return the held runs, but not those of the node ``excluding``, each with its present attempt."""
        rows = self._all(HELD, excluding)
        return [(run_of(row[:RUN_WIDTH]), attempt_of(row[RUN_WIDTH:])) for row in rows]

    def attempts(self, run_id: int) -> list[Attempt]:
        """Return every try of the run, uncounted ones included, oldest first."""
        return [attempt_of(row) for row in self._all(_ATTEMPTS, run_id)]
