"""One store after another, opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cron_actors.ports.store import Mailbox, Reader
from tests.contracts.store_contract import PLACES, AnyStore


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyStore]:
    store = PLACES[request.param](tmp_path)
    store.open()
    yield store
    store.close()


@pytest.fixture
def reader(store: AnyStore) -> Iterator[Reader]:
    reader = store.reader()
    yield reader
    reader.close()


@pytest.fixture
def mailbox(store: AnyStore) -> Iterator[Mailbox]:
    mailbox = store.mailbox()
    yield mailbox
    mailbox.close()
