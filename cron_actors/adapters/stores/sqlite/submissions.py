"""Runs submitted by other processes: inserted beside the daemon, also inside an application's own transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from cron_actors.adapters.stores.sqlite.connection import OwnErrors, OwnTransaction, Session
from cron_actors.adapters.stores.sqlite.insertion import insert
from cron_actors.adapters.stores.sqlite.migrations import shipped_migrations, version_of
from cron_actors.adapters.stores.sqlite.rows import json_list, micros
from cron_actors.core.definition_keys import definition_key
from cron_actors.errors import StoreError
from cron_actors.model.run import NewRun
from cron_actors.model.submission import Submitted, Unique

# Writes nothing, but takes the right to write: from here on nobody else inserts a run.
_TAKE_LOCK = "UPDATE definition SET text = text WHERE 0"
_PUT_DEFINITION = "INSERT OR IGNORE INTO definition VALUES (?, ?)"
TAKEN = (
    "SELECT run_id FROM run WHERE unique_key = ?1 AND state IN (SELECT value FROM json_each(?2))"
    " AND (?3 IS NULL OR inserted_at > ?3) ORDER BY run_id DESC LIMIT 1"
)
_SAME_KEY = "SELECT run_id FROM run WHERE job = ? AND key = ?"


class SqliteSubmissions:
    """Inserts runs and nothing else, and rings at the daemon's door.

    With ``shared`` the session is the store's own and stays open.
    """

    def __init__(self, session: Session, *, shared: bool = False) -> None:
        self._session = session
        self._shared = shared

    def submit(
        self, runs: Sequence[NewRun], definitions: Iterable[str], unique: Unique | None = None
    ) -> list[Submitted]:
        """Store the runs durably and say which these are."""
        with self._session.writing() as connection:
            submitted = _write(connection.cursor(), runs, definitions, unique)
        self._session.announce()
        return submitted

    def close(self) -> None:
        """Free the connection, if it is not the store's."""
        if not self._shared:
            self._session.close()


def submit(
    connection: sqlite3.Connection, runs: Sequence[NewRun], definitions: Iterable[str], unique: Unique | None = None
) -> list[Submitted]:
    """Store the runs over a connection of the application's to the same database, as part of its transaction.

    They are there once the application commits, and never if it rolls back. Where no transaction is open, one is begun
    for it, as ``sqlite3`` does for any insert; in autocommit mode (``isolation_level=None``) they are there at once. If
    this raises, nothing of it was written, and an open transaction goes on. Raises StoreError, also for a database that
    is not ours or of another version, and StoreBusyError where trying again can help: in a transaction that has only
    read so far, while others wrote, no write is possible any more, and it must be begun anew (``BEGIN IMMEDIATE``).
    The daemon is not rung for, as nothing is there before the commit, which is the application's: it finds the runs
    when it looks by itself.
    """
    with OwnErrors(), _part_of_transaction(connection):
        cursor = connection.cursor()
        cursor.row_factory = None
        _check(cursor)
        return _write(cursor, runs, definitions, unique)


@contextmanager
def _part_of_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    if not connection.in_transaction and connection.isolation_level is None:
        with OwnTransaction(connection):
            yield
        return
    begun = not connection.in_transaction
    connection.execute("BEGIN IMMEDIATE" if begun else "SAVEPOINT submission")
    try:
        yield
    except BaseException:
        # A full disk may have ended the whole transaction already.
        with suppress(sqlite3.Error):
            for statement in ("ROLLBACK",) if begun else ("ROLLBACK TO submission", "RELEASE submission"):
                connection.execute(statement)
        raise
    if not begun:
        connection.execute("RELEASE submission")


def _check(cursor: sqlite3.Cursor) -> None:
    """Raise StoreError unless the connection is to a database of the version that this program knows."""
    needed = shipped_migrations()[-1].number
    version = version_of(cursor)
    if version != needed or cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'definition'").fetchone() is None:
        raise StoreError(
            f"the connection is to a database of version {version} where one of cron_actors in version {needed} should"
            " be: connect to the file that DATABASE_URL names, and start its daemon once to migrate it"
        )


def _write(
    cursor: sqlite3.Cursor, runs: Sequence[NewRun], definitions: Iterable[str], unique: Unique | None
) -> list[Submitted]:
    cursor.execute(_TAKE_LOCK)
    cursor.executemany(_PUT_DEFINITION, [(definition_key(text), text) for text in definitions])
    fresh: list[NewRun] = []
    holders: dict[str, int] = {}  # unique keys, and the places among the fresh ones of those that have them now
    found: list[Submitted | int] = []  # what was there, or a place among the fresh ones
    for run in runs:
        key = None if unique is None else run.unique_key
        if unique is not None and key is not None:
            if key in holders:
                found.append(holders[key])
                continue
            if (holder := _holder(cursor, key, run, unique)) is not None:
                found.append(Submitted(run_id=holder, existing=True))
                continue
            if run.state in unique.states:
                holders[key] = len(fresh)
        found.append(len(fresh))
        fresh.append(run)
    return _submitted(found, [_stored(cursor, *pair) for pair in zip(fresh, insert(cursor, fresh), strict=True)])


def _holder(cursor: sqlite3.Cursor, key: str, run: NewRun, unique: Unique) -> int | None:
    """Return the run in the store that stands in the way of this one, None if none does."""
    since = None
    if unique.period is not None:
        if run.inserted_at is None:
            raise StoreError("a run that is unique for a period of time needs the moment of its submission")
        since = micros(run.inserted_at - unique.period)
    row = cursor.execute(TAKEN, (key, json_list(sorted(unique.states)), since)).fetchone()
    return None if row is None else int(row[0])


def _stored(cursor: sqlite3.Cursor, run: NewRun, run_id: int | None) -> Submitted:
    if run_id is not None:
        return Submitted(run_id=run_id)
    return Submitted(run_id=cursor.execute(_SAME_KEY, (run.job, run.key)).fetchone()[0], existing=True)


def _submitted(found: Sequence[Submitted | int], stored: Sequence[Submitted]) -> list[Submitted]:
    """Return what became of each: the first to take a fresh run is who made it."""
    made: set[int] = set()
    submitted = []
    for one in found:
        if isinstance(one, Submitted):
            submitted.append(one)
        else:
            submitted.append(replace(stored[one], existing=True) if one in made else stored[one])
            made.add(one)
    return submitted
