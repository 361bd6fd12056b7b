from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cron_actors.adapters.executors.process_groups import boot_id
from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.urls import open_store
from cron_actors.core.run_log import header
from cron_actors.messages import Launch
from cron_actors.survivors import end_survivors
from tests.fakes.executor import FakeExecutor
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.run_logs import FakeRunLogs
from tests.fakes.values import IDENTITY


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """Return a store with one run, which a node of this boot held when it died."""
    store = open_store("sqlite://")
    store.open()
    yield store
    store.close()


@pytest.fixture
def launch(store: SqliteStore) -> Launch:
    """Return the run that is held."""
    desk = LedgerDesk(store)
    with store.begin() as transaction:
        transaction.put_node(replace(desk.node.record, boot_id=boot_id()))
    return desk.launch()


def test_a_run_without_a_log_was_not_begun(store: SqliteStore, launch: Launch) -> None:
    assert end_survivors(store, FakeExecutor(), FakeRunLogs()) == {launch.key.token}


def test_a_log_that_tells_of_earlier_attempts_only_is_left_as_it_is(store: SqliteStore, launch: Launch) -> None:
    logs = FakeRunLogs()
    logs.files[launch.log] = earlier = header(replace(launch.run, attempt=7))
    assert end_survivors(store, FakeExecutor(), logs) == {launch.key.token}
    assert logs.files[launch.log] == earlier


def test_a_log_that_tells_of_the_attempt_is_ended(store: SqliteStore, launch: Launch) -> None:
    logs = FakeRunLogs()
    logs.begin(launch.log, header(launch.run))
    assert end_survivors(store, FakeExecutor(), logs) == frozenset()
    assert logs.files[launch.log].endswith("\nTask Execution Interrupted: the daemon died\n")


def test_a_run_whose_process_is_known_was_begun_although_its_log_is_gone(store: SqliteStore, launch: Launch) -> None:
    with store.begin() as transaction:
        transaction.begin_attempts([(launch.key, IDENTITY)])
    assert end_survivors(store, FakeExecutor(), FakeRunLogs()) == frozenset()


def test_after_another_boot_logs_are_no_proof(store: SqliteStore, launch: Launch) -> None:
    with store.begin() as transaction:
        node = transaction.node(launch.node)
        assert node is not None
        transaction.put_node(replace(node, boot_id="another"))
    assert end_survivors(store, FakeExecutor(), FakeRunLogs()) == frozenset()


def test_a_log_that_cannot_be_read_is_no_proof(store: SqliteStore, launch: Launch) -> None:
    assert launch.log
    logs = FakeRunLogs()
    logs.failure = errno.EACCES
    assert end_survivors(store, FakeExecutor(), logs) == frozenset()
