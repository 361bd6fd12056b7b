"""One batch of the ledger's mail in one transaction: what is shared by all that is posted in it.

Mail and events that a posting causes leave only after the commit; a posting that is rolled back leaves no trace.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cron_actors.core.changes import change_of
from cron_actors.core.definitions import job_of
from cron_actors.core.run_log import log_name
from cron_actors.core.statistics import ends_something
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Cancel, Launch, RunChanged
from cron_actors.model.job import Job
from cron_actors.model.records import JobRecord, NodeRecord
from cron_actors.model.run import AttemptKey, Ending, Identity, Run, RunState
from cron_actors.ports.store import Transaction


@dataclass(slots=True, kw_only=True)
class Node:
    """The node the ledger writes for: its row, the absolute folder of all logs, and what it knows without reading.

    That is the definitions read so far and the runs claimed, as they stand in the store: nobody else writes them.
    ``boot`` tells the boot of the machine, or the start of the container, from others. ``unresolved`` are the jobs
    whose function cannot be found. ``waiting`` holds those of which runs wait for the end of another, and perhaps some
    more. ``loads`` counts the loads; ``revised`` holds the number of the last one that gave a job another schedule or
    none. ``commits`` counts the commits, ``unfolded`` the changes that the store has put aside for the figures.
    """

    record: NodeRecord
    logs: Path
    boot: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    held: dict[int, Run] = field(default_factory=dict)
    unresolved: frozenset[str] = frozenset()
    waiting: set[str] = field(default_factory=set)
    loads: int = 0
    revised: dict[str, int] = field(default_factory=dict)
    commits: int = 0
    unfolded: int = 0
    poll_interval: timedelta = timedelta(0)

    @property
    def node(self) -> str:
        """Return the node's uuid."""
        return self.record.node

    def log_of(self, job: str, due_at: datetime, run_id: int) -> str:
        """Return the absolute path of a run's log."""
        return os.path.join(self.logs, log_name(job, due_at, run_id))  # noqa: PTH118 # this runs for every run: Path is slower


class Posting:
    """The transaction, the moment it is stamped with, and what is to be sent once it is committed."""

    def __init__(self, transaction: Transaction, node: Node, at: datetime) -> None:
        self.transaction = transaction
        self.node = node
        self.at = at
        self.changes: list[RunChanged] = []
        self.unfolded = 0  # changes put aside for the figures, less those folded
        self.available: set[str] = set()
        self.cancels: list[Cancel] = []
        self.claimed: dict[int, Run] = {}
        self.begun: dict[AttemptKey, Identity] = {}
        self.revised: dict[str, JobRecord] = {}
        self.rewound = False  # whether cursors were reset

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

    def note(self, run: Run, ending: Ending | None = None, held: Run | None = None) -> None:
        """Take down that the run stands where it stands now, for the statistics and for whoever listens.

        Of an attempt that ended, ``held`` is the run as it was before.
        """
        self.changes.append(change_of(run, self.at, ending, held))
        if run.state is RunState.AVAILABLE:
            self.available.add(run.queue)

    def count(self) -> None:
        """Have the figures count what ended."""
        ended = [change for change in self.changes if ends_something(change)]
        if ended:
            self.transaction.count(ended)
            self.unfolded += len(ended)

    def fold(self, limit: int | None = None) -> None:
        """Fold changes that the figures count already, so many of them or all."""
        self.unfolded -= self.transaction.fold_statistics(limit)

    def write_begun(self) -> None:
        """Write the processes of the attempts that began and have not ended in this very posting."""
        if self.begun:
            self.transaction.begin_attempts(list(self.begun.items()))


def key_of(run: Run) -> AttemptKey:
    """Return the claim of the run's present attempt."""
    return AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token or "")
