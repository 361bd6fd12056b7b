"""A Scheduler that is not started, among addresses that note what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cron_actors.actors.scheduler import SchedulerActor
from cron_actors.messages import ActiveJob, ActiveRun, Due, Loaded, Pulse, Tick
from cron_actors.model.job import Job
from cron_actors.model.records import JobRecord
from tests.fakes.mail import Outbox, inbox
from tests.fakes.values import NOON


class SchedulerDesk:
    """A Scheduler and all it talks to."""

    def __init__(self) -> None:
        self.timer, self.ledger, self.queue, self.supervisor = Outbox(), Outbox(), Outbox(), Outbox()
        self.scheduler = SchedulerActor(inbox(), self.supervisor, self.timer, self.ledger, self.queue)
        self.scheduler.begin()
        self.ledger.take()
        self.number = 0

    def tell(self, *messages: Any) -> None:  # noqa: ANN401 # messages of a Scheduler
        for message in messages:
            self.scheduler.handle(message)

    def load(self, *jobs: Job, cursor_at: datetime | None = NOON, running: Sequence[ActiveRun] = ()) -> None:
        active = tuple(
            ActiveJob(
                record=JobRecord(
                    identifier=job.identifier,
                    source="file",
                    definition=f"definition of {job.identifier}",
                    first_seen_at=NOON,
                    changed_at=NOON,
                    cursor_at=cursor_at,
                ),
                job=job,
            )
            for job in jobs
        )
        order = tuple(job.identifier for job in jobs)
        self.tell(Loaded(jobs=active, statistics={}, running=tuple(running), order=order))

    def tick(self, until_at: datetime) -> None:
        self.number += 1
        self.tell(Tick(since_at=NOON, until_at=until_at, number=self.number))

    def pulse(self, monotonic: float, at: datetime = NOON) -> None:
        self.tell(Pulse(at=at, monotonic=monotonic, ticks=self.number))

    def dues(self) -> list[list[datetime]]:
        """Return and forget the instants of every Due sent since the last look."""
        return [[run.due_at for run in due.runs] for due in self.ledger.take() if isinstance(due, Due)]
