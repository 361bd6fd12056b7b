"""The directory of actors: names, mailboxes, how each actor is made, and how far each has come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pykka

from cron_actors.actors.dispatcher import Dispatcher
from cron_actors.actors.shell import Box, Inbox, Shell
from cron_actors.errors import StartError
from cron_actors.messages import Address

M = TypeVar("M")

READY_WITHIN = 30.0  # seconds an actor may take to get ready


@dataclass(frozen=True, slots=True)
class Vitals:
    """How far an actor has come, and how much mail waits for it."""

    name: str
    handled: int
    waiting: int


class Directory:
    """Makes, finds, restarts and stops the actors of one daemon; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inboxes: dict[str, Inbox] = {}
        self._makers: dict[str, Callable[[Inbox], Shell[Any]]] = {}
        self._actors: dict[str, Shell[Any]] = {}
        self._dispatchers: list[Dispatcher] = []
        self._stopped = False

    def dispatcher(self, name: str) -> Dispatcher:
        """Return a new thread that several actors can share; it ends with ``stop``."""
        dispatcher = Dispatcher(name)
        with self._lock:
            self._dispatchers.append(dispatcher)
        return dispatcher

    def address(self, name: str, dispatcher: Dispatcher | None = None) -> Address[Any]:
        """Return the address of the actor of this name, which need not exist yet.

        The first to ask says whether it shares the thread of a dispatcher or has one of its own.
        """
        with self._lock:
            inbox = self._inboxes.get(name)
            if inbox is None:
                inbox = queue.SimpleQueue() if dispatcher is None else dispatcher.inbox()
                self._inboxes[name] = inbox
            return Box(inbox)

    def start(self, name: str, make: Callable[[Inbox], Shell[Any]]) -> None:
        """Make the actor, start it and return when it is ready; ``make`` is kept for restarts.

        Raises StartError if it does not get ready.
        """
        with self._lock:
            self._makers[name] = make
        self.restart(name)
        with self._lock:
            actor = self._actors.get(name)
        if actor is None:
            raise StartError(f"the {name} was not started: everything is being stopped")
        if not actor.ready.wait(READY_WITHIN):
            raise StartError(f"the {name} did not get ready within {READY_WITHIN:g} s")
        if actor.failure is not None:
            raise StartError(f"the {name} could not start: {actor.failure}")

    def restart(self, name: str) -> None:
        """Make a new actor of this name, which goes on with the mail of the old one; not after ``stop``."""
        with self._lock:
            inbox = self._inboxes.setdefault(name, queue.SimpleQueue())
            make = self._makers[name]
            actor = self._actors.get(name)
            if actor is not None and not actor.actor_stopped.is_set():
                return  # two of them would share one mailbox
        actor = make(inbox)  # without the lock: an actor may look up addresses while it is made
        with self._lock:
            if self._stopped:
                return  # nobody would stop it any more
            self._actors[name] = actor
        pykka.ActorRegistry.register(actor.actor_ref)
        actor._start_actor_loop()  # noqa: SLF001 # what pykka's start() does once it has made the actor itself

    def ask(self, name: str, question: object, timeout: float) -> Any:  # noqa: ANN401 # the answer's type depends on the question
        """Return the actor's answer; only for the edges of the program. Raises StartError if none comes in time."""
        with self._lock:
            actor = self._actors.get(name)
        if actor is None:
            raise StartError(f"the {name} is not running")
        try:
            return actor.actor_ref.ask(question, timeout=timeout)
        except (pykka.Timeout, pykka.ActorDeadError) as error:
            raise StartError(f"the {name} did not answer within {timeout:g} s") from error

    def vitals(self) -> list[Vitals]:
        """Return how far each living actor has come."""
        with self._lock:
            actors = list(self._actors.items())
        return [
            Vitals(name, actor.handled, self._inboxes[name].qsize())
            for name, actor in actors
            if not actor.actor_stopped.is_set()
        ]

    def stop(self, timeout: float) -> None:
        """Stop every actor, the last one started first; an actor that hangs is left behind after ``timeout`` s."""
        with self._lock:
            self._stopped = True
            actors = list(self._actors.values())
            self._actors.clear()
        for actor in reversed(actors):
            try:
                actor.actor_ref.stop(timeout=timeout)
            except pykka.Timeout:
                continue
        for dispatcher in self._dispatchers:
            dispatcher.close(timeout)
