"""The journal of events: the changes of each commit in one row, and how far its followers have come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cron_actors.adapters.stores.sqlite.changes import changes_of, text_of
from cron_actors.adapters.stores.sqlite.rows import Row
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.messages import RunChanged

_APPEND = "INSERT INTO event (changes) VALUES (?)"
AFTER = "SELECT sequence, changes FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?"
_LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
_FOLLOWED = "SELECT sequence FROM follower WHERE name = ?"
_FOLLOW = "INSERT OR REPLACE INTO follower VALUES (?, ?)"
# The newest stay, and so does what a follower has still to read.
_TRIM = "DELETE FROM event WHERE sequence <= min(?, (SELECT min(sequence) FROM follower))"


class EventTable(Table):
    """The tables ``event`` and ``follower``."""

    def journal(self, changes: Sequence[RunChanged]) -> None:
        """Append these changes, in their order, as one entry."""
        self._do(_APPEND, text_of(changes))

    def trim_journal(self, keep: int) -> None:
        """Delete all but the newest ``keep`` entries, except what a follower has still to read."""
        self._do(_TRIM, self.last_event() - keep)

    def events(self, after: int, limit: int = 1000) -> list[tuple[int, tuple[RunChanged, ...]]]:
        """Return the entries with a number greater than ``after``, oldest first, at most ``limit``."""
        return [(sequence, tuple(changes_of(text))) for sequence, text in self._all(AFTER, after, limit)]

    def last_event(self) -> int:
        """Return the number of the newest entry there ever was, 0 if there was none."""
        row = self._one(_LAST)
        return 0 if row is None else int(row[0])

    def _unread(self, follower: str) -> Iterator[Row]:
        """Yield number and text of the entries that the follower has still to read, oldest first."""
        return self._connection.execute(AFTER, (self._read(follower), -1))

    def _read(self, follower: str) -> int:
        row = self._one(_FOLLOWED, follower)
        return 0 if row is None else int(row[0])

    def _note_read(self, follower: str, sequence: int) -> None:
        self._do(_FOLLOW, follower, sequence)
