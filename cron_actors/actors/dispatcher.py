"""A thread that many actors share: it has them handle their mail in the order in which it came.

An actor with a thread of its own costs a switch between threads for every message, and under Python's interpreter lock
that costs more than the message. The actors of all workers do little at a time and never wait, so one thread serves
them; Akka calls that a dispatcher. What each of them may count on is the same: one message at a time, in order.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Any, Protocol

from pykka._envelope import Envelope


class Resident(Protocol):
    """An actor whose mail a dispatcher delivers."""

    actor_stopped: threading.Event

    def settle_in(self) -> None:
        """Get ready; called once, before the first message."""

    def receive(self, envelope: Envelope[Any]) -> None:
        """Handle one message; an error ends the actor, and is not raised."""


class SharedInbox:
    """The mailbox of an actor that has no thread of its own; mail for a dead one waits for the one in its place."""

    def __init__(self, ready: queue.SimpleQueue[SharedInbox | None]) -> None:
        self._ready = ready
        self._mail: deque[Envelope[Any]] = deque()
        self._resident: Resident | None = None
        self._new = False

    def put(self, envelope: Envelope[Any]) -> None:
        """Add the message; one more look at this box is due."""
        self._mail.append(envelope)
        self._ready.put(self)

    def get_nowait(self) -> Envelope[Any]:
        """Take the next message; raises ``queue.Empty`` if there is none."""
        try:
            return self._mail.popleft()
        except IndexError:
            raise queue.Empty from None

    def qsize(self) -> int:
        """Return how many messages wait."""
        return len(self._mail)

    def attach(self, resident: Resident) -> None:
        """Have this actor handle the mail from now on."""
        self._resident, self._new = resident, True
        self._ready.put(self)

    def deliver(self) -> None:
        """Have the actor handle one message, if there is one and an actor to do so; called by the dispatcher alone."""
        resident = self._resident
        if resident is None:
            return
        if self._new:
            self._new = False
            resident.settle_in()
            for _ in range(len(self._mail)):  # the looks that were due while there was no actor have passed
                self._ready.put(self)
        elif self._mail and not resident.actor_stopped.is_set():
            resident.receive(self._mail.popleft())


class Dispatcher:
    """The thread, from its making to ``close``."""

    def __init__(self, name: str) -> None:
        self._ready: queue.SimpleQueue[SharedInbox | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def inbox(self) -> SharedInbox:
        """Return a new mailbox that is served by this thread."""
        return SharedInbox(self._ready)

    def close(self, timeout: float) -> None:
        """End the thread once it has handled what has come so far; a hung one is left behind after ``timeout`` s."""
        self._ready.put(None)
        self._thread.join(timeout)

    def _serve(self) -> None:
        while (box := self._ready.get()) is not None:
            box.deliver()
