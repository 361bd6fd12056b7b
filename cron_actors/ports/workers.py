"""The workers of a node: pairs of a TaskMonitor and a Task, made when they are first spoken to."""

from __future__ import annotations

from typing import Protocol

from cron_actors.messages import Address, MonitorMessage


class Workers(Protocol):
    """Finds and makes workers by name."""

    def monitor(self, worker: str) -> Address[MonitorMessage]:
        """Return the address of the worker's monitor; the pair is started if there is none of this name."""

    def hired(self) -> tuple[str, ...]:
        """Return the names of the workers made so far."""

    def worker_of(self, actor: str) -> str | None:
        """Return the worker that the actor of this name belongs to, None if it belongs to none."""
