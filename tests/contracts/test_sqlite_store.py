"""What the SQLite store promises on its own: files, plans, processes that die, a disk that is full."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite.database import Database
from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.sqlite.transaction import SqliteTransaction
from cron_actors.adapters.stores.urls import open_mailbox, open_reader, open_store, recreate
from cron_actors.core.run_log import log_name
from cron_actors.errors import StartError, StoreBusyError, StoreError
from cron_actors.model.records import Request, RequestKind, RunFilter
from cron_actors.model.run import RunState
from tests.contracts.store_contract import T, insert, owed

ASK = Request(request_id=0, kind=RequestKind.TRIGGER, requested_at=T, requested_by="me", job="backup")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[SqliteStore]:
    store = open_store(url)
    store.open()
    yield store
    store.close()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# files


def test_all_that_is_created_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "deep"
    store = open_store(f"sqlite:///{folder}/store.db")
    store.open()
    insert(store, owed())
    files = {file.name: mode_of(file) for file in folder.iterdir()}
    store.close()
    assert files == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm", "store.db.lock"), 0o600)
    assert (mode_of(folder), mode_of(folder.parent)) == (0o700, 0o700)


def test_reading_what_is_not_there_creates_nothing(path: Path, url: str) -> None:
    assert open_reader(url) is None
    assert list(path.parent.iterdir()) == []


def test_an_empty_file_has_nothing_to_read(path: Path, url: str) -> None:
    path.touch()
    assert open_reader(url) is None


def test_a_reader_cannot_write(store: SqliteStore) -> None:
    with closing(store.reader()) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._session.connection.execute("DELETE FROM run")


def test_a_reader_works_without_a_daemon_and_its_write_ahead_log(store: SqliteStore, path: Path, url: str) -> None:
    (run,) = insert(store, owed())
    store.close()
    assert not path.with_name("store.db-wal").exists()
    reader = open_reader(url)
    assert reader is not None
    with closing(reader):
        assert reader.runs(RunFilter()) == [run]
        assert not reader.daemon_lives()


def test_a_reader_sees_what_is_committed_and_nothing_else(store: SqliteStore) -> None:
    with closing(store.reader()) as reader:
        with store.begin() as transaction:
            transaction.insert_runs([owed()])
            assert reader.counts() == {}
        assert reader.counts() == {RunState.AVAILABLE: 1}


def test_a_mailbox_creates_the_database_that_the_daemon_then_finds_its_mail_in(url: str) -> None:
    with closing(open_mailbox(url)) as mailbox:
        number = mailbox.submit(ASK)
    store = open_store(url)
    store.open()
    with closing(store), store.begin() as transaction:
        assert transaction.requests() == [replace(ASK, request_id=number)]


def test_mail_sent_before_the_start_counts_as_a_change(url: str) -> None:
    with closing(open_mailbox(url)) as mailbox:
        mailbox.submit(ASK)
    store = open_store(url)
    store.open()
    with closing(store):
        assert store.changed_elsewhere()


def test_nothing_is_written_to_a_file_that_lost_its_name_until_it_is_put_back(store: SqliteStore, path: Path) -> None:
    insert(store, owed())
    aside = path.rename(path.with_name("aside.db"))
    with pytest.raises(StoreBusyError, match="was deleted or replaced"):
        insert(store, owed())
    path.touch()
    with pytest.raises(StoreBusyError, match="was deleted or replaced"):
        insert(store, owed())
    aside.rename(path)
    with store.begin() as transaction:
        assert transaction.run(1) is not None


def test_a_lock_whose_file_is_deleted_is_taken_anew(store: SqliteStore, url: str, path: Path) -> None:
    lock = path.with_name("store.db.lock")
    lock.unlink()
    insert(store, owed())
    second = open_store(url)
    with pytest.raises(StartError, match="another daemon"):
        second.open()
    assert lock.read_text().startswith(f"{os.getpid()}\n")


def test_a_daemon_that_lost_its_lock_to_another_writes_nothing(store: SqliteStore, url: str, path: Path) -> None:
    path.with_name("store.db.lock").unlink()
    second = open_store(url)
    second.open()
    with closing(second), pytest.raises(StoreBusyError, match="another daemon"):
        insert(store, owed())
    (run,) = insert(store, owed())
    assert run.run_id == 1


def test_recreating_leaves_an_empty_database(store: SqliteStore, url: str) -> None:
    insert(store, owed())
    store.close()
    recreate(url)
    reader = open_reader(url)
    assert reader is not None
    with closing(reader):
        assert reader.runs(RunFilter()) == []


def test_recreating_is_refused_while_a_daemon_lives(store: SqliteStore, url: str) -> None:
    (run,) = insert(store, owed())
    with pytest.raises(StartError, match="another daemon"):
        recreate(url)
    with closing(store.reader()) as reader:
        assert reader.runs(RunFilter()) == [run]


# concurrency


def test_two_daemons_that_claim_at_once_share_the_runs_without_a_double(path: Path) -> None:
    database = Database(path=path)
    sessions = [database.for_writing() for _ in range(2)]
    with sessions[0].writing() as connection:
        SqliteTransaction(connection).insert_runs([owed(after=number) for number in range(200)])
    taken: list[list[int]] = [[], []]
    together = threading.Barrier(2)

    def work(number: int) -> None:
        together.wait()
        for _ in range(50):
            with sessions[number].writing() as connection:
                runs = SqliteTransaction(connection).claim("default", 2, f"node-{number}", T, log_name)
            taken[number] += [run.run_id for run in runs]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for session in sessions:
        session.close()
    assert len(taken[0]) == len(taken[1]) == 100
    assert len(set(taken[0] + taken[1])) == 200


def test_many_connections_may_create_the_database_at_once(url: str) -> None:
    together = threading.Barrier(4)
    numbers = []

    def work() -> None:
        together.wait()
        with closing(open_mailbox(url)) as mailbox:
            numbers.append(mailbox.submit(ASK))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3, 4]


def test_another_writer_makes_the_store_busy_and_the_batch_can_be_tried_again(store: SqliteStore, path: Path) -> None:
    store._session.connection.execute("PRAGMA busy_timeout = 1")  # type: ignore[union-attr]  # it is open
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError):
            insert(store, owed())
        other.execute("ROLLBACK")
    assert len(insert(store, owed())) == 1


def test_a_transaction_holds_the_right_to_write_from_its_beginning(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other, store.begin() as transaction:
        transaction.jobs()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("DELETE FROM run")
        transaction.insert_runs([owed()])


@pytest.mark.parametrize(("query", "level"), [("", 2), ("?synchronous=NORMAL", 1)])
def test_what_is_committed_is_synchronised_as_the_url_says(url: str, query: str, level: int) -> None:
    store = open_store(url + query)
    store.open()
    with closing(store), store.begin() as transaction:
        assert transaction._connection.execute("PRAGMA synchronous").fetchone() == (level,)
        assert transaction._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_full_disk_makes_the_store_busy_and_writes_nothing(store: SqliteStore) -> None:
    connection = store._session.connection  # type: ignore[union-attr]  # it is open
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreBusyError, match="full"):
        insert(store, *(owed(after=number, args="x" * 3000) for number in range(50)))
    connection.execute("PRAGMA max_page_count = 1000000")
    assert len(insert(store, owed())) == 1
    with store.begin() as transaction:
        assert transaction.backlog(9) == {"default": 1}


def test_a_broken_rule_of_the_schema_is_no_passing_trouble(store: SqliteStore) -> None:
    with pytest.raises(StoreError) as caught, store.begin() as transaction:
        transaction._connection.execute("INSERT INTO job (identifier) VALUES ('half')")
    assert not isinstance(caught.value, StoreBusyError)


# death

WRITER = """
import sys
from tests.contracts.store_contract import claim, insert, owed
from cron_actors.core.run_log import log_name
from cron_actors.adapters.stores.urls import open_store
store = open_store(sys.argv[1])
store.open()
insert(store, owed(), owed(after=1))
claim(store)
with store.begin() as transaction:
    transaction.insert_runs([owed(after=2)])
    transaction.claim("default", 1, "node-1", owed().due_at, log_name)
    print("in the middle", flush=True)
    sys.stdin.read()
"""


def test_a_killed_daemon_leaves_what_it_committed_and_nothing_else(path: Path, url: str) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"in the middle\n"
        reader = open_reader(url)
        assert reader is not None
        assert reader.daemon_lives()
        with pytest.raises(StartError, match=rf"^another daemon \(process {writer.pid}\) already uses /.*/store.db; "):
            open_store(url).open()
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert not reader.daemon_lives()
    assert [run.state for run in reader.runs(RunFilter())] == [RunState.AVAILABLE, RunState.EXECUTING]
    reader.close()
    store = open_store(url)
    store.open()
    with closing(store), store.begin() as transaction:
        assert [run.run_id for run, _ in transaction.held()] == [1]
        assert transaction.backlog(9) == {"default": 1}
