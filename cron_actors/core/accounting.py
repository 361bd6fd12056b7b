"""How far the instants of each job are accounted for, and what one transaction writes of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cron_actors.core.due import due_run
from cron_actors.core.evaluation import evaluate
from cron_actors.core.schedule import Schedule
from cron_actors.messages import Due
from cron_actors.model.job import Job
from cron_actors.model.records import CursorMove, Pause
from cron_actors.model.run import Account, NewRun

FAR_BEHIND = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What of one job becomes of a window, up to where the cursor moves; ``walked`` instants were walked through.

    If not ``complete``, the rest of the window is another step.
    """

    runs: tuple[NewRun, ...]
    accounts: tuple[Account, ...]
    move: CursorMove
    complete: bool = True
    walked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What a job owes of its next instant if nothing changes until then: one run, due at ``run.due_at``.

    ``following_at`` is the instant after that. The other fields are what it was made of.
    """

    run: NewRun
    following_at: datetime | None
    job: Job
    schedule: Schedule
    definition: str
    cursor_at: datetime

    @classmethod
    def of(cls, entry: Entry) -> Foresight | None:
        """Return that of the entry; None for a job that is new, or over, or that a pause or a calendar may bar."""
        cursor_at, due_at = entry.cursor_at, entry.next_due_at
        if cursor_at is None or due_at is None or entry.pauses or entry.job.when.exclude:
            return None
        return cls(
            run=due_run(entry.job, entry.definition, due_at),
            following_at=entry.schedule.next_after(due_at),
            job=entry.job,
            schedule=entry.schedule,
            definition=entry.definition,
            cursor_at=cursor_at,
        )

    def is_of(self, entry: Entry) -> bool:
        """Say whether nothing has changed since."""
        return (
            self.cursor_at is entry.cursor_at
            and self.job is entry.job
            and self.schedule is entry.schedule
            and self.definition is entry.definition
            and not entry.pauses
        )

    def step(self, until_at: datetime) -> Step | None:
        """Return what becomes of the window up to there; None if that is more, or less, than one run on time."""
        due_at = self.run.due_at
        if not due_at <= until_at <= due_at + self.job.tolerance:
            return None
        if self.following_at is not None and self.following_at <= until_at:
            return None
        move = CursorMove(job=self.job.identifier, cursor_at=until_at, next_due_at=self.following_at)
        return Step(runs=(self.run,), accounts=(), move=move, walked=int(bool(self.job.when.cron)))


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
    _foresight: Foresight | None = field(default=None, init=False, repr=False)

    @property
    def walks(self) -> bool:
        """Say whether its instants are looked at one by one; those of a grid that nothing bars are counted at once."""
        return bool(self.job.when.cron or self.job.when.exclude or self.pauses)

    def lags(self, until_at: datetime) -> bool:
        """Say whether it takes long to evaluate: many instants to walk through."""
        if not self.walks or self.cursor_at is None or self.next_due_at is None:
            return False
        return until_at - self.next_due_at > FAR_BEHIND

    def foresee(self) -> None:
        """Work out what the next instant will owe, so that ``advance`` has less to do then; no change for anybody."""
        if self._foresight is None or not self._foresight.is_of(self):
            self._foresight = Foresight.of(self)

    def advance(self, until_at: datetime, limit: int) -> Step:
        """Evaluate the instants up to ``until_at``, about ``limit`` of them at most, and go on from there."""
        foresight, self._foresight = self._foresight, None
        step = foresight.step(until_at) if foresight is not None and foresight.is_of(self) else None
        step = step or self._evaluate(until_at, limit)
        self.cursor_at, self.next_due_at = step.move.cursor_at, step.move.next_due_at
        return step

    def _evaluate(self, until_at: datetime, limit: int) -> Step:
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
        walked = len(evaluation.due) + sum(account.count for account in evaluation.accounts) if self.walks else 0
        return Step(
            runs=tuple(due_run(self.job, self.definition, due.at, exempt=due.exempt) for due in evaluation.due),
            accounts=tuple(replace(account, definition=self.definition) for account in evaluation.accounts),
            move=CursorMove(
                job=self.job.identifier, cursor_at=evaluation.cursor_at, next_due_at=evaluation.next_due_at
            ),
            complete=evaluation.complete,
            walked=walked,
        )


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is to be written in one transaction; ``walked`` counts the instants it took a walk to find."""

    runs: list[NewRun] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    moves: list[CursorMove] = field(default_factory=list)
    walked: int = 0

    def add(self, step: Step) -> None:
        """Take in what became due of one job, what was not run, and how far that goes."""
        self.runs += step.runs
        self.accounts += step.accounts
        self.moves.append(step.move)
        self.walked += step.walked

    def due(self) -> Due | None:
        """Return the message to the ledger, None if there is nothing to write."""
        if not self.moves:
            return None
        return Due(runs=tuple(self.runs), accounts=tuple(self.accounts), moves=tuple(self.moves))
