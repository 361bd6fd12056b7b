"""A real store that can be told to refuse, and that counts what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

from cron_actors.errors import StoreBusyError
from cron_actors.ports.store import Store, Transaction


class Refusal(Enum):
    """The moment at which the store says that it is busy."""

    LOOK = auto()
    BEGIN = auto()
    COMMIT = auto()


class FlakyStore:
    """Wraps a store; while ``refuses`` is set, that step raises StoreBusyError and nothing is written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.refuses: Refusal | None = None
        self.commits = 0
        self.looks = 0
        self.rests = 0

    def open(self) -> None:
        self._store.open()

    def make_ready(self) -> None:
        self._store.make_ready()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Begin a transaction, or refuse at its beginning or end."""
        self._step(Refusal.BEGIN)
        with self._store.begin() as transaction:
            yield transaction
            self._step(Refusal.COMMIT)
        self.commits += 1

    def changed_elsewhere(self) -> bool:
        self._step(Refusal.LOOK)
        self.looks += 1
        return self._store.changed_elsewhere()

    def rest(self) -> None:
        self.rests += 1
        self._store.rest()

    def close(self) -> None:
        self._store.close()

    def _step(self, step: Refusal) -> None:
        if self.refuses is step:
            raise StoreBusyError("database or disk is full")
