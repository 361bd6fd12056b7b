"""Why a job did or did not run at an instant: which of the possible answers holds, from what the store knows.

What is written down comes first; where nothing is, the schedule, the pauses and the cursor say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cron_actors.core.bars import Bars
from cron_actors.core.pausing import pause_at
from cron_actors.core.schedule import BEGINNING, Schedule
from cron_actors.model.records import JobRecord, NodeRecord, Pause
from cron_actors.model.run import Cause, Reason, Run, RunState

_INSTANT = timedelta(microseconds=1)
_LOOKS_BACK = tuple(timedelta(hours=hours) for hours in (1, 24, 24 * 8, 24 * 32, 24 * 367, 24 * 366 * 40))
_NO_LIMIT = 10**9


class Answer(StrEnum):
    """The kinds of answers."""

    RAN = "ran"
    RUNNING = "running"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    MISSED = "missed"
    NOT_DUE = "not due"
    NOT_YET_DUE = "not yet due"
    UNDECIDED = "undecided"
    NOT_LOADED = "not loaded"
    NOT_YET_SEEN = "not yet seen"
    REMOVED = "removed"
    BEFORE_CHANGE = "before change"
    NO_RECORD = "no record"


_BY_STATE = {
    RunState.SCHEDULED: Answer.WAITING,
    RunState.AVAILABLE: Answer.WAITING,
    RunState.RETRYABLE: Answer.WAITING,
    RunState.EXECUTING: Answer.RUNNING,
    RunState.LAUNCHED: Answer.RUNNING,
    RunState.COMPLETED: Answer.RAN,
    RunState.DISCARDED: Answer.RAN,
    RunState.SKIPPED: Answer.SKIPPED,
    RunState.MISSED: Answer.MISSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the job around the instant ``at``, seen at ``now``.

    ``rows`` are the runs and stretches that cover the instant, ``nodes`` the daemons that there were, ``schedule`` and
    ``bars`` are the present ones. None stands for what the store does not know, or cannot read any more.
    """

    at: datetime
    now: datetime
    record: JobRecord | None
    schedule: Schedule | None
    bars: Bars | None
    pauses: Sequence[Pause] = ()
    rows: Sequence[Run] = ()
    nodes: Sequence[NodeRecord] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A stretch of time without a daemon: from the last sign of life of one, None if there was none, to a start."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer: its kind and what it rests on, as far as that is known.

    ``reason`` says why the instant is not run, or will not be. ``absence`` is the downtime that the instant of a row
    fell into, ``calendars`` names what holds the instant, as far as the job still says so. ``before`` and ``after`` are
    the nearest due instants of the present schedule, told where the instant itself is none.
    """

    answer: Answer
    run: Run | None = None
    reason: Reason | None = None
    pause: Pause | None = None
    absence: Absence | None = None
    calendars: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None


def inquire(facts: Facts) -> Finding:
    """Return why the job did or did not run at the instant."""
    row = _row(facts)
    if row is not None:
        pause = pause_at(facts.pauses, facts.at) if row.reason == Reason.PAUSED else None
        absence = absence_at(facts.nodes, facts.at)
        if absence is not None and row.started_at is not None and row.started_at < absence.until:
            absence = None  # a daemon that was killed began it after its last heartbeat
        return Finding(answer=_answer(row), run=row, pause=pause, absence=absence, calendars=_calendars(facts, row))
    record, at = facts.record, facts.at
    if record is None or facts.schedule is None:
        return Finding(answer=Answer.NOT_LOADED)
    if at < record.first_seen_at:
        return Finding(answer=Answer.NOT_YET_SEEN)
    if record.removed_at is not None and at > record.removed_at:
        return Finding(answer=Answer.REMOVED)
    if not _names(facts.schedule, at):
        answer = Answer.BEFORE_CHANGE if at < record.changed_at else Answer.NOT_DUE
        return Finding(answer=answer, before=_before(facts.schedule, at), after=facts.schedule.next_after(at))
    return _unrecorded(facts, record, facts.schedule)


def absence_at(nodes: Sequence[NodeRecord], at: datetime) -> Absence | None:
    """Return the stretch without a daemon that holds the instant and that a later start has ended; None if none does.

    A daemon that was killed was there until its last heartbeat; one that was suspended was there all the time.
    """
    signs = [(node.started_at, node.stopped_at or node.heartbeat_at) for node in nodes]
    starts = [started for started, _ in signs if started > at]
    ends = [ended for started, ended in signs if started <= at]
    if not starts or any(ended >= at for ended in ends):
        return None
    return Absence(since=max(ends, default=None), until=min(starts))


def _calendars(facts: Facts, row: Run | None = None) -> tuple[str, ...]:
    """Return the names of the calendars that hold the instant, if they are those that were in force for the row."""
    if facts.bars is None or facts.record is None or (row is not None and row.definition != facts.record.definition):
        return ()
    return facts.bars.holding(facts.at)


def _row(facts: Facts) -> Run | None:
    """Return the row that accounts for the instant: a run of its own rather than a stretch, the schedule's first."""
    rows = [row for row in facts.rows if row.count == 1 or _in_stretch(facts, row)]
    return min(rows, key=lambda row: (row.count > 1, row.cause is not Cause.SCHEDULE, row.run_id), default=None)


def _in_stretch(facts: Facts, row: Run) -> bool:
    """Say whether the instant is one of the stretch; where the schedule is not that of the stretch, it may be."""
    schedule = facts.schedule
    if schedule is None or not all(_names(schedule, end) for end in (row.due_at, row.last_due_at)):
        return True
    return _names(schedule, facts.at)


def _answer(row: Run) -> Answer:
    if row.state is RunState.CANCELLED:
        return Answer.CANCELLED if row.started_at is None else Answer.RAN
    return _BY_STATE[row.state]


def _unrecorded(facts: Facts, record: JobRecord, schedule: Schedule) -> Finding:
    """Return what becomes of an instant of the schedule that nothing is written of."""
    at = facts.at
    reason = None if facts.bars is None else facts.bars.reason(at)
    pause = pause_at(facts.pauses, at)
    if at > facts.now:
        return Finding(answer=Answer.NOT_YET_DUE, reason=reason, pause=pause, calendars=_calendars(facts))
    if at < record.changed_at:
        return Finding(answer=Answer.BEFORE_CHANGE, before=at, after=schedule.next_after(at))
    if record.cursor_at is None or at > record.cursor_at:
        return Finding(answer=Answer.UNDECIDED, reason=reason, pause=pause, calendars=_calendars(facts))
    return Finding(answer=Answer.NO_RECORD)


def _names(schedule: Schedule, at: datetime) -> bool:
    return schedule.next_after(at - _INSTANT) == at


def _before(schedule: Schedule, at: datetime) -> datetime | None:
    """Return the last instant before ``at``, None if there is none within forty years."""
    for length in _LOOKS_BACK:
        newest = schedule.stretch(max(at - length, BEGINNING), at - _INSTANT, keep=1, limit=_NO_LIMIT).newest
        if newest:
            return newest[-1]
    return None
