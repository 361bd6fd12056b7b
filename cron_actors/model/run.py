"""What is owed and what became of it: runs, attempts, outcomes, accounts of instants not run.

Every moment is an aware UTC ``datetime``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cron_actors.model.construction import quickly_made
from cron_actors.model.job import Json


class RunState(StrEnum):
    """Where a run stands; the legal steps between them are in ``core/run_states.py``."""

    SCHEDULED = "scheduled"
    AVAILABLE = "available"
    EXECUTING = "executing"
    LAUNCHED = "launched"
    RETRYABLE = "retryable"
    COMPLETED = "completed"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    MISSED = "missed"


class Cause(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    STARTUP = "startup"
    SUBMITTED = "submitted"
    CHAIN = "chain"


class Reason(StrEnum):
    """Why a run stands where it stands; written ``state: reason`` for people."""

    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    RESCUED = "rescued"
    REVIVED = "revived"
    RETRIED = "retried by hand"
    DELAYED = "delayed"
    SNOOZED = "snoozed"
    BY_ITSELF = "by itself"
    QUARANTINED = "quarantined"
    OUTPUT_LIMIT = "output limit"
    BY_REQUEST = "by request"
    REMOVED = "removed"
    RETIMED = "re-timed"
    COALESCED = "coalesced"
    OVERLAP = "overlap"
    WAITING = "waiting: overlap"
    PAUSED = "paused"
    CALENDAR = "calendar"
    DOWN = "down"
    TOO_LATE = "too late"
    OVER_CAP = "over cap"
    CLOCK = "clock"
    NO_FUNCTION = "no such function"


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    LOST = "lost"
    DISCARDED = "discarded"
    SNOOZED = "snoozed"
    LAUNCHED = "launched"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run about to be written: owed for one due instant (``due_at``) or for one request.

    ``key`` makes the run unique within its job: the due instant of a scheduled run in ISO 8601, None for a run that
    nothing else may stand for. For a manual run ``due_at`` is the time of the request. A scheduled one becomes
    available at ``scheduled_at``. ``max_attempts`` goes before what its job says. ``args`` are ``{"args": [], "kwargs":
    {}}`` for its function, in the place of those of its job. ``cause_run_id`` is the run whose end made it.
    """

    job: str
    due_at: datetime
    cause: Cause
    key: str | None
    definition: str
    queue: str
    priority: int = 0
    state: RunState = RunState.AVAILABLE
    reason: str | None = None
    finished_at: datetime | None = None
    exempt: bool = False
    args: Json = None
    request_id: int | None = None
    scheduled_at: datetime | None = None
    max_attempts: int | None = None
    unique_key: str | None = None
    inserted_at: datetime | None = None
    cause_run_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A stretch of due instants of one job that were not run, all for one reason: one row, ``count`` instants.

    ``first_due_at`` and ``last_due_at`` are both in it; ``state`` is skipped or missed; ``definition`` is the key of
    the one that made them due.
    """

    job: str
    state: RunState
    reason: str
    first_due_at: datetime
    last_due_at: datetime
    count: int
    recorded_at: datetime
    definition: str = ""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution owed, as the store knows it.

    ``run_id`` is unique in the store and grows. ``attempt`` counts the tries begun (0 before the first).
    ``lease_token`` is new with every claim; only its holder may say how the attempt ended. ``duration`` is how long
    the process of the last attempt took, on the monotonic clock, None until it is over. ``count`` is 1, or the number
    of instants of an account of instants not run, which then go from ``due_at`` to ``last_due_at``. ``exempt`` marks
    the first-seen run of an interval job, whose lateness does not count. ``scheduled_at`` is when a scheduled or
    retryable run becomes available. ``result`` is the JSON text of what its function returned. A discarded run that
    somebody has put away has been dismissed.
    """

    run_id: int
    job: str
    due_at: datetime
    last_due_at: datetime
    count: int
    cause: Cause
    state: RunState
    reason: str | None
    queue: str
    priority: int
    definition: str
    attempt: int = 0
    deaths: int = 0
    node: str | None = None
    lease_token: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration: timedelta | None = None
    outcome: Outcome | None = None
    exit_code: int | None = None
    error: str | None = None
    log: str | None = None
    cancel_requested: bool = False
    exempt: bool = False
    args: Json = None
    scheduled_at: datetime | None = None
    max_attempts: int | None = None
    unique_key: str | None = None
    inserted_at: datetime | None = None
    cause_run_id: int | None = None
    result: str | None = None
    dismissed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A process that cannot be mistaken for another: id, start time in clock ticks since boot, boot id."""

    pid: int
    start_time: int
    boot_id: str


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptKey:
    """The claim of one attempt: the run, its number, and the token that fences it."""

    run_id: int
    attempt: int
    token: str


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the child process of an attempt ended, as the executor saw it.

    ``exit_code`` is the status, negative for a signal as in ``subprocess``; None if it was never started or lost.
    ``error`` is one line for people, None on success. ``output_tail`` is the last output, decoded, at most 2,000
    characters. CPU seconds and peak memory (bytes) count the process and the children it waited for. ``by_itself``
    says that the process was over before any order to end it reached it. ``snooze`` is how long a snoozed run waits,
    ``launched`` the process that the attempt has left to go on by itself. ``result`` is the JSON text of what the
    function returned; one that could not be kept leaves an ``error`` on a success. ``callbacks`` names the methods of
    the worker class that are still to be called, should that be. ``callback_error`` is one line on a callback that
    failed. ``logged`` says that the log was ended already.
    """

    outcome: Outcome
    exit_code: int | None = None
    error: str | None = None
    output_tail: str = ""
    duration: timedelta = timedelta(0)
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    by_itself: bool = False
    snooze: timedelta | None = None
    launched: Identity | None = None
    result: str | None = None
    callback_error: str | None = None
    callbacks: tuple[str, ...] = ()
    logged: bool = False


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an ended attempt means for its run: the ending, and the state decided for the run.

    ``identity`` is the process if nobody has noted it yet. With ``counted`` False the attempt number goes back by one,
    as if the attempt had not been. ``deaths`` is added to the run's count of node deaths. A run that goes to retryable
    or scheduled becomes available at ``scheduled_at``.
    """

    key: AttemptKey
    ending: Ending
    state: RunState
    reason: str | None
    at: datetime
    counted: bool = True
    deaths: int = 0
    identity: Identity | None = None
    scheduled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a run, as the store keeps it; one that is not counted shares its number with the next."""

    run_id: int
    attempt: int
    node: str
    started_at: datetime
    finished_at: datetime | None = None
    identity: Identity | None = None
    outcome: Outcome | None = None
    exit_code: int | None = None
    error: str | None = None
    output_tail: str | None = None
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    counted: bool = True
    callback_error: str | None = None
