"""Jobs, their cursors and their definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cron_actors.adapters.stores.sqlite.rows import job_of, json_list, micros, micros_or_none, pause_of, storable
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.core.definition_keys import definition_key
from cron_actors.model.records import CursorMove, JobRecord, Pause

_PUT = "INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_PAUSE = "INSERT OR REPLACE INTO pause VALUES (?, ?, ?, ?)"
PAUSES_OF = "SELECT paused_at, paused_by, until_at FROM pause WHERE job = ? ORDER BY paused_at"
# Those that are over and accounted for are history.
_PAUSES = (
    "SELECT pause.job, paused_at, paused_by, until_at FROM pause JOIN job ON job.identifier = pause.job"
    " WHERE (until_at IS NULL OR until_at > coalesce(cursor_at, 0)) {}ORDER BY paused_at"
)
_PAUSES_AHEAD = _PAUSES.format("")
_PAUSES_AHEAD_OF = _PAUSES.format("AND pause.job = ? ")
# A move from before the present cursor (a clock set back, a late message) says nothing new, about what follows neither.
_MOVE = "UPDATE job SET cursor_at = ?1, next_due_at = ?2 WHERE identifier = ?3 AND coalesce(cursor_at, ?1) <= ?1"


class JobTable(Table):
    """The tables ``job`` and ``definition``."""

    def jobs(self) -> list[JobRecord]:
        """Return every job ever seen, by identifier."""
        pauses: dict[str, tuple[Pause, ...]] = {}
        for job, *row in self._all(_PAUSES_AHEAD):
            pauses[job] = (*pauses.get(job, ()), pause_of(tuple(row)))
        return [job_of(row, pauses.get(row[0], ())) for row in self._all("SELECT * FROM job ORDER BY identifier")]

    def job(self, identifier: str) -> JobRecord | None:
        """Return the job's row with the pauses that may still concern it, None if there is none."""
        row = self._one("SELECT * FROM job WHERE identifier = ?", identifier)
        if row is None:
            return None
        return job_of(row, tuple(pause_of(tuple(pause)) for _, *pause in self._all(_PAUSES_AHEAD_OF, identifier)))

    def put_pause(self, job: str, pause: Pause) -> None:
        """Insert the pause, or give the one that began then another end."""
        self._do(_PUT_PAUSE, job, micros(pause.paused_at), storable(pause.paused_by), micros_or_none(pause.until_at))

    def pauses(self, job: str) -> list[Pause]:
        """Return every pause of the job, oldest first."""
        return [pause_of(row) for row in self._all(PAUSES_OF, job)]

    def put_job(self, record: JobRecord) -> None:
        """Insert or replace the row, its cursor included, without its pauses."""
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
        key = definition_key(text)
        self._do("INSERT OR IGNORE INTO definition VALUES (?, ?)", key, text)
        return key

    def definitions(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return the known ones of these definitions by key."""
        wanted = json_list(sorted(set(keys)))
        return dict(self._all("SELECT key, text FROM definition WHERE key IN (SELECT value FROM json_each(?))", wanted))

    def move_cursors(self, moves: Sequence[CursorMove]) -> None:
        """Set cursors and next due instants, but never a cursor back."""
        self._do_each(_MOVE, [(micros(move.cursor_at), micros_or_none(move.next_due_at), move.job) for move in moves])
