"""Fixtures of the actors' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cron_actors.adapters.stores.urls import open_store
from tests.fakes.ledger_desk import LedgerDesk


@pytest.fixture
def desk() -> Iterator[LedgerDesk]:
    """Return a ledger on an empty store in memory."""
    store = open_store("sqlite://")
    store.open()
    yield LedgerDesk(store)
    store.close()
