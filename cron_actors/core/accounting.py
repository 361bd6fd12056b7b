"""How far the instants of each job are accounted for, and what one transaction writes of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cron_actors.core.due import due_run
from cron_actors.core.evaluation import Evaluation, evaluate
from cron_actors.core.schedule import Schedule
from cron_actors.messages import Due
from cron_actors.model.job import Job
from cron_actors.model.records import CursorMove, Pause
from cron_actors.model.run import Account, NewRun

FAR_BEHIND = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class Entry:
    """A job in force: up to ``cursor_at`` its instants are accounted for, ``next_due_at`` is the one that follows."""

    job: Job
    schedule: Schedule
    definition: str
    first_seen_at: datetime
    cursor_at: datetime | None
    next_due_at: datetime | None
    pauses: tuple[Pause, ...] = ()

    @property
    def walks(self) -> bool:
        """Say whether its instants are looked at one by one; those of a grid that nothing bars are counted at once."""
        return bool(self.job.when.cron or self.job.when.exclude or self.pauses)

    def lags(self, until_at: datetime) -> bool:
        """Say whether it takes long to evaluate: many instants to walk through."""
        if not self.walks or self.cursor_at is None or self.next_due_at is None:
            return False
        return until_at - self.next_due_at > FAR_BEHIND

    def advance(self, until_at: datetime, limit: int) -> Evaluation:
        """Evaluate the instants up to ``until_at``, about ``limit`` of them at most, and go on from there."""
        evaluation = evaluate(
            self.job,
            self.schedule,
            cursor_at=self.cursor_at,
            first_seen_at=self.first_seen_at,
            until=until_at,
            evaluated_at=until_at,
            pauses=self.pauses,
            limit=limit,
        )
        self.cursor_at, self.next_due_at = evaluation.cursor_at, evaluation.next_due_at
        return evaluation


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is to be written in one transaction; ``walked`` counts the instants it took a walk to find."""

    runs: list[NewRun] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    moves: list[CursorMove] = field(default_factory=list)
    walked: int = 0

    def add(self, entry: Entry, evaluation: Evaluation) -> None:
        """Take in what became due of one job, what was not run, and how far that goes."""
        job = entry.job
        self.runs += [due_run(job, entry.definition, due.at, exempt=due.exempt) for due in evaluation.due]
        self.accounts += [replace(account, definition=entry.definition) for account in evaluation.accounts]
        if entry.walks:
            self.walked += len(evaluation.due) + sum(account.count for account in evaluation.accounts)
        self.moves.append(
            CursorMove(job=job.identifier, cursor_at=evaluation.cursor_at, next_due_at=evaluation.next_due_at)
        )

    def due(self) -> Due | None:
        """Return the message to the ledger, None if there is nothing to write."""
        if not self.moves:
            return None
        return Due(runs=tuple(self.runs), accounts=tuple(self.accounts), moves=tuple(self.moves))
