"""The deletion of history: by age, and by how many runs a job keeps."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import json_list, micros
from cron_actors.adapters.stores.sqlite.table import Table

# What a boot owed stays: after its row nothing would tell that it was run, and a machine may be up for years.
_LASTING = "(key IS NULL OR key NOT LIKE 'boot:%')"
OLD = f"SELECT run_id FROM run WHERE finished_at < ? AND {_LASTING} ORDER BY finished_at LIMIT ?"
# Jumps from one name to the next in the index instead of reading every entry.
NEXT_JOB = "SELECT min(job) FROM run WHERE job > ?"
EXCESS = (
    f"SELECT run_id FROM run WHERE job = ? AND finished_at IS NOT NULL AND {_LASTING}"
    " ORDER BY last_due_at DESC, run_id DESC LIMIT ? OFFSET ?"
)
_DELETE_REQUESTS = "DELETE FROM request WHERE run_id IN (SELECT value FROM json_each(?))"
_DELETE_RUNS = "DELETE FROM run WHERE run_id IN (SELECT value FROM json_each(?))"
# Requests that were refused have no run to go with.
_DELETE_REFUSALS = (
    "DELETE FROM request WHERE request_id IN"
    " (SELECT request_id FROM request WHERE handled_at < ? AND run_id IS NULL LIMIT ?)"
)


class Pruning(Table):
    """Deletes finished runs with their attempts and requests; statistics are never touched."""

    def prune(self, before: datetime, keep: int | None = None, limit: int = 5000) -> int:
        """Delete at most ``limit`` runs that ended before ``before`` or, per job, beyond the newest ``keep``.

        Return how many went: fewer than ``limit`` means that nothing is left to delete.
        """
        doomed = [row[0] for row in self._all(OLD, micros(before), limit)]
        gone = self._delete(doomed)
        if keep is not None:
            for job in self._jobs():
                if gone >= limit:
                    break
                gone += self._delete([row[0] for row in self._all(EXCESS, job, limit - gone, keep)])
        self._do(_DELETE_REFUSALS, micros(before), limit)
        return gone

    def _jobs(self) -> Iterator[str]:
        job = ""
        while (row := self._one(NEXT_JOB, job)) is not None and row[0] is not None:
            job = row[0]
            yield job

    def _delete(self, run_ids: list[int]) -> int:
        if run_ids:
            doomed = json_list(run_ids)
            self._do(_DELETE_REQUESTS, doomed)
            self._do(_DELETE_RUNS, doomed)
        return len(run_ids)
