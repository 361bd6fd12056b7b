"""The shell every actor lives in: a pykka actor whose failures are reported and whose mail survives it.

pykka stops an actor whose handler raises and tells nobody; a ``BaseException`` in one actor stops them all. The shell
reports the first to the supervisor and turns the second into the first. The inbox belongs to the directory, not to
the actor: what was told to a dead actor is read by the one that takes its place, and telling never raises.
"""

from __future__ import annotations

import queue
import sys
import threading
from abc import abstractmethod
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

import pykka
from pykka._envelope import Envelope

from cron_actors.actors.dispatcher import SharedInbox
from cron_actors.messages import Address, Crashed

M = TypeVar("M")

Inbox = queue.SimpleQueue[Envelope[Any]] | SharedInbox


@dataclass(frozen=True, slots=True)
class Box:
    """The address of an actor: its mailbox. It stays valid when the actor is restarted."""

    inbox: Inbox

    def tell(self, message: object) -> None:
        """Put the message into the mailbox."""
        self.inbox.put(Envelope(message))


class ActorFailureError(Exception):
    """Something that would have ended the whole process was raised in one actor."""


class Shell(pykka.ThreadingActor, Generic[M]):
    """An actor of name ``name``; a subclass implements ``handle`` and, if it needs to, ``begin``.

    ``handled`` counts the messages handled, for whoever looks after hung actors. ``ready`` is set once ``begin`` is
    over, well or not; ``failure`` then says what went wrong.
    """

    use_daemon_thread = True  # a hung actor must not keep the process from ending

    def __init__(self, name: str, inbox: Inbox, supervisor: Address[Crashed]) -> None:
        super().__init__()
        self.name = name
        self.inbox = inbox
        self.address: Address[M] = Box(inbox)
        self.handled = 0
        self.ready = threading.Event()
        self.failure: str | None = None
        self._supervisor = supervisor
        # pykka makes the inbox in a static method and copies it into the reference: both are replaced by ours, which
        # outlives the actor. SimpleQueue is also about six times faster than the Queue that pykka makes.
        self.actor_inbox = inbox  # type: ignore[assignment]  # a shared one is never asked for its mail by pykka
        self._actor_ref.actor_inbox = inbox  # type: ignore[assignment]  # as above

    @abstractmethod
    def handle(self, message: M) -> object:
        """Do what the message says; what is returned answers an ``ask``."""

    def begin(self) -> None:
        """Run once in the actor's thread before the first message."""

    def on_start(self) -> None:
        try:
            self.begin()
        except BaseException as error:
            self.actor_stopped.set()  # whoever waits for ``ready`` must not wait for this actor any more
            self.failure = _described(error)
            self._report(error)
            if isinstance(error, Exception):
                raise
            raise ActorFailureError(repr(error)) from error
        finally:
            self.ready.set()

    def on_receive(self, message: M) -> object:
        try:
            return self.handle(message)
        except Exception:
            raise
        except BaseException as error:
            raise ActorFailureError(repr(error)) from error
        finally:
            self.handled += 1

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        del exception_type, traceback  # pykka has logged them
        self._report(exception_value)

    def settle_in(self) -> None:
        """Get ready, in the thread of a dispatcher."""
        self._actor_loop_setup()

    def receive(self, envelope: Envelope[Any]) -> None:
        """Handle one message in the thread of a dispatcher, as pykka's loop does in a thread of its own."""
        try:
            response = self._handle_receive(envelope.message)
        except Exception:  # noqa: BLE001 # whatever the handler raised; it ends this actor alone
            if envelope.reply_to is not None:
                envelope.reply_to.set_exception()
                return
            self._handle_failure(*sys.exc_info())
            self.on_failure(*sys.exc_info())
        else:
            if envelope.reply_to is not None:
                envelope.reply_to.set(response)

    def _start_actor_loop(self) -> None:
        if isinstance(self.inbox, SharedInbox):
            self.inbox.attach(self)
        else:
            super()._start_actor_loop()

    def _actor_loop_teardown(self) -> None:
        """Leave the mail where it is: the actor that is started in this one's place reads it."""

    def _report(self, error: BaseException | None) -> None:
        self._supervisor.tell(Crashed(actor=self.name, error=_described(error)))


def _described(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"
