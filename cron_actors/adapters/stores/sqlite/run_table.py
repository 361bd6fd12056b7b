"""Runs that nobody holds: written, looked up, finished without an attempt."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import (
    RUN_COLUMNS,
    json_list,
    json_or_none,
    micros,
    micros_or_none,
    run_of,
    storable,
)
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.core.moments import iso
from cron_actors.model.run import Account, Cause, NewRun, Run, RunState

_INSERT = (
    "INSERT INTO run (job, key, due_at, last_due_at, cause, state, reason, queue, priority, definition, finished_at,"
    " exempt, args, request_id) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    f" ON CONFLICT (job, key) WHERE key IS NOT NULL DO NOTHING RETURNING {RUN_COLUMNS}"
)
_INSERT_ACCOUNT = (
    "INSERT INTO run (job, key, due_at, last_due_at, count, cause, state, reason, queue, priority, definition,"
    " finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 0, '', ?)"
    f" ON CONFLICT (job, key) WHERE key IS NOT NULL DO NOTHING RETURNING {RUN_COLUMNS}"
)
OCCUPIED = (
    "SELECT job, count(*) FROM run WHERE finished_at IS NULL AND state IN ('available', 'executing', 'launched')"
    " AND job IN (SELECT value FROM json_each(?)) GROUP BY job"
)
PENDING = (
    f"SELECT {RUN_COLUMNS} FROM run WHERE finished_at IS NULL AND state IN ('scheduled', 'available', 'retryable')"
    " AND job = ? ORDER BY due_at, run_id"
)
# A held run is ended by its holder alone, with the token.
_FINISH = (
    "UPDATE run SET state = ?1, reason = ?2, finished_at = ?3"
    " WHERE run_id = ?4 AND state = ?5 AND state NOT IN ('executing', 'launched')"
    f" RETURNING {RUN_COLUMNS}"
)
COUNTS = (
    "SELECT state, sum(count) FROM run WHERE finished_at IS NOT NULL GROUP BY state"
    " UNION ALL SELECT state, count(*) FROM run WHERE finished_at IS NULL GROUP BY state"
)


class RunTable(Table):
    """The table ``run``, but for what concerns attempts."""

    def insert_runs(self, runs: Sequence[NewRun]) -> list[Run | None]:
        """Write the runs in their order; None in the place of one whose (job, key) exists."""
        return [self._insert(run) for run in runs]

    def _insert(self, run: NewRun) -> Run | None:
        row = self._one(
            _INSERT,
            run.job,
            run.key,
            micros(run.due_at),
            run.cause,
            run.state,
            run.reason,
            run.queue,
            run.priority,
            run.definition,
            micros_or_none(run.finished_at),
            run.exempt,
            json_or_none(run.args),
            run.request_id,
        )
        return None if row is None else run_of(row)

    def insert_accounts(self, accounts: Sequence[Account]) -> list[Run]:
        """Write each stretch as one run; a stretch whose first instant has a run or an account already is left out.

        Such a run has neither a queue nor a definition: nothing will be executed.
        """
        rows = (self._insert_account(account) for account in accounts)
        return [run_of(row) for row in rows if row is not None]

    def _insert_account(self, account: Account) -> tuple[object, ...] | None:
        return self._one(
            _INSERT_ACCOUNT,
            account.job,
            iso(account.first_due_at),
            micros(account.first_due_at),
            micros(account.last_due_at),
            account.count,
            Cause.SCHEDULE,
            account.state,
            account.reason,
            micros(account.recorded_at),
        )

    def occupied(self, jobs: Iterable[str]) -> Mapping[str, int]:
        """Count the available, executing and launched runs of these jobs; jobs with none are left out."""
        return dict(self._all(OCCUPIED, json_list(sorted(set(jobs)))))

    def pending(self, job: str) -> list[Run]:
        """Return the job's runs that wait for their first or next attempt, oldest first."""
        return [run_of(row) for row in self._all(PENDING, job)]

    def set_log(self, logs: Mapping[int, str]) -> None:
        """Note the absolute paths of the log files, by run id."""
        self._do_each(
            "UPDATE run SET log = ? WHERE run_id = ?", ((storable(path), run_id) for run_id, path in logs.items())
        )

    def finish(self, run_id: int, expected: RunState, state: RunState, reason: str | None, at: datetime) -> Run | None:
        """Move a run that nobody holds to a final state; None if it was not in ``expected`` or is held."""
        row = self._one(_FINISH, state, reason, micros(at), run_id, expected)
        return None if row is None else run_of(row)

    def request_cancel(self, run_id: int) -> None:
        """Note that somebody asked to cancel the run."""
        self._do("UPDATE run SET cancel_requested = 1 WHERE run_id = ?", run_id)

    def run(self, run_id: int) -> Run | None:
        """Return the run, None if there is none."""
        row = self._one(f"SELECT {RUN_COLUMNS} FROM run WHERE run_id = ?", run_id)
        return None if row is None else run_of(row)

    def backlog(self, queue: str) -> int:
        """Count the available runs of the queue."""
        row = self._one("SELECT count(*) FROM run WHERE state = 'available' AND queue = ?", queue)
        return 0 if row is None else int(row[0])

    def counts(self) -> Mapping[RunState, int]:
        """Count the runs by state; an account counts as many times as it has instants."""
        return {RunState(state): count for state, count in self._all(COUNTS)}
