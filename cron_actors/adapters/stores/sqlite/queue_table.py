"""Queues: what was declared and changed of them, and when attempts of their runs began."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import Row, micros, micros_or_none, moment_of, moment_or_none, storable
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.model.queue import QueueRecord

_PUT = "INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SHARE = "UPDATE queue SET share = ? WHERE name = ? AND share <> ?1"
# In the order in which they began, newest first, which needs no index of its own: they are read no further than needed.
BEGUN = (
    "SELECT attempt.started_at, run.queue FROM attempt JOIN run USING (run_id) WHERE attempt.counted"
    " ORDER BY attempt.attempt_id DESC"
)


class QueueTable(Table):
    """The table ``queue``."""

    def queues(self) -> list[QueueRecord]:
        """Return every queue ever declared, by name."""
        return [_queue_of(row) for row in self._all("SELECT * FROM queue ORDER BY name")]

    def put_queue(self, record: QueueRecord) -> None:
        """Insert or replace the row of the queue."""
        self._do(
            _PUT,
            record.name,
            record.source,
            record.declared,
            record.changes,
            micros_or_none(record.changed_at),
            storable(record.changed_by),
            micros_or_none(record.paused_at),
            storable(record.paused_by),
            micros_or_none(record.removed_at),
            record.share,
        )

    def put_shares(self, shares: Mapping[str, int]) -> None:
        """Note how many workers these queues were given."""
        self._do_each(_SHARE, [(share, name) for name, share in shares.items()])

    def begun_since(self, queue: str, since: datetime, limit: int) -> list[datetime]:
        """Return when the latest ``limit`` attempts of the queue began, those after ``since``, oldest first."""
        begun: list[int] = []
        earliest = micros(since)
        for started_at, name in self._connection.execute(BEGUN):
            if started_at <= earliest or len(begun) >= limit:
                break
            if name == queue:
                begun.append(started_at)
        return [moment_of(started_at) for started_at in sorted(begun)]


def _queue_of(row: Row) -> QueueRecord:
    name, source, declared, changes, changed_at, changed_by, paused_at, paused_by, removed_at, share = row
    return QueueRecord(
        name=name,
        source=source,
        declared=declared,
        changes=changes,
        changed_at=moment_or_none(changed_at),
        changed_by=changed_by,
        paused_at=moment_or_none(paused_at),
        paused_by=paused_by,
        removed_at=moment_or_none(removed_at),
        share=share,
    )
