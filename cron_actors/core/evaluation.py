"""What of a job became due in a window (cursor, until], what is caught up, and what is not run and why.

Every instant of the window is either due or in exactly one account. The rules are those of corners 14 to 19.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from cron_actors.core.schedule import BEGINNING, Schedule, Stretch
from cron_actors.model.job import CatchUpPolicy, Job
from cron_actors.model.run import Account, Reason, RunState

_INSTANT_BEFORE = timedelta(microseconds=1)
_ALL_AT_ONCE = 10**9


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
    limit: int = 10_000,
) -> Evaluation:
    """Return what ``job`` owes of (cursor_at, until], seen at ``evaluated_at``; without a cursor it is new.

    A new job owes the newest grid instant of its periodicity, single moments of the past as its catch-up says, and
    nothing of cron at or before ``first_seen_at``. A window that ends at or before the cursor owes nothing and leaves
    the cursor. The work of one call is bounded by about ``limit`` instants of each kind, that of a first sight is not.
    """
    if cursor_at is not None:
        if until <= cursor_at:
            next_due_at = schedule.next_after(cursor_at)
            return Evaluation(due=(), accounts=(), cursor_at=cursor_at, next_due_at=next_due_at, complete=True)
        return _Window(job, evaluated_at, limit).evaluate(schedule, cursor_at, until)
    grid_at = schedule.grid_at_or_before(until)
    past = schedule.at_first_sight(first_seen_at, left_out=grid_at)
    first = _Window(job, evaluated_at, _ALL_AT_ONCE).evaluate(past, BEGINNING, until)
    exempt = () if grid_at is None else (DueInstant(grid_at, exempt=True),)
    return Evaluation(
        due=tuple(sorted(first.due + exempt, key=lambda due: due.at)),
        accounts=first.accounts,
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

    def evaluate(self, schedule: Schedule, cursor_at: datetime, until: datetime) -> Evaluation:
        """Go through the three ages of instants: too old, to be caught up, on time."""
        last_late = min(until, self.evaluated_at - self.job.tolerance - _INSTANT_BEFORE)
        last_too_late = min(last_late, self.evaluated_at - self.job.catch_up.within - _INSTANT_BEFORE)
        accounts: list[Account] = []
        due: list[DueInstant] = []
        for end, keep, state, reason in (
            (last_too_late, 0, RunState.MISSED, Reason.TOO_LATE),
            (last_late, *self._catch_up()),
        ):
            if end <= cursor_at:
                continue
            stretch = schedule.stretch(cursor_at, end, keep=keep, limit=self.limit)
            accounts += self._accounts(stretch, state, reason)
            due += map(DueInstant, stretch.newest)
            if not stretch.complete and stretch.last_at is not None:
                return self._result(schedule, due, accounts, stretch.last_at, complete=False)
            cursor_at = end
        on_time = itertools.takewhile(lambda at: at <= until, schedule.after(cursor_at))
        found = [DueInstant(at) for at in itertools.islice(on_time, self.limit)]
        complete = len(found) < self.limit
        return self._result(schedule, due + found, accounts, until if complete else found[-1].at, complete=complete)

    def _catch_up(self) -> tuple[int, RunState, Reason]:
        """Return how many of the missed instants are run, and what becomes of the others."""
        catch_up = self.job.catch_up
        if catch_up.policy is CatchUpPolicy.ALL:
            return catch_up.cap, RunState.MISSED, Reason.OVER_CAP
        if catch_up.policy is CatchUpPolicy.LATEST:
            return 1, RunState.SKIPPED, Reason.COALESCED
        return 0, RunState.MISSED, Reason.DOWN

    def _accounts(self, stretch: Stretch, state: RunState, reason: Reason) -> list[Account]:
        if stretch.first_at is None or stretch.last_at is None:
            return []
        account = Account(
            job=self.job.identifier,
            state=state,
            reason=reason.value,
            first_due_at=stretch.first_at,
            last_due_at=stretch.last_at,
            count=stretch.count,
            recorded_at=self.evaluated_at,
        )
        return [account]

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
