"""The writer's side of the SQLite store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cron_actors.adapters.stores.sqlite.connection import WRITER_PATIENCE, Session, set_patience
from cron_actors.adapters.stores.sqlite.database import LOG_BYTES, Database, start_errors
from cron_actors.adapters.stores.sqlite.location import check_location, companions, create_file
from cron_actors.adapters.stores.sqlite.lock import DaemonLock, creation_lock, same_file
from cron_actors.adapters.stores.sqlite.log_file import lay_out
from cron_actors.adapters.stores.sqlite.mailbox import SqliteMailbox
from cron_actors.adapters.stores.sqlite.reader import SqliteReader
from cron_actors.adapters.stores.sqlite.submissions import SqliteSubmissions
from cron_actors.adapters.stores.sqlite.transaction import SqliteTransaction
from cron_actors.errors import StartError, StoreBusyError, StoreError


class SqliteStore:
    """The store of one daemon; nothing is opened before ``open``.

    ``node`` is noted in the lock file, for people who look into it. A database in memory has no lock and is gone
    after ``close``; its reader and mailbox are had from the store itself.
    """

    def __init__(self, database: Database, node: str = "") -> None:
        self._database = database
        self._node = node
        self._path = None if database.path is None else os.fspath(database.path)
        self._lock = None if database.path is None else DaemonLock(database.path)
        self._session: Session | None = None
        self._seen: tuple[int, int] | None = None
        self._file: os.stat_result | None = None

    def open(self) -> None:
        """Take the lock, create or migrate the database; StartError says in one line why that cannot be."""
        path = self._database.path
        if path is not None and self._lock is not None:
            with start_errors(path):
                check_location(path)
                create_file(path)
                self._lock.take(self._node)
        try:
            self._session = self._database.for_writing()
        except BaseException:
            self._release()
            raise
        set_patience(self._session.connection, WRITER_PATIENCE)
        self._file = None if path is None else path.stat()

    def make_ready(self) -> None:
        """Lay out the file of the write-ahead log, where commits wait for the disk at all."""
        path = self._database.path
        if path is not None and self._database.synchronous == "FULL":
            lay_out(self._opened().connection, companions(path)[0], LOG_BYTES)

    @contextmanager
    def begin(self) -> Iterator[SqliteTransaction]:
        """Begin a transaction: committed when the block ends, rolled back when it raises."""
        session = self._opened()
        self._check_files()
        with session.writing() as connection:
            yield SqliteTransaction(connection)

    def changed_elsewhere(self) -> bool:
        """Say whether anybody else has committed since the last call; the first call always says yes.

        What was asked while no daemon ran is thus looked for at once.
        """
        session = self._opened()
        with session.reading() as connection:
            now = (int(connection.execute("PRAGMA data_version").fetchone()[0]), session.posted)
        changed, self._seen = now != self._seen, now
        return changed

    def rest(self) -> None:
        """Copy the write-ahead log into the database, as far as nobody reads it: it then begins anew."""
        with suppress(StoreBusyError), self._opened().reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def reader(self) -> SqliteReader:
        """Return a reader for another thread, the caller's to close; in memory it shares the store's connection."""
        session = self._database.for_reading()
        if session is None:
            return SqliteReader(self._opened(), path=None)
        return SqliteReader(session, path=self._database.path)

    def mailbox(self) -> SqliteMailbox:
        """Return a mailbox for another thread, the caller's to close; in memory it shares the store's connection."""
        if self._database.path is None:
            return SqliteMailbox(self._opened(), shared=True)
        return SqliteMailbox(self._database.for_requests())

    def submissions(self) -> SqliteSubmissions:
        """Return a way to submit runs, the caller's to close; in memory it shares the store's connection."""
        if self._database.path is None:
            return SqliteSubmissions(self._opened(), shared=True)
        return SqliteSubmissions(self._database.for_requests())

    def close(self) -> None:
        """Close the database and let go of the lock."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._release()

    def _check_files(self) -> None:
        """Raise StoreBusyError while the files are not at their place: what is written would be lost with them."""
        path = self._path
        if path is None or self._lock is None or self._file is None:
            return
        try:
            if not same_file(path, self._file):
                raise StoreBusyError(f"{path} was deleted or replaced; put it back, or restart the daemon")
            self._lock.keep(self._node)
        except (OSError, StartError) as error:
            raise StoreBusyError(f"{path} cannot be used for now: {error}") from error

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _opened(self) -> Session:
        if self._session is None:
            raise StoreError("the store is not open")
        return self._session


def recreate(database: Database) -> None:
    """Replace the database by an empty one; StartError, and nothing deleted, while a daemon uses it."""
    path = database.path
    if path is None:
        return
    lock = DaemonLock(path)
    with start_errors(path):
        check_location(path)
        create_file(path)
        lock.take("")
        try:
            with creation_lock(path):
                for file in (path, *companions(path)):
                    file.unlink(missing_ok=True)
            database.for_writing().close()
        finally:
            lock.release()
