from __future__ import annotations

import logging
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cron_actors.adapters.doorbell import Doorbell, address_of, ring
from cron_actors.adapters.stores.sqlite.submissions import submit
from cron_actors.adapters.stores.urls import open_mailbox, open_store, open_submissions
from cron_actors.core.definition_keys import definition_key
from cron_actors.model.records import Request, RequestKind
from cron_actors.model.run import Cause, NewRun
from tests.fakes.values import NOON

WITHIN = 5.0  # seconds
TEXT = '{"folder":"/work","job":{"identifier":"shop.mail"}}'
RUN = NewRun(
    job="shop.mail",
    due_at=NOON,
    cause=Cause.SUBMITTED,
    key=None,
    definition=definition_key(TEXT),
    queue="default",
    inserted_at=NOON,
)
REQUEST = Request(request_id=0, kind=RequestKind.BALANCE, job=None, requested_at=NOON, requested_by="somebody")


class Household:
    """Somebody who counts how often he was told that it rang."""

    def __init__(self, database: Path) -> None:
        self.bell = Doorbell(database, self._told)
        self._rings = threading.Semaphore(0)

    def heard(self, within: float = WITHIN) -> bool:
        """Wait for a ring that was not counted yet."""
        return self._rings.acquire(timeout=within)

    def _told(self) -> None:
        self._rings.release()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return the file of an empty database."""
    path = tmp_path / "cron.db"
    store = open_store(url_of(path))
    store.open()
    store.close()
    return path


@pytest.fixture
def household(database: Path) -> Iterator[Household]:
    """Return one who listens, and has been told of what came before."""
    household = Household(database)
    household.bell.start()
    assert household.heard()
    yield household
    household.bell.stop()


@pytest.fixture
def door(database: Path) -> Iterator[socket.socket]:
    """Return the door of the database, with nobody at it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(address_of(database))
        yield door


def url_of(database: Path) -> str:
    return f"sqlite:///{database}"


def rang(door: socket.socket) -> bool:
    try:
        door.recv(1, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    return True


def test_every_ring_is_heard_sooner_or_later_and_what_a_stranger_says_is_of_no_matter(
    household: Household, database: Path
) -> None:
    for _ in range(3):
        ring(database)
        assert household.heard()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        for text in (b"", b"x" * 5000):
            stranger.sendto(text, address_of(database))
            assert household.heard()


def test_a_crowd_is_told_of_as_few(household: Household, database: Path) -> None:
    rings = 20_000
    for _ in range(rings):
        ring(database)
    assert household.heard()
    told = 1
    while household.heard(0.5):
        told += 1
    assert told < rings / 100


def test_a_full_door_holds_up_nobody(database: Path, door: socket.socket) -> None:
    for _ in range(2_000):
        ring(database)
    assert rang(door)


def test_who_stops_is_rung_for_no_more_and_leaves_the_door_to_another(household: Household, database: Path) -> None:
    household.bell.stop()
    household.bell.stop()
    ring(database)
    other = Household(database)
    other.bell.start()
    assert other.heard()
    ring(database)
    assert other.heard()
    other.bell.stop()
    assert not household.heard(0.0)


def test_who_was_stopped_before_the_start_does_not_listen(database: Path) -> None:
    household = Household(database)
    household.bell.stop()
    household.bell.start()
    assert not household.heard(0.0)


def test_where_the_address_is_taken_there_is_no_bell_and_only_who_debugs_is_told(
    database: Path, door: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    household = Household(database)
    household.bell.start()
    ring(database)
    household.bell.stop()
    assert rang(door)
    assert not household.heard(0.0)
    assert [record.levelname for record in caplog.records] == ["DEBUG"]


def test_who_submits_or_asks_over_a_connection_of_his_own_rings(database: Path, door: socket.socket) -> None:
    with closing(open_submissions(url_of(database))) as submissions:
        assert not rang(door)
        submissions.submit([RUN], [TEXT])
        assert rang(door)
    with closing(open_mailbox(url_of(database))) as mailbox:
        mailbox.submit(REQUEST)
        assert rang(door)
    assert not rang(door)


def test_what_is_there_when_it_rings_is_committed(database: Path) -> None:
    found: list[int] = []
    looked = threading.Event()

    def look() -> None:
        with closing(sqlite3.connect(database)) as connection:
            found.extend(connection.execute("SELECT count(*) FROM run").fetchone())
        if found[-1]:
            looked.set()

    bell = Doorbell(database, look)
    bell.start()
    with closing(open_submissions(url_of(database))) as submissions:
        submissions.submit([RUN], [TEXT])
    assert looked.wait(WITHIN)
    bell.stop()
    assert found == [0, 1]


def test_within_a_transaction_of_the_application_nobody_is_rung_for(database: Path, door: socket.socket) -> None:
    with closing(sqlite3.connect(database)) as connection:
        submit(connection, [RUN], [TEXT])
        connection.commit()
    assert not rang(door)
