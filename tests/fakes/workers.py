"""Workers that only take note of what they are told, and disks with as much room as a test wants."""

from __future__ import annotations

from tests.fakes.mail import Outbox


class FakeWorkers:
    """Workers by name; ``told`` holds what their monitors were told."""

    def __init__(self) -> None:
        self.told: dict[str, Outbox] = {}

    def monitor(self, worker: str) -> Outbox:
        return self.told.setdefault(worker, Outbox())

    def hired(self) -> tuple[str, ...]:
        return tuple(self.told)

    def worker_of(self, actor: str) -> str | None:
        worker = actor.removesuffix(" monitor").removesuffix(" task")
        return worker if worker in self.told else None


class FakeRoom:
    """Disks; ``short`` is what they lack."""

    def __init__(self) -> None:
        self.short: str | None = None

    def shortage(self) -> str | None:
        return self.short
