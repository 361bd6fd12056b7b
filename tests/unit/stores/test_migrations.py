from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite.database import Database
from cron_actors.adapters.stores.sqlite.migrations import Migration, shipped_migrations, statements
from cron_actors.errors import StartError

FIRST = Migration(1, "CREATE TABLE fruit (name TEXT);\nINSERT INTO fruit VALUES ('pear;'); -- a first one\n")
SECOND = Migration(2, "-- a price\nALTER TABLE fruit\n  ADD COLUMN price INTEGER;\nUPDATE fruit SET price = 3;\n")
BROKEN = Migration(2, "ALTER TABLE fruit ADD COLUMN price INTEGER;\nINSERT INTO missing VALUES (1);\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fruit.db"


def bring_to(path: Path, *migrations: Migration) -> None:
    Database(path=path, migrations=migrations).for_writing().close()


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def content(path: Path) -> tuple[int, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM fruit").fetchall()
        return connection.execute("PRAGMA user_version").fetchone()[0], rows


def test_an_older_database_is_migrated_after_a_backup_for_its_owner_only(path: Path) -> None:
    bring_to(path, FIRST)
    assert content(path) == (1, [("pear;",)])
    bring_to(path, FIRST, SECOND)
    assert content(path) == (2, [("pear;", 3)])
    backup = path.with_name("fruit.db.v1.bak")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert names(path.parent) == ["fruit.db", "fruit.db.lock", "fruit.db.v1.bak"]
    assert content(backup) == (1, [("pear;",)])


def test_a_new_or_present_database_needs_no_backup(path: Path) -> None:
    bring_to(path, FIRST, SECOND)
    bring_to(path, FIRST, SECOND)
    assert content(path) == (2, [("pear;", 3)])
    assert names(path.parent) == ["fruit.db", "fruit.db.lock"]


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    bring_to(path, FIRST)
    with pytest.raises(StartError, match="no such table: missing"):
        bring_to(path, FIRST, BROKEN)
    assert content(path) == (1, [("pear;",)])


def test_a_newer_database_is_refused_with_both_versions_and_left_alone(path: Path) -> None:
    bring_to(path, FIRST, SECOND)
    for attempt in ("for_writing", "for_requests", "for_reading"):
        with pytest.raises(StartError, match=r"has version 2, this program knows versions up to 1: .*\.v1\.bak"):
            getattr(Database(path=path, migrations=(FIRST,)), attempt)()
    assert content(path) == (2, [("pear;", 3)])


@pytest.mark.parametrize("attempt", ["for_requests", "for_reading"])
def test_only_a_daemon_migrates_what_exists(path: Path, attempt: str) -> None:
    bring_to(path, FIRST)
    with pytest.raises(StartError, match=r"has version 1, this program needs 2: start the daemon once"):
        getattr(Database(path=path, migrations=(FIRST, SECOND)), attempt)()
    assert content(path)[0] == 1


def test_tables_of_another_application_are_kept_and_backed_up(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE customer (name TEXT)")
    Database(path=path).for_writing().close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM customer, run").fetchone() == (0,)
    assert path.with_name("fruit.db.v0.bak").exists()


def test_a_script_is_cut_where_its_statements_end() -> None:
    assert list(statements(FIRST.script)) == [
        "CREATE TABLE fruit (name TEXT);\n",
        "INSERT INTO fruit VALUES ('pear;'); -- a first one\n",
    ]
    assert len(list(statements(SECOND.script))) == 2


def test_a_script_that_ends_inside_a_statement_is_an_error() -> None:
    with pytest.raises(ValueError, match="ends inside a statement"):
        list(statements("CREATE TABLE a (b TEXT);\nCREATE TABLE c (d TEXT)\n"))


def test_the_shipped_migrations_are_numbered_from_one_without_a_gap() -> None:
    numbers = [migration.number for migration in shipped_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
