"""What a change of a run means as an event; ``docs/events.md`` is written from this table."""

from __future__ import annotations

import difflib

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.messages import RunChanged
from cron_actors.model.event import Event, EventKind
from cron_actors.model.event import EventKind as K
from cron_actors.model.run import Outcome
from cron_actors.model.run import RunState as S

MEANING = {
    K.INSERTED: "the run was written down: it became due, was asked for, submitted, or started by the end of another",
    K.AVAILABLE: "the run may begin: the instant it waited for has come, or the other run of its job has ended",
    K.STARTED: "a worker took the run for an attempt",
    K.LAUNCHED: "the attempt left a process to go on by itself",
    K.PROCESS_ENDED: "that process is over; what it means for the run follows as an event of its own",
    K.CRASHED: "the daemon died while it performed the attempt; if that is the end of the run, an event says so",
    K.COMPLETED: "the run succeeded",
    K.RETRIED: "the attempt failed, and there will be another",
    K.SNOOZED: "the attempt asked to be made again later; it is not counted",
    K.RETURNED: "the attempt was cut short by the daemon's own stop, or not begun at all; it is not counted",
    K.DISCARDED: "the run failed for good: a dead letter",
    K.CANCELLED: "somebody, or a change of the job, asked for the end of the run",
    K.SKIPPED: "the run, or a stretch of instants, was never to be run",
    K.MISSED: "the run, or a stretch of instants, should have been run and was not",
    K.REVIVED: "a run that was over is tried once more",
}

_ALWAYS = {
    S.EXECUTING: K.STARTED,
    S.LAUNCHED: K.LAUNCHED,
    S.RETRYABLE: K.RETRIED,
    S.COMPLETED: K.COMPLETED,
    S.DISCARDED: K.DISCARDED,
    S.CANCELLED: K.CANCELLED,
    S.SKIPPED: K.SKIPPED,
    S.MISSED: K.MISSED,
}
_WAITED = {S.SCHEDULED, S.RETRYABLE}
_FINISHED = {S.DISCARDED, S.CANCELLED}
_GIVEN_BACK = {Outcome.LOST: K.CRASHED, Outcome.SNOOZED: K.SNOOZED, Outcome.INTERRUPTED: K.RETURNED}


def kind_of(change: RunChanged) -> EventKind:
    """Return what became of the run with the change."""
    always = _ALWAYS.get(change.state)
    if always is not None:
        return always
    if change.outcome is not None:  # an attempt ended, and the run waits again
        return _GIVEN_BACK.get(change.outcome, K.RETURNED)
    if change.was in _WAITED and change.state is S.AVAILABLE:
        return K.AVAILABLE
    if change.was in _FINISHED:
        return K.REVIVED
    return K.INSERTED if change.was is None else K.RETURNED


def kinds_of(change: RunChanged) -> tuple[EventKind, ...]:
    """Return all that the change means, what became of the run last: the end of an attempt may be news by itself."""
    kind = kind_of(change)
    if change.outcome is Outcome.LOST and kind is not K.CRASHED:
        return (K.CRASHED, kind)
    if change.was is S.LAUNCHED and change.state is not S.LAUNCHED:
        return (K.PROCESS_ENDED, kind)
    return (kind,)


def kind_named(name: str) -> EventKind:
    """Return the kind of this name; raises InvalidValueError for one that there is not.

    >>> kind_named("process_ended"), kind_named("Process-Ended")
    (<EventKind.PROCESS_ENDED: 'process_ended'>, <EventKind.PROCESS_ENDED: 'process_ended'>)
    """
    plain = name.lower().replace("-", "_")
    if plain in MEANING:
        return K(plain)
    close = difflib.get_close_matches(plain, K, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    raise InvalidValueError(f"{quote(name)} is no kind of event{hint}; accepted: {', '.join(K)}")


def event_of(kind: EventKind, change: RunChanged, sequence: int) -> Event:
    """Return the change as an event of this kind."""
    return Event(
        kind=kind,
        sequence=sequence,
        at=change.at,
        run_id=change.run_id,
        job=change.job,
        queue=change.queue,
        state=change.state,
        reason=change.reason,
        cause=change.cause,
        attempt=change.attempt,
        due_at=change.due_at,
        last_due_at=change.last_due_at,
        count=change.count,
        outcome=change.outcome,
        error=change.error,
        duration=change.duration,
        lateness=change.lateness,
    )


def table() -> str:
    """Return the table of events as Markdown, one row a kind, in the order of a run's life."""
    rows = ["| event | what happened |", "| --- | --- |"]
    rows += [f"| `{kind}` | {MEANING[kind]} |" for kind in K]
    return "\n".join(rows) + "\n"
