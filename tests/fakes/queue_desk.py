"""The Queue on a node, with its workers and its ledger within reach of a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from cron_actors.actors.queue import QueueActor, Surroundings
from cron_actors.core.admission import Admission
from cron_actors.messages import (
    Adopt,
    Claim,
    Claimed,
    FinishedExecution,
    Granted,
    Held,
    Launch,
    Present,
    Pulse,
    Queues,
    Shares,
    Weigh,
)
from cron_actors.model.queue import Queue, QueueState
from tests.fakes.mail import Outbox, inbox
from tests.fakes.values import NOON, QUEUE
from tests.fakes.workers import FakeRoom, FakeWorkers

DEFAULT = Queue(name=QUEUE, min_workers=0)
PLACES = Surroundings(workers=FakeWorkers(), room=FakeRoom(), max_workers=10, balance_interval=timedelta(seconds=10))


class QueueDesk:
    """The Queue on a node for two processes, its workers and its ledger; the queues have no minimum."""

    def __init__(self, *queues: Queue, processes: int = 2) -> None:
        self.states = tuple(QueueState(queue=queue) for queue in queues or (DEFAULT,))
        self.processes = processes
        self.ledger, self.supervisor = Outbox(), Outbox()
        self.workers, self.room = FakeWorkers(), FakeRoom()
        self.restart()

    def restart(self) -> None:
        """Put a Queue that knows nothing in the place of the one before."""
        surroundings = replace(PLACES, workers=self.workers, room=self.room)
        admission = Admission(PLACES.max_workers, self.processes)
        self.queue = QueueActor(inbox(), self.supervisor, admission, surroundings, self.ledger)
        self.queue.begin()

    def tell(self, *messages: Any) -> None:  # noqa: ANN401 # messages of a queue
        """Have the Queue handle the messages."""
        for message in messages:
            self.queue.handle(message)

    def recall(self, *held: Launch, launched: tuple[Adopt, ...] = ()) -> None:
        """Answer what the Queue asks at its begin."""
        self.tell(Queues(queues=self.states), Held(launches=held, launched=launched))

    def pulse(self, monotonic: float = 0.0) -> None:
        """Have a moment of real time pass."""
        self.tell(Pulse(at=NOON, monotonic=monotonic, ticks=0))

    def said(self) -> list[Any]:
        """Return and forget what the ledger was told, but for what concerns the balance."""
        return [message for message in self.ledger.take() if not isinstance(message, Weigh | Shares)]

    def claims(self) -> list[int]:
        """Return and forget the sizes of the claims since the last look."""
        return [want.runs for message in self.said() if isinstance(message, Claim) for want in message.wants]

    def grant(self, *launches: Launch) -> None:
        """Answer the claim under way."""
        [asked] = self.claims()
        self.tell(granted(asked, *launches))

    def performing(self) -> dict[str, list[int]]:
        """Return the ids of the runs that each worker was given."""
        return {
            worker: [launch.run.run_id for launch in told.of(Launch)]
            for worker, told in self.workers.told.items()
            if told.of(Launch)
        }

    def given_back(self) -> list[int]:
        """Return the ids of the runs that nobody performs any more."""
        return [report.key.run_id for report in self.ledger.of(FinishedExecution)]


def granted(asked: int, *launches: Launch) -> Claimed:
    """Return the answer to a claim of the usual queue."""
    return Claimed(granted=(Granted(queue=QUEUE, asked=asked, launches=launches),))


def present(worker: str, *launches: Launch) -> Present:
    """Return what a worker that performs these answers to a roll call."""
    return Present(worker=worker, keys=tuple(launch.key for launch in launches))
