"""One batch of the ledger's mail in one transaction: what is shared by all that is posted in it.

Mail and events that a posting causes leave only after the commit; a posting that is rolled back leaves no trace.
"""

from __future__ import annotations

from datetime import datetime

from cron_actors.actors.postings.node import Node, Pace
from cron_actors.core.changes import change_of, end_of, submission_of
from cron_actors.core.definitions import job_of
from cron_actors.errors import InvalidValueError
from cron_actors.messages import (
    Cancel,
    Delayed,
    Drain,
    Drained,
    Launch,
    LedgerMessage,
    QueueMessage,
    RunChanged,
    SchedulerMessage,
)
from cron_actors.model.job import Job
from cron_actors.model.queue import QueueState
from cron_actors.model.records import JobRecord
from cron_actors.model.run import AttemptKey, Cause, Identity, Reason, Run, RunState, Settlement
from cron_actors.ports.store import Transaction


class Posting:
    """The transaction, the moment it is stamped with, and what is to be sent once it is committed."""

    def __init__(self, transaction: Transaction, node: Node, at: datetime) -> None:
        self.transaction = transaction
        self.node = node
        self.at = at
        self.to_scheduler: list[SchedulerMessage] = []
        self.to_queue: list[QueueMessage] = []
        self.reminders: list[LedgerMessage] = []  # that the ledger tells itself
        self.changes: list[RunChanged] = []
        self.available: set[str] = set()
        self.cancels: list[Cancel] = []
        self.claimed: dict[int, Run] = {}
        self.begun: dict[AttemptKey, Identity] = {}
        self.ended: list[tuple[Run, Settlement]] = []  # ends of attempts that are written all at once
        self.revised: dict[str, JobRecord] = {}
        self.rewound = False  # whether cursors were reset
        self.queues: dict[str, QueueState] | None = None  # where they have changed
        self.paces: dict[str, Pace] = {}
        self.earliest: datetime | None = None  # instant that a run has begun to wait for
        self.left_waiting = False  # whether a run waits no more for an instant
        self.delayed: Delayed | None = None
        self.arrived: int | None = None
        self.introduced: set[int] = set()  # submitted runs that something became of before anybody looked for them
        self.awaited: list[tuple[int, int]] = []  # cancels under way: run, request
        self.answered: list[int] = []  # runs of which no cancel is under way any more
        self.folded: int | None = 0
        self.drain: Drain | None = None  # to the Queue, after all else
        self.drained: Drained | None = None  # to the events, after all else

    def job(self, definition: str) -> Job:
        """Return the job of a stored definition.

        Raises InvalidValueError if it cannot be read any more.
        """
        job = self.node.jobs.get(definition)
        if job is None:
            text = self.transaction.definitions([definition]).get(definition)
            if text is None:
                raise InvalidValueError(f"there is no definition {definition!r}")
            job = job_of(text)
            self.node.jobs[definition] = job
        return job

    def queue(self, name: str) -> QueueState | None:
        """Return the queue as it is in force, None if there is none of this name."""
        return (self.node.queues if self.queues is None else self.queues).get(name)

    def launch(self, run: Run) -> Launch:
        """Return the order to perform a claimed run."""
        log = run.log or self.node.log_of(run.job, run.due_at, run.run_id)
        return Launch(run=run, key=key_of(run), job=self.job(run.definition), log=log, node=run.node or self.node.node)

    def claim(self, queue: str, slots: int) -> list[Run]:
        """Take up to so many runs of the queue for this node."""
        runs = self.transaction.claim(queue, slots, self.node.node, self.at, self.node.log_of)
        self.claimed.update((run.run_id, run) for run in runs)
        return runs

    def held(self, run_id: int) -> Run | None:
        """Return the run as it was when it was claimed, if nothing has changed it since; else as it is stored."""
        return self.claimed.get(run_id) or self.node.held.get(run_id) or self.transaction.run(run_id)

    def request_cancel(self, run_id: int, reason: str | None = None) -> None:
        """Note that the run is to be cancelled, and why if nobody asked for it."""
        self.transaction.request_cancel(run_id, reason)
        self.forget(run_id)

    def revise(self, record: JobRecord) -> None:
        """Note that the Scheduler has to learn this row; what it sent before it has is not written."""
        self.node.loads += 1
        self.node.revised[record.identifier] = self.node.loads
        self.revised[record.identifier] = record

    def forget(self, run_id: int) -> None:
        """Read the run anew when it is needed again."""
        self.claimed.pop(run_id, None)
        self.node.held.pop(run_id, None)

    def note(self, run: Run, was: RunState | None = None) -> None:
        """Take down that the run stands where it stands now, and ``was`` before, for whoever listens."""
        if was is not None and run.cause is Cause.SUBMITTED and not self.knows(run.run_id):
            self._introduce(run, was)
        self.changes.append(change_of(run, self.at, was))
        self._consider(run.state, run.queue, run.scheduled_at)
        if was in DELAYED:
            self.left_waiting = True

    def note_end(self, held: Run, end: Settlement) -> None:
        """Take down that the attempt which held the run has ended, for the statistics and for whoever listens."""
        self.changes.append(end_of(held, end))
        self._consider(end.state, held.queue, end.scheduled_at)

    def knows(self, run_id: int) -> bool:
        """Say whether everybody was told that the run, which another process submitted, was written down."""
        arrived = self.node.arrived if self.arrived is None else self.arrived
        return run_id <= arrived or run_id in self.introduced or run_id in self.node.introduced

    def _introduce(self, run: Run, was: RunState) -> None:
        """Tell of the submission first: a queue may find the run before the ledger looks for what has arrived."""
        reason = Reason.DELAYED if was is RunState.SCHEDULED else None
        self.changes.append(submission_of(run, self.at, was, reason))
        self.introduced.add(run.run_id)

    def _consider(self, state: RunState, queue: str, scheduled_at: datetime | None) -> None:
        if state is RunState.AVAILABLE:
            self.available.add(queue)
        elif scheduled_at is not None and state in DELAYED:
            self.earliest = scheduled_at if self.earliest is None else min(self.earliest, scheduled_at)

    def journal(self) -> None:
        """Append what was noted to the journal of events."""
        if self.changes:
            self.transaction.journal(self.changes)

    def fold(self, limit: int | None = None) -> None:
        """Fold changes that the figures count already, so many of them or all."""
        folded = self.transaction.fold_statistics(limit)
        self.folded = None if limit is None or folded < limit else folded

    def write_begun(self) -> None:
        """Write the processes of the attempts that began and have not ended in this very posting."""
        if self.begun:
            self.transaction.begin_attempts(list(self.begun.items()))

    def committed(self) -> None:
        """Let the node know what has become true with the commit."""
        node = self.node
        node.commits += 1
        node.unfolded = (0 if self.folded is None else node.unfolded - self.folded) + len(self.changes)
        node.held.update(self.claimed)
        node.paces |= self.paces
        if self.queues is not None:
            node.queues = self.queues
        if self.delayed is not None:
            node.delayed_at = self.delayed.at
        node.introduced |= self.introduced
        if self.arrived is not None:
            node.arrived = self.arrived
            node.introduced = {run_id for run_id in node.introduced if run_id > self.arrived}
        for run_id, request_id in self.awaited:
            node.cancelling.setdefault(run_id, set()).add(request_id)
        for run_id in self.answered:
            node.cancelling.pop(run_id, None)


DELAYED = frozenset({RunState.SCHEDULED, RunState.RETRYABLE})
"""The states in which a run may wait for an instant."""


def key_of(run: Run) -> AttemptKey:
    """Return the claim of the run's present attempt."""
    return AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token or "")
