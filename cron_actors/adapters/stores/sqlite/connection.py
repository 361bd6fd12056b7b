"""One connection to the database, shared by threads one at a time, whose errors are the project's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from cron_actors.adapters.doorbell import ring
from cron_actors.errors import StoreBusyError, StoreError

WRITER_PATIENCE = 1000
"""Milliseconds the daemon waits for another process's lock before it keeps its batch and says so."""
VISITOR_PATIENCE = 5000
"""Milliseconds that other processes wait, and the daemon while it starts."""

CLOSE_WITHIN = 5.0
"""Seconds that a transaction under way may take when the database is closed."""

# Codes after which the same statement may succeed later: another writer, a full or failing disk, a disk that was
# remounted read-only, no file descriptor left, no memory left.
_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_PRIMARY = 0xFF


def connect(path: Path | None, *, mode: str, patience: int) -> sqlite3.Connection:
    """Open the existing database in this URI mode (``ro``, ``rw``), or one in memory where there is no path.

    Nothing is created. Transactions are begun by hand. ``patience`` is in milliseconds.
    """
    name = ":memory:" if path is None else f"file:{quote(bytes(path))}?mode={mode}"
    connection = sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)
    set_patience(connection, patience)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def set_patience(connection: sqlite3.Connection, patience: int) -> None:
    """Wait this many milliseconds for a lock from now on."""
    connection.execute(f"PRAGMA busy_timeout = {patience:d}")


class OwnErrors:
    """Turns what sqlite3 raises into StoreBusyError where trying again later can help, else into StoreError."""

    # Entered with every transaction, like OwnTransaction: a generator takes several times as long.
    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", None)
            if code is not None and code & _PRIMARY in _PASSING:
                raise StoreBusyError(f"the database cannot be used for now: {error}") from error
            raise StoreError(f"the database refused: {error}") from error
        if isinstance(error, OverflowError | UnicodeEncodeError):
            raise StoreError(f"the database cannot hold this value: {error}") from error


class Session:
    """A connection and the lock that lets several threads, readers among them, use it in turn.

    ``posted`` counts what was left for the daemon over this very connection: SQLite does not call that a change made
    elsewhere. ``database`` is the file, None for a database in memory.
    """

    def __init__(self, connection: sqlite3.Connection, database: Path | None = None) -> None:
        self.connection = connection
        self.posted = 0
        self._database = database
        self._lock = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for queries."""
        with self._lock, OwnErrors():
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection inside a transaction: committed when the block ends, rolled back when it raises."""
        with self._lock, OwnErrors(), OwnTransaction(self.connection):
            yield self.connection

    def announce(self) -> None:
        """Let the daemon know that something was left for it, now that it is committed; neither waits nor fails."""
        self.posted += 1
        if self._database is not None:
            ring(self._database)

    def close(self) -> None:
        """Close the connection, unless somebody who hangs still uses it: then the end of the process closes it."""
        if self._lock.acquire(timeout=CLOSE_WITHIN):
            try:
                self.connection.close()
            finally:
                self._lock.release()


class OwnTransaction:
    """Begins a transaction with the right to write, so that it never has to ask for it half-way; ends in any case."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._roll_back()
            return
        try:
            self._connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # A failed commit leaves the transaction open, a full disk may have ended it already.
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
