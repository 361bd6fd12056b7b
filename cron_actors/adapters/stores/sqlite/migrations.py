"""The numbered migrations: what brings a database of any earlier version to the present one."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from cron_actors.adapters.stores.sqlite.connection import VISITOR_PATIENCE, OwnTransaction, connect
from cron_actors.adapters.stores.sqlite.location import OWNER_FILE
from cron_actors.errors import StartError

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """The statements that lead from version ``number - 1`` to version ``number``."""

    number: int
    script: str


@cache
def shipped_migrations() -> tuple[Migration, ...]:
    """Return the migrations that belong to this program, in order."""
    folder = resources.files("cron_actors.adapters.stores.sqlite") / "migrations"
    found = [(match, entry) for entry in folder.iterdir() if (match := _NAME.fullmatch(entry.name))]
    migrations = [Migration(int(match[1]), entry.read_text(encoding="utf-8")) for match, entry in found]
    return tuple(sorted(migrations, key=lambda migration: migration.number))


def check_version(connection: sqlite3.Connection, path: Path | None, latest: int) -> None:
    """Raise StartError unless the database has exactly the version ``latest``."""
    version = version_of(connection)
    _refuse_newer(version, latest, path)
    if version < latest:
        raise StartError(
            f"database {path} has version {version}, this program needs {latest}: start the daemon once to migrate it"
        )


def migrate(connection: sqlite3.Connection, path: Path | None, migrations: tuple[Migration, ...]) -> None:
    """Bring the database up to the last of the migrations, all or nothing.

    What is not empty is first copied to ``<name>.v<version>.bak``. StartError for a database newer than the migrations.
    """
    latest = migrations[-1].number
    if version_of(connection) == latest:
        return
    with OwnTransaction(connection):
        version = version_of(connection)  # again: another process may have migrated before we got the lock
        _refuse_newer(version, latest, path)
        if path is not None and version < latest and not _is_empty(connection):
            _back_up(path, path.with_name(f"{path.name}.v{version}.bak"))
        for migration in migrations:
            if migration.number > version:
                for statement in statements(migration.script):
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {latest:d}")


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script, in which each ends with its line.

    ``executescript`` would commit before it begins, and a migration is all or nothing.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if re.sub(r"--.*", "", statement).strip():
        raise ValueError(f"a migration ends inside a statement: {statement.strip()}")


def version_of(connection: sqlite3.Connection | sqlite3.Cursor) -> int:
    """Return the version of the database, 0 for one that no migration has touched."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def _refuse_newer(version: int, latest: int, path: Path | None) -> None:
    if version > latest:
        raise StartError(
            f"database {path} has version {version}, this program knows versions up to {latest}:"
            f" install the newer cron_actors, or put back the backup {path}.v{latest}.bak if there is one"
        )


def _back_up(path: Path, backup: Path) -> None:
    """Copy the database; the backup appears complete or not at all.

    The copy is read through a second connection: the first one is in the transaction that keeps writers away.
    """
    draft = backup.with_name(backup.name + ".part")
    with suppress(FileNotFoundError):
        draft.unlink()
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_FILE))
    with (
        closing(connect(path, mode="ro", patience=VISITOR_PATIENCE)) as source,
        closing(connect(draft, mode="rw", patience=VISITOR_PATIENCE)) as target,
    ):
        source.backup(target)
        # One file, complete in itself: nothing of it may be left in a file beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    draft.replace(backup)
