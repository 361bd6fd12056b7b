"""Jobs, their cursors and their definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from cron_actors.adapters.stores.sqlite.rows import job_of, json_list, micros, micros_or_none
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.model.records import CursorMove, JobRecord

_PUT = "INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
# A move from before the present cursor (a clock set back, a late message) says nothing new, about what follows neither.
_MOVE = "UPDATE job SET cursor_at = ?1, next_due_at = ?2 WHERE identifier = ?3 AND coalesce(cursor_at, ?1) <= ?1"


class JobTable(Table):
    """The tables ``job`` and ``definition``."""

    def jobs(self) -> list[JobRecord]:
        """Return every job ever seen, by identifier."""
        return [job_of(row) for row in self._all("SELECT * FROM job ORDER BY identifier")]

    def put_job(self, record: JobRecord) -> None:
        """Insert or replace the row, its cursor included."""
        self._do(
            _PUT,
            record.identifier,
            record.source,
            record.definition,
            micros(record.first_seen_at),
            micros(record.changed_at),
            micros_or_none(record.cursor_at),
            micros_or_none(record.next_due_at),
            micros_or_none(record.removed_at),
        )

    def put_definition(self, text: str) -> str:
        """Store the text if it is new; return its SHA-256 in hexadecimal."""
        key = hashlib.sha256(text.encode()).hexdigest()
        self._do("INSERT OR IGNORE INTO definition VALUES (?, ?)", key, text)
        return key

    def definitions(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return the known ones of these definitions by key."""
        wanted = json_list(sorted(set(keys)))
        return dict(self._all("SELECT key, text FROM definition WHERE key IN (SELECT value FROM json_each(?))", wanted))

    def move_cursors(self, moves: Sequence[CursorMove]) -> None:
        """Set cursors and next due instants, but never a cursor back."""
        self._do_each(_MOVE, ((micros(move.cursor_at), micros_or_none(move.next_due_at), move.job) for move in moves))
