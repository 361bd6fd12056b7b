"""Addresses that remember what they were told, and a post office for actors that were never started."""

from __future__ import annotations

import queue
from typing import Any, TypeVar

from cron_actors.actors.shell import Inbox, Shell

M = TypeVar("M")


class Outbox:
    """An address that keeps what it is told, in order."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def tell(self, message: object) -> None:
        self.messages.append(message)

    def take(self) -> list[Any]:
        """Return what came since the last look."""
        messages, self.messages = self.messages, []
        return messages

    def of(self, kind: type[M]) -> list[M]:
        """Return the messages of one type, without taking them."""
        return [message for message in self.messages if isinstance(message, kind)]


def inbox() -> Inbox:
    """Return an empty mailbox."""
    return queue.SimpleQueue()


def deliver(actor: Shell[Any], *, most: int = 1000) -> int:
    """Have an actor that was never started handle the mail in its box, at most ``most``; return how much it was."""
    for number in range(most):
        try:
            envelope = actor.inbox.get_nowait()
        except queue.Empty:
            return number
        actor.handle(envelope.message)
    return most
