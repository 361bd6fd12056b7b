"""The database file brought to life: created, migrated, in the mode that the store relies on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cron_actors.adapters.stores.sqlite.connection import VISITOR_PATIENCE, Session, connect
from cron_actors.adapters.stores.sqlite.location import check_kind, check_location, companions, create_file
from cron_actors.adapters.stores.sqlite.lock import creation_lock
from cron_actors.adapters.stores.sqlite.migrations import (
    Migration,
    check_version,
    migrate,
    shipped_migrations,
    version_of,
)
from cron_actors.errors import StartError

OLDEST_SQLITE = (3, 37, 0)
"""The first SQLite with strict tables."""

CHECKPOINT_PAGES = 4_000
"""Pages of 4 kB in the write-ahead log after which they are copied into the database: with the usual 1,000 a herd of
1,000 runs, which needs about as many, would wait for that more often than not."""

LOG_BYTES = (CHECKPOINT_PAGES + 300) * (4096 + 24) + 32
"""How long the write-ahead log becomes: it is copied after the commit that exceeds the limit, and has two kinds of
headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Which database: the absolute path of its file, None for one in memory, and how it is written.

    With ``synchronous`` FULL what is committed survives a power cut; with NORMAL the last moments before it may not.
    """

    path: Path | None
    synchronous: str = "FULL"
    migrations: tuple[Migration, ...] = field(default_factory=shipped_migrations)

    def for_writing(self) -> Session:
        """Open for writing; create and migrate as needed. StartError says in one line why that cannot be."""
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StartError(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed")
        with start_errors(self.path):
            if self.path is None:
                return self._opened("rw", self._prepare)
            check_location(self.path)
            create_file(self.path)
            with creation_lock(self.path):
                return self._opened("rw", self._prepare)

    def for_requests(self) -> Session:
        """Open for writing as a visitor: what is not there is created, but what is older is left to its daemon."""
        with start_errors(self.path):
            if self.path is None or not _is_there(self.path):
                return self.for_writing()
            check_location(self.path)
            return _if_made(self._opened("rw", self._check)) or self.for_writing()

    def for_reading(self) -> Session | None:
        """Open for queries only; None where there is no database yet. Nothing is created or migrated.

        Where no file can be made beside the database and no log is left over, it is read as one that nobody changes.
        """
        with start_errors(self.path):
            if self.path is None or not _is_there(self.path):
                return None
            try:
                session = self._opened("ro", self._check)
            except sqlite3.OperationalError:
                if any(file.exists() for file in companions(self.path)):
                    raise
                session = self._opened("ro&immutable=1", self._check)
            return _if_made(session)

    def _opened(self, mode: str, prepare: Callable[[sqlite3.Connection], None]) -> Session:
        connection = connect(self.path, mode=mode, patience=VISITOR_PATIENCE)
        try:
            prepare(connection)
            connection.execute(f"PRAGMA synchronous = {self.synchronous}")
            connection.execute(f"PRAGMA query_only = {mode != 'rw':d}")
        except BaseException:
            connection.close()
            raise
        return Session(connection, self.path)

    def _check(self, connection: sqlite3.Connection) -> None:
        if version_of(connection):
            check_version(connection, self.path, self.migrations[-1].number)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if self.path is not None:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise StartError(f"DATABASE_URL: the file system of {self.path} does not allow a write-ahead log")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        migrate(connection, self.path, self.migrations)


def _is_there(path: Path) -> bool:
    check_kind(path)
    return path.exists()


def _if_made(session: Session) -> Session | None:
    """Return the session, but None if what it opened has still to be made into our database."""
    if version_of(session.connection):
        return session
    session.close()
    return None


@contextmanager
def start_errors(path: Path | None) -> Iterator[None]:
    """Turn what goes wrong while a database is opened into one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise StartError(f"DATABASE_URL: {path} is not an SQLite database; give another path") from error
        raise StartError(f"DATABASE_URL: cannot open {path}: {error}") from error
    except OSError as error:
        raise StartError(f"DATABASE_URL: cannot open {path}: {error.strerror}") from error
