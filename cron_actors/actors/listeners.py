"""Listeners: who is told what was committed; they come and go while the daemon runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from cron_actors.messages import Address, Changed


class Listeners:
    """The addresses that every committed change is told to, from any thread added and removed.

    They belong to the daemon, not to the actor that tells them, and so outlive it.
    """

    def __init__(self, *first: Address[Changed]) -> None:
        self._lock = threading.Lock()
        self._present = first

    def add(self, listener: Address[Changed]) -> None:
        """Have the listener told from the next commit on."""
        with self._lock:
            self._present = (*self._present, listener)

    def remove(self, listener: Address[Changed]) -> None:
        """Tell the listener nothing any more; one that is not there is no error."""
        with self._lock:
            self._present = tuple(present for present in self._present if present is not listener)

    def __iter__(self) -> Iterator[Address[Changed]]:
        return iter(self._present)
