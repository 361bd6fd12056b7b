"""One batch of the ledger's mail in one transaction: what is shared by all that is posted in it.

Mail and events that a posting causes leave only after the commit; a posting that is rolled back leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cron_actors.core.definitions import job_of
from cron_actors.core.run_log import log_name
from cron_actors.core.statistics import fold
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Launch, RunChanged
from cron_actors.model.job import Job
from cron_actors.model.records import NodeRecord
from cron_actors.model.run import AttemptKey, Cause, Ending, Run, RunState
from cron_actors.model.statistics import JobStatistics
from cron_actors.ports.store import Transaction


@dataclass(slots=True, kw_only=True)
class Node:
    """The node the ledger writes for: its row, the absolute folder of all logs, and what it knows without reading.

    That is the definitions read so far, and the figures of jobs as they stand in the store: nobody else writes them.
    """

    record: NodeRecord
    logs: Path
    jobs: dict[str, Job] = field(default_factory=dict)
    figures: dict[str, JobStatistics] = field(default_factory=dict)
    unresolved: frozenset[str] = frozenset()
    poll_interval: timedelta = timedelta(0)

    @property
    def node(self) -> str:
        """Return the node's uuid."""
        return self.record.node


class Posting:
    """The transaction, the moment it is stamped with, and what is to be sent once it is committed."""

    def __init__(self, transaction: Transaction, node: Node, at: datetime) -> None:
        self.transaction = transaction
        self.node = node
        self.at = at
        self.changes: list[RunChanged] = []
        self.figures: dict[str, JobStatistics] = {}
        self.available: set[str] = set()
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
        log = run.log or str(self.node.logs / log_name(run.job, run.due_at, run.run_id))
        return Launch(run=run, key=key_of(run), job=self.job(run.definition), log=log, node=run.node or self.node.node)

    def note(self, run: Run, ending: Ending | None = None) -> None:
        """Take down that the run stands where it stands now, for the statistics and for whoever listens."""
        self.changes.append(
            RunChanged(
                run_id=run.run_id,
                job=run.job,
                due_at=run.due_at,
                last_due_at=run.last_due_at,
                count=run.count,
                cause=run.cause,
                state=run.state,
                reason=run.reason,
                attempt=run.attempt,
                at=self.at,
                outcome=None if ending is None else ending.outcome,
                error=None if ending is None else ending.error,
                duration=None if ending is None else ending.duration,
                lateness=_lateness(run),
            )
        )
        if run.state is RunState.AVAILABLE:
            self.available.add(run.queue)

    def write_statistics(self) -> None:
        """Fold every change into the figures of its job and write those that changed."""
        touched = {change.job for change in self.changes if _counts(change)}
        if not touched:
            return
        known = self.node.figures
        unread = touched - known.keys()
        if unread:
            known.update(self.transaction.statistics(unread))
        self.figures = {job: known.get(job, JobStatistics()) for job in touched}
        for change in self.changes:
            if change.job in touched:
                self.figures[change.job] = fold(self.figures[change.job], change)
        self.transaction.put_statistics(self.figures)

    def set_logs(self, launches: Iterable[Launch]) -> None:
        """Note the log files of runs that begin their first attempt."""
        logs = {launch.run.run_id: launch.log for launch in launches if launch.run.log is None}
        if logs:
            self.transaction.set_log(logs)


def key_of(run: Run) -> AttemptKey:
    """Return the claim of the run's present attempt."""
    return AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token or "")


def _counts(change: RunChanged) -> bool:
    return change.outcome is not None or change.state in {RunState.EXECUTING, RunState.SKIPPED, RunState.MISSED}


def _lateness(run: Run) -> timedelta | None:
    """Return how late a first attempt began; neither an exempt run nor one that somebody asked for can be late."""
    if run.state is not RunState.EXECUTING or run.attempt != 1 or run.started_at is None:
        return None
    if run.exempt or run.cause is not Cause.SCHEDULE:
        return None
    return run.started_at - run.due_at
