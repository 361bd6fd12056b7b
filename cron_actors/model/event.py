"""Events as values: what happened to a run, as users of the Python interface and the command line see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cron_actors.model.run import Cause, Outcome, RunState


class EventKind(StrEnum):
    """What happened to a run; the table in ``docs/events.md`` says what each means."""

    INSERTED = "inserted"
    AVAILABLE = "available"
    STARTED = "started"
    LAUNCHED = "launched"
    PROCESS_ENDED = "process_ended"
    CRASHED = "crashed"
    COMPLETED = "completed"
    RETRIED = "retried"
    SNOOZED = "snoozed"
    RETURNED = "returned"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    MISSED = "missed"
    REVIVED = "revived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a run, and was committed.

    ``sequence`` grows; events of one commit share it and come in their order. For a stretch of instants not run
    ``count`` is how many they are, from ``due_at`` to ``last_due_at``; else it is 1. ``attempt``, ``outcome``,
    ``error`` and ``duration`` are those of the attempt that began or ended. Moments are UTC.
    """

    kind: EventKind
    sequence: int
    at: datetime
    run_id: int
    job: str
    queue: str
    state: RunState
    reason: str | None
    cause: Cause
    attempt: int
    due_at: datetime
    last_due_at: datetime
    count: int = 1
    outcome: Outcome | None = None
    error: str | None = None
    duration: timedelta | None = None
    lateness: timedelta | None = None
