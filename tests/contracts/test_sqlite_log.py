"""The write-ahead log laid out at its full length: nothing is lost by it, and nothing is done where it would harm."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite import log_file
from cron_actors.adapters.stores.sqlite.connection import connect
from cron_actors.adapters.stores.sqlite.database import LOG_BYTES
from cron_actors.adapters.stores.sqlite.log_file import lay_out
from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.urls import open_reader, open_store
from cron_actors.model.records import RunFilter
from tests.contracts.store_contract import insert, owed

LITTLE = 300_000  # bytes
WRITES_AND_DIES = """
import os, signal, sys
from cron_actors.adapters.stores.urls import open_store
from tests.contracts.store_contract import insert, owed
store = open_store(sys.argv[1])
store.open()
insert(store, owed("job 1"))
store.make_ready()
for number in range(2, 9):
    insert(store, owed(f"job {number}"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def log(path: Path) -> Path:
    return path.with_name("store.db-wal")


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = open_store(f"sqlite:///{path}")
    store.open()
    yield store
    store.close()


def known(path: Path) -> int:
    reader = open_reader(f"sqlite:///{path}")
    assert reader is not None
    with closing(reader):
        return len(reader.runs(RunFilter(limit=None)))


def write(store: SqliteStore, numbers: range) -> None:
    for number in numbers:
        insert(store, owed(f"job {number}"))


def test_commits_go_into_a_file_that_is_long_enough_already(store: SqliteStore, path: Path, log: Path) -> None:
    write(store, range(1, 4))
    store.make_ready()
    assert log.stat().st_size == LOG_BYTES
    write(store, range(4, 60))
    assert log.stat().st_size == LOG_BYTES
    assert known(path) == 59


def test_a_database_that_was_closed_in_order_has_its_log_laid_out_anew(path: Path, log: Path) -> None:
    for number in (1, 2):
        store = open_store(f"sqlite:///{path}")
        store.open()
        store.make_ready()
        assert log.stat().st_size == LOG_BYTES
        write(store, range(number, number + 1))
        store.close()
        assert not log.exists()
    assert known(path) == 2


def test_what_was_committed_outlives_the_process_that_laid_out_its_log(path: Path, log: Path) -> None:
    words = [sys.executable, "-c", WRITES_AND_DIES, f"sqlite:///{path}"]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    assert log.stat().st_size == LOG_BYTES
    store = open_store(f"sqlite:///{path}")
    store.open()
    store.make_ready()
    write(store, range(9, 11))
    store.close()
    assert known(path) == 10


def test_what_others_commit_meanwhile_is_kept(store: SqliteStore, path: Path, log: Path) -> None:
    """Another connection appends before and after; the log is read to its end by a third."""
    with closing(open_store(f"sqlite:///{path}").reader()) as reader:
        assert reader.runs(RunFilter(limit=None)) == []
        write(store, range(1, 3))
        with closing(connect(path, mode="rw", patience=0)) as visitor:
            visitor.execute("UPDATE run SET priority = 7")
            assert lay_out(visitor, log, LITTLE)
            write(store, range(3, 5))
            visitor.execute("UPDATE run SET priority = 8")
        assert [run.priority for run in reader.runs(RunFilter(limit=None))] == [8] * 4


def test_it_is_not_laid_out_while_another_writes(store: SqliteStore, path: Path, log: Path) -> None:
    write(store, range(1, 2))
    before = log.stat().st_size
    with closing(connect(path, mode="rw", patience=0)) as visitor, store.begin():
        assert not lay_out(visitor, log, LITTLE)
        assert log.stat().st_size == before
    with closing(connect(path, mode="rw", patience=0)) as visitor:
        assert lay_out(visitor, log, LITTLE)
        assert not lay_out(visitor, log, LITTLE), "it is that long already"


def test_a_disk_with_little_room_is_left_alone(store: SqliteStore, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "FREE_FOR_EACH", 10**12)
    store.make_ready()
    assert log.stat().st_size < LITTLE


def test_a_disk_that_is_full_gets_its_room_back(
    store: SqliteStore, path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite

    def fills_up(file: int, content: bytes, place: int) -> int:
        if place > LITTLE:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(file, content, place)

    monkeypatch.setattr(os, "pwrite", fills_up)
    store.make_ready()
    assert log.stat().st_size < LITTLE
    write(store, range(1, 3))
    assert known(path) == 2


def test_nothing_is_laid_out_where_commits_do_not_wait_for_the_disk(path: Path, log: Path) -> None:
    quick = open_store(f"sqlite:///{path}?synchronous=NORMAL")
    quick.open()
    quick.make_ready()
    assert log.stat().st_size < LITTLE
    quick.close()
    memory = open_store("sqlite://")
    memory.open()
    memory.make_ready()
    memory.close()


def test_a_rest_copies_the_log_into_the_database_and_lets_it_begin_anew(store: SqliteStore, path: Path) -> None:
    write(store, range(1, 200))
    before = path.stat().st_size
    store.rest()
    assert path.stat().st_size > before
    with closing(sqlite3.connect(path)) as visitor:
        assert visitor.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    write(store, range(200, 202))
    assert known(path) == 201


def test_a_rest_waits_for_nobody(store: SqliteStore, path: Path) -> None:
    write(store, range(1, 3))
    with closing(sqlite3.connect(path, isolation_level=None)) as visitor:
        visitor.execute("BEGIN")
        assert visitor.execute("SELECT count(*) FROM run").fetchone() == (2,)
        write(store, range(3, 5))
        store.rest()
    assert known(path) == 4


def test_the_log_does_not_grow_beyond_what_was_laid_out(store: SqliteStore, path: Path, log: Path) -> None:
    store.make_ready()
    with closing(sqlite3.connect(path, isolation_level=None)) as visitor:
        visitor.execute("CREATE TABLE ballast (content BLOB)")
    for _ in range(60):
        with store.begin() as transaction:
            transaction._connection.executemany("INSERT INTO ballast VALUES (zeroblob(4000))", [()] * 100)
    assert log.stat().st_size == LOG_BYTES
