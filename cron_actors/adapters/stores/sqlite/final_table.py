"""Runs that are over, or made to be: finished without an attempt, tried once more, put away."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import RUN_COLUMNS, micros, run_of, storable
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.model.run import Reason, Run, RunState

NEWEST_TRIED = (
    f"SELECT {RUN_COLUMNS} FROM run WHERE job = ? AND attempt > 0 ORDER BY last_due_at DESC, run_id DESC LIMIT 1"
)
_DEAD = "state = 'discarded' AND dismissed_at IS NULL"
_AGAIN = (
    "UPDATE run SET state = 'available', reason = ?1, {}, finished_at = NULL, deaths = 0, duration = NULL,"
    " outcome = NULL, exit_code = NULL, error = NULL, started_at = NULL, node = NULL, lease_token = NULL,"
    " cancel_requested = 0, result = NULL, dismissed_at = NULL, dismissed_by = NULL, scheduled_at = NULL"
    f" WHERE run_id = ?3 AND state = 'discarded' RETURNING {RUN_COLUMNS}"
)
_REVIVE = _AGAIN.format("definition = ?2")
_RETRY = _AGAIN.format("max_attempts = ?2")
_DISMISS = f"UPDATE run SET dismissed_at = ?, dismissed_by = ? WHERE run_id = ? AND {_DEAD}"
# A held run is ended by its holder alone, with the token.
_FINISH = (
    "UPDATE run SET state = ?1, reason = ?2, finished_at = ?3"
    " WHERE run_id = ?4 AND state = ?5 AND state NOT IN ('executing', 'launched')"
    f" RETURNING {RUN_COLUMNS}"
)


class FinalTable(Table):
    """The table ``run``, for what is over and what leads there without an attempt."""

    def finish(self, run_id: int, expected: RunState, state: RunState, reason: str | None, at: datetime) -> Run | None:
        """Move a run that nobody holds to a final state; None if it was not in ``expected`` or is held."""
        return self._run(_FINISH, state, reason, micros(at), run_id, expected)

    def newest_tried(self, job: str) -> Run | None:
        """Return the run of the job with the latest due instant of all that were attempted, None if none was."""
        return self._run(NEWEST_TRIED, job)

    def revive(self, run_id: int, definition: str) -> Run | None:
        """Make a discarded run available again, under this definition; None if it was not discarded."""
        return self._run(_REVIVE, Reason.REVIVED, definition, run_id)

    def retry(self, run_id: int, max_attempts: int) -> Run | None:
        """Make a discarded run available again, to be tried so often altogether; None if it was not discarded."""
        return self._run(_RETRY, Reason.RETRIED, max_attempts, run_id)

    def dismiss(self, run_id: int, at: datetime, by: str) -> bool:
        """Put a dead letter away; False if the run is not discarded or was put away before."""
        return self._do(_DISMISS, micros(at), storable(by), run_id) == 1

    def _run(self, statement: str, *parameters: object) -> Run | None:
        row = self._one(statement, *parameters)
        return None if row is None else run_of(row)
