"""What every store promises to those who submit runs, and SQLite to applications in their own transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.sqlite.submissions import submit
from cron_actors.adapters.stores.urls import open_reader, open_store, open_submissions
from cron_actors.core.definition_keys import definition_key
from cron_actors.errors import SettingsError, StoreBusyError, StoreError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Cause, NewRun, RunState
from cron_actors.model.submission import Submitted, Unique
from cron_actors.ports.store import Reader
from cron_actors.ports.submissions import Submissions
from tests.contracts.store_contract import SECOND, AnyStore, T, claim, ended, look, owed, settle

TEXT = '{"folder":"/work","job":{"identifier":"shop.mail"}}'


def wanted(unique_key: str | None = None, **others: object) -> NewRun:
    run = owed("shop.mail", cause=Cause.SUBMITTED, key=None, definition=definition_key(TEXT), inserted_at=T)
    return replace(run, unique_key=unique_key, **others)  # type: ignore[arg-type]  # the names are checked by replace


@pytest.fixture
def submissions(store: AnyStore) -> Iterator[Submissions]:
    submissions = store.submissions()
    yield submissions
    submissions.close()


def test_submitted_runs_are_there_with_their_definition(
    store: AnyStore, reader: Reader, submissions: Submissions
) -> None:
    later = wanted(state=RunState.SCHEDULED, scheduled_at=T + 90 * SECOND, max_attempts=50, args={"args": [1]})
    first, second = submissions.submit([wanted(), later], [TEXT])
    assert (first.existing, second.existing) == (False, False)
    run = look(store, second.run_id)
    assert (run.cause, run.state, run.scheduled_at) == (Cause.SUBMITTED, RunState.SCHEDULED, T + 90 * SECOND)
    assert (run.max_attempts, run.args, run.inserted_at) == (50, {"args": [1]}, T)
    assert reader.definitions([run.definition]) == {run.definition: TEXT}


def test_the_daemon_finds_what_was_submitted_since_it_looked_last(store: AnyStore, submissions: Submissions) -> None:
    store.changed_elsewhere()
    with store.begin() as transaction:
        transaction.insert_runs([owed()])
        seen = transaction.last_run_id()
    submitted = submissions.submit([wanted(), wanted(), wanted()], [TEXT])
    assert store.changed_elsewhere()
    with store.begin() as transaction:
        arrived = transaction.arrivals(seen, 2)
        assert [run.run_id for run in arrived] == [one.run_id for one in submitted[:2]]
        assert [run.run_id for run in transaction.arrivals(arrived[-1].run_id, 2)] == [submitted[2].run_id]
        assert transaction.last_run_id() == submitted[2].run_id
        assert transaction.arrivals(0, 9) == transaction.arrivals(seen, 9)


def test_nothing_is_half_submitted(store: AnyStore, reader: Reader, submissions: Submissions) -> None:
    with pytest.raises(StoreError):
        submissions.submit([wanted(), wanted(priority=2**70)], [TEXT])
    assert reader.counts() == {}
    assert reader.definitions([definition_key(TEXT)]) == {}


def test_no_runs_are_no_error(submissions: Submissions) -> None:
    assert submissions.submit([], []) == []


# unique runs


def test_a_duplicate_is_the_run_that_has_the_key(reader: Reader, submissions: Submissions) -> None:
    (first,) = submissions.submit([wanted("mail")], [TEXT], Unique())
    again = submissions.submit([wanted("mail"), wanted("other"), wanted("other"), wanted()], [TEXT], Unique())
    assert [one.existing for one in again] == [True, False, True, False]
    assert (again[0].run_id, again[1].run_id) == (first.run_id, again[2].run_id)
    assert len(reader.runs(RunFilter())) == 3


def test_runs_with_one_key_are_all_stored_for_those_who_do_not_ask_for_uniqueness(submissions: Submissions) -> None:
    pair = submissions.submit([wanted("mail"), wanted("mail")], [TEXT])
    assert [one.existing for one in pair] == [False, False]


def test_a_run_in_another_state_stands_in_nobodys_way(store: AnyStore, submissions: Submissions) -> None:
    (first,) = submissions.submit([wanted("mail")], [TEXT], Unique())
    (run,) = claim(store)
    settle(store, ended(run))
    also_done = Unique(states=frozenset({RunState.COMPLETED}))
    assert submissions.submit([wanted("mail")], [TEXT], also_done) == [Submitted(run_id=first.run_id, existing=True)]
    (second,) = submissions.submit([wanted("mail")], [TEXT], Unique())
    assert (second.existing, second.run_id > first.run_id) == (False, True)


@pytest.mark.parametrize(("after", "existing"), [(59, True), (60, False)])
def test_a_period_is_counted_back_from_the_submission(submissions: Submissions, after: int, *, existing: bool) -> None:
    unique = Unique(period=timedelta(minutes=1))
    submissions.submit([wanted("mail")], [TEXT], unique)
    (again,) = submissions.submit([wanted("mail", inserted_at=T + after * SECOND)], [TEXT], unique)
    assert again.existing is existing


def test_the_key_of_a_run_within_its_job_is_unique_in_any_case(submissions: Submissions) -> None:
    (first,) = submissions.submit([wanted(key="order 7")], [TEXT])
    assert submissions.submit([wanted(key="order 7")], [TEXT]) == [Submitted(run_id=first.run_id, existing=True)]


# the database of an application


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def daemon(path: Path) -> Iterator[SqliteStore]:
    store = open_store(f"sqlite:///{path}")
    store.open()
    with closing(store):
        yield store


def stored(daemon: SqliteStore) -> int:
    with closing(daemon.reader()) as reader:
        return len(reader.runs(RunFilter()))


def test_a_database_that_is_not_there_yet_is_created(path: Path) -> None:
    url = f"sqlite:///{path}"
    with closing(open_submissions(url)) as submissions:
        submissions.submit([wanted()], [TEXT])
    reader = open_reader(url)
    assert reader is not None
    with closing(reader):
        assert len(reader.runs(RunFilter())) == 1


def test_nobody_can_submit_to_a_database_in_memory() -> None:
    with pytest.raises(SettingsError, match="no other process can reach"):
        open_submissions("sqlite://")


def test_a_run_is_there_if_and_only_if_the_application_commits(daemon: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mail (address TEXT)")
        for finish, rows in ((connection.rollback, 0), (connection.commit, 1)):
            connection.execute("INSERT INTO mail VALUES ('ada')")
            submit(connection, [wanted()], [TEXT])
            assert connection.in_transaction
            assert stored(daemon) == 0
            finish()
            assert stored(daemon) == rows
            assert connection.execute("SELECT count(*) FROM mail").fetchone() == (rows,)


def test_a_connection_without_a_transaction_gets_one_as_for_any_insert(daemon: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        submit(connection, [wanted()], [TEXT])
        assert connection.in_transaction
        connection.rollback()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        submit(connection, [wanted()], [TEXT])
        assert not connection.in_transaction
    assert stored(daemon) == 1


def test_what_is_refused_leaves_the_rest_of_the_transaction(daemon: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mail (address TEXT)")
        connection.execute("INSERT INTO mail VALUES ('ada')")
        with pytest.raises(StoreError):
            submit(connection, [wanted(), wanted(priority=2**70)], [TEXT])
        connection.commit()
        assert connection.execute("SELECT count(*) FROM mail").fetchone() == (1,)
        with pytest.raises(StoreError):
            submit(connection, [wanted(priority=2**70)], [TEXT])
        assert not connection.in_transaction
    assert stored(daemon) == 0


def test_what_the_application_does_with_rows_does_not_matter(daemon: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = lambda _, row: {"row": row}
        submit(connection, [wanted("mail", key="7")], [TEXT], Unique())
        (again,) = submit(connection, [wanted("mail")], [TEXT], Unique())
        (same,) = submit(connection, [wanted(key="7")], [TEXT])
        connection.commit()
    assert (again.existing, same.existing, stored(daemon)) == (True, True, 1)


def test_a_duplicate_is_looked_for_with_the_right_to_write(daemon: SqliteStore, path: Path) -> None:
    with (
        closing(sqlite3.connect(path)) as connection,
        closing(sqlite3.connect(path, timeout=0)) as other,
        closing(daemon.reader()) as reader,
    ):
        connection.execute("BEGIN")
        submit(connection, [], [], Unique())
        with pytest.raises(StoreBusyError):
            submit(other, [wanted("mail")], [TEXT], Unique())
        connection.commit()
        submit(other, [wanted("mail")], [TEXT], Unique())
        other.commit()
        assert len(reader.runs(RunFilter())) == 1


def test_a_transaction_that_has_read_what_is_old_by_now_must_be_begun_anew(daemon: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM run").fetchone()
        with daemon.begin() as transaction:
            transaction.insert_runs([owed()])
        with pytest.raises(StoreBusyError):
            submit(connection, [wanted()], [TEXT])
        connection.rollback()
        submit(connection, [wanted()], [TEXT])
        connection.commit()
    assert stored(daemon) == 2


def test_a_database_of_another_version_is_refused_in_one_line(daemon: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        with pytest.raises(StoreError, match=r"^the connection is to a database of version 0 where"):
            submit(connection, [wanted()], [TEXT])
        connection.execute("PRAGMA user_version = 4")
        with pytest.raises(StoreError, match="connect to the file that DATABASE_URL names"):
            submit(connection, [wanted()], [TEXT])
    daemon.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 3")
        with pytest.raises(StoreError, match="of version 3 where one of cron_actors in version 4"):
            submit(connection, [wanted()], [TEXT])
