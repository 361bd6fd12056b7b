"""Runs: written, looked up, counted."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cron_actors.adapters.stores.sqlite.insertion import insert, last_run_id
from cron_actors.adapters.stores.sqlite.rows import (
    RUN_COLUMNS,
    json_list,
    micros,
    run_of,
)
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.core.moments import iso
from cron_actors.model.run import Account, Cause, NewRun, Run, RunState

_INSERT_ACCOUNT = (
    "INSERT INTO run (job, key, due_at, last_due_at, count, cause, state, reason, queue, priority, definition,"
    " finished_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', 0, ?9, ?10)"
    f" ON CONFLICT (job, key) WHERE key IS NOT NULL DO NOTHING RETURNING {RUN_COLUMNS}"
)
# What goes on where the row before it ends, for the same reason and by the same schedule, is no row of its own. Runs of
# later instants may have been written already: those of the same window are.
_EXTEND = (
    "UPDATE run SET last_due_at = ?4, count = count + ?5, finished_at = ?10 WHERE run_id ="
    " (SELECT run_id FROM run WHERE job = ?1 AND last_due_at < ?3 ORDER BY last_due_at DESC, run_id DESC LIMIT 1)"
    " AND cause = ?6 AND state = ?7 AND reason = ?8 AND queue = '' AND definition = ?9"
    " AND NOT EXISTS (SELECT 1 FROM run WHERE job = ?1 AND last_due_at >= ?3 AND due_at <= ?4)"
    f" RETURNING {RUN_COLUMNS}"
)
OCCUPANTS = (
    "SELECT job, run_id, state FROM run WHERE finished_at IS NULL AND state IN ('available', 'executing', 'launched')"
    " AND job IN (SELECT value FROM json_each(?)) ORDER BY run_id"
)
ARRIVALS = f"SELECT {RUN_COLUMNS} FROM run WHERE run_id > ? AND cause = '{Cause.SUBMITTED}' ORDER BY run_id LIMIT ?"
RECORDED = "SELECT key FROM run WHERE job = ? AND key IN (SELECT value FROM json_each(?))"
# Each state that is not final has an index that holds its runs and no others.
COUNTS = (
    "SELECT state, sum(count) FROM run WHERE finished_at IS NOT NULL GROUP BY state"
    " UNION ALL SELECT 'available', count(*) FROM run WHERE state = 'available'"
    " UNION ALL SELECT state, count(*) FROM run WHERE state IN ('executing', 'launched') GROUP BY state"
    " UNION ALL SELECT state, count(*) FROM run WHERE state IN ('scheduled', 'retryable') GROUP BY state"
)


def _inserted(run: NewRun, run_id: int) -> Run:
    return Run(
        run_id=run_id,
        job=run.job,
        due_at=run.due_at,
        last_due_at=run.due_at,
        count=1,
        cause=run.cause,
        state=run.state,
        reason=run.reason,
        queue=run.queue,
        priority=run.priority,
        definition=run.definition,
        finished_at=run.finished_at,
        exempt=run.exempt,
        args=run.args,
        scheduled_at=run.scheduled_at,
        max_attempts=run.max_attempts,
        unique_key=run.unique_key,
        inserted_at=run.inserted_at,
        cause_run_id=run.cause_run_id,
    )


class RunTable(Table):
    """The table ``run``, but for what concerns attempts."""

    def insert_runs(self, runs: Sequence[NewRun]) -> list[Run | None]:
        """Write the runs in their order; None in the place of one whose (job, key) exists."""
        ids = insert(self._connection, runs)
        return [None if number is None else _inserted(run, number) for run, number in zip(runs, ids, strict=True)]

    def insert_accounts(self, accounts: Sequence[Account]) -> list[Run]:
        """Write each stretch as one run; a stretch whose first instant has a run or an account already is left out.

        Such a run has no queue: nothing will be executed.
        """
        return [run for account in accounts for run in self._write_account(account)]

    def _write_account(self, account: Account) -> list[Run]:
        values = (
            account.job,
            iso(account.first_due_at),
            micros(account.first_due_at),
            micros(account.last_due_at),
            account.count,
            Cause.SCHEDULE,
            account.state,
            account.reason,
            account.definition,
            micros(account.recorded_at),
        )
        row = self._one(_EXTEND, *values) or self._one(_INSERT_ACCOUNT, *values)
        if row is None:
            return []
        return [replace(run_of(row), due_at=account.first_due_at, last_due_at=account.last_due_at, count=account.count)]

    def occupants(self, jobs: Iterable[str]) -> Mapping[str, Mapping[int, RunState]]:
        """Return by job its available, executing and launched runs, by id; jobs with none are left out."""
        found: dict[str, dict[int, RunState]] = {}
        for job, run_id, state in self._all(OCCUPANTS, json_list(sorted(set(jobs)))):
            found.setdefault(job, {})[run_id] = RunState(state)
        return found

    def recorded(self, job: str, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that a run or an account of the job has already."""
        return {row[0] for row in self._all(RECORDED, job, json_list(sorted(set(keys))))}

    def request_cancel(self, run_id: int, reason: str | None = None) -> None:
        """Note that the run is to be cancelled, and why if a reason is given."""
        self._do("UPDATE run SET cancel_requested = 1, reason = coalesce(?, reason) WHERE run_id = ?", reason, run_id)

    def run(self, run_id: int) -> Run | None:
        """Return the run, None if there is none."""
        row = self._one(f"SELECT {RUN_COLUMNS} FROM run WHERE run_id = ?", run_id)
        return None if row is None else run_of(row)

    def arrivals(self, after: int, limit: int) -> list[Run]:
        """Return the submitted runs with an id greater than ``after``, by id, at most ``limit``."""
        return [run_of(row) for row in self._all(ARRIVALS, after, limit)]

    def last_run_id(self) -> int:
        """Return the greatest id that any run has had, 0 if there was none."""
        return last_run_id(self._connection)

    def counts(self) -> Mapping[RunState, int]:
        """Count the runs by state; an account counts as many times as it has instants."""
        return {RunState(state): count for state, count in self._all(COUNTS) if count}
