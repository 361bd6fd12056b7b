"""What of a job became due in a window (cursor, until], what is caught up, and what is not run and why.

Every instant of the window is either due or in exactly one account. The rules are those of corners 14 to 19.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cron_actors.core.barred_walk import BarredWalk, Fate, NotRun
from cron_actors.core.bars import Bars
from cron_actors.core.schedule import BEGINNING, Schedule, Stretch
from cron_actors.model.job import CatchUpPolicy, Job
from cron_actors.model.records import Pause
from cron_actors.model.run import Account, Reason, RunState

_INSTANT_BEFORE = timedelta(microseconds=1)
_ALL_AT_ONCE = 10**9
_PAUSED = (RunState.SKIPPED, Reason.PAUSED)
_TOO_LATE = (RunState.MISSED, Reason.TOO_LATE)


@dataclass(frozen=True, slots=True)
class DueInstant:
    """An instant to run; ``exempt`` for the first-seen run of an interval job, whose lateness does not count."""

    at: datetime
    exempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What became of a window: instants to run and accounts of those not run, both oldest first.

    Every instant up to ``cursor_at`` is accounted for. If not ``complete``, the rest of the window is to be evaluated
    from there.
    """

    due: tuple[DueInstant, ...]
    accounts: tuple[Account, ...]
    cursor_at: datetime
    next_due_at: datetime | None
    complete: bool


def evaluate(  # noqa: PLR0913 - a window has two ends, a job and three clocks' worth of facts
    job: Job,
    schedule: Schedule,
    *,
    cursor_at: datetime | None,
    first_seen_at: datetime,
    until: datetime,
    evaluated_at: datetime,
    pauses: Sequence[Pause] = (),
    limit: int = 10_000,
) -> Evaluation:
    """Return what ``job`` owes of (cursor_at, until], seen at ``evaluated_at``; without a cursor it is new.

    A new job owes the newest grid instant of its periodicity, single moments of the past as its catch-up says, and
    nothing of cron at or before ``first_seen_at``. A window that ends at or before the cursor owes nothing and leaves
    the cursor. What a pause or a calendar bars is skipped; while paused the job catches up nothing either. The work of
    one call is bounded by about ``limit`` instants of each kind, that of a first sight is not, nor a look ahead into
    what may be caught up.
    """
    bars = Bars.of(job.when, pauses) if pauses or job.when.exclude else None
    if cursor_at is not None:
        if until <= cursor_at:
            next_due_at = schedule.next_after(cursor_at)
            return Evaluation(due=(), accounts=(), cursor_at=cursor_at, next_due_at=next_due_at, complete=True)
        return _Window(job, evaluated_at, limit, bars).evaluate(schedule, cursor_at, until)
    grid_at = schedule.grid_at_or_before(until)
    past = schedule.at_first_sight(first_seen_at, left_out=grid_at)
    window = _Window(job, evaluated_at, _ALL_AT_ONCE, bars)
    first = window.evaluate(past, BEGINNING, until)
    due, accounts = list(first.due), list(first.accounts)
    if grid_at is not None:
        barred = None if bars is None else bars.reason(grid_at) or (Reason.PAUSED if bars.paused(until) else None)
        if barred is None:
            due.append(DueInstant(grid_at, exempt=True))
        else:
            accounts.append(window.account((RunState.SKIPPED, barred), grid_at, grid_at, 1))
    return Evaluation(
        due=tuple(sorted(due, key=lambda due: due.at)),
        accounts=tuple(sorted(accounts, key=lambda account: account.first_due_at)),
        cursor_at=until,
        next_due_at=schedule.next_after(until),
        complete=True,
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """One look at a job's instants, at ``evaluated_at``."""

    job: Job
    evaluated_at: datetime
    limit: int
    bars: Bars | None

    @property
    def last_late(self) -> datetime:
        """The last moment that is too old to be due and has to be caught up."""
        return self.evaluated_at - self.job.tolerance - _INSTANT_BEFORE

    @property
    def last_too_late(self) -> datetime:
        """The last moment that is too old to be caught up."""
        return min(self.last_late, self.evaluated_at - self.job.catch_up.within - _INSTANT_BEFORE)

    def evaluate(self, schedule: Schedule, cursor_at: datetime, until: datetime) -> Evaluation:
        """Return what becomes of the instants of (cursor_at, until]."""
        if self.bars is None or not self.bars.may_concern(cursor_at, until):
            return self._by_age(schedule, cursor_at, until)
        if self.bars.paused_throughout(cursor_at, until):
            return self._paused(schedule, cursor_at, until)
        return self._one_by_one(schedule, cursor_at, until, self.bars)

    def account(self, fate: NotRun, first_at: datetime, last_at: datetime, count: int) -> Account:
        """Return the account of instants that are not run."""
        return Account(
            job=self.job.identifier,
            state=fate[0],
            reason=fate[1].value,
            first_due_at=first_at,
            last_due_at=last_at,
            count=count,
            recorded_at=self.evaluated_at,
        )

    def _by_age(self, schedule: Schedule, cursor_at: datetime, until: datetime) -> Evaluation:
        """Go through the three ages of instants: too old, to be caught up, on time."""
        last_late = min(until, self.last_late)
        last_too_late = min(until, self.last_too_late)
        accounts: list[Account] = []
        due: list[DueInstant] = []
        for end, keep, fate in ((last_too_late, 0, _TOO_LATE), (last_late, *self._catch_up())):
            if end <= cursor_at:
                continue
            stretch = schedule.stretch(cursor_at, end, keep=keep, limit=self.limit)
            accounts += self._accounts(stretch, fate)
            due += map(DueInstant, stretch.newest)
            if not stretch.complete and stretch.last_at is not None:
                return self._result(schedule, due, accounts, stretch.last_at, complete=False)
            cursor_at = end
        on_time = itertools.takewhile(lambda at: at <= until, schedule.after(cursor_at))
        found = [DueInstant(at) for at in itertools.islice(on_time, self.limit)]
        complete = len(found) < self.limit
        return self._result(schedule, due + found, accounts, until if complete else found[-1].at, complete=complete)

    def _paused(self, schedule: Schedule, cursor_at: datetime, until: datetime) -> Evaluation:
        stretch = schedule.stretch(cursor_at, until, keep=0, limit=self.limit)
        accounts = self._accounts(stretch, _PAUSED)
        if not stretch.complete and stretch.last_at is not None:
            return self._result(schedule, [], accounts, stretch.last_at, complete=False)
        return self._result(schedule, [], accounts, until, complete=True)

    def _one_by_one(self, schedule: Schedule, cursor_at: datetime, until: datetime, bars: Bars) -> Evaluation:
        late: Fate | NotRun = _PAUSED if bars.paused(until) else Fate.LATE

        def sort(at: datetime) -> Fate | NotRun:
            barred = bars.reason(at)
            if barred is not None:
                return RunState.SKIPPED, barred
            if at <= self.last_too_late:
                return _TOO_LATE
            return late if at <= self.last_late else Fate.DUE

        walk = BarredWalk(sort, *self._catch_up())
        complete = walk.go(itertools.takewhile(lambda at: at <= until, schedule.after(cursor_at)), self.limit)
        accounts = [self.account(fate, piece.first_at, piece.last_at, piece.count) for fate, piece in walk.stretches]
        end = until if complete or walk.last_at is None else walk.last_at
        return self._result(schedule, [DueInstant(at) for at in walk.due], accounts, end, complete=complete)

    def _catch_up(self) -> tuple[int, NotRun]:
        """Return how many of the missed instants are run, and what becomes of the others."""
        catch_up = self.job.catch_up
        if catch_up.policy is CatchUpPolicy.ALL:
            return catch_up.cap, (RunState.MISSED, Reason.OVER_CAP)
        if catch_up.policy is CatchUpPolicy.LATEST:
            return 1, (RunState.SKIPPED, Reason.COALESCED)
        return 0, (RunState.MISSED, Reason.DOWN)

    def _accounts(self, stretch: Stretch, fate: NotRun) -> list[Account]:
        if stretch.first_at is None or stretch.last_at is None:
            return []
        return [self.account(fate, stretch.first_at, stretch.last_at, stretch.count)]

    def _result(
        self,
        schedule: Schedule,
        due: list[DueInstant],
        accounts: list[Account],
        cursor_at: datetime,
        *,
        complete: bool,
    ) -> Evaluation:
        return Evaluation(
            due=tuple(due),
            accounts=tuple(accounts),
            cursor_at=cursor_at,
            next_due_at=schedule.next_after(cursor_at),
            complete=complete,
        )
