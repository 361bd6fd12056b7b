"""Rows of the store that are neither runs nor attempts: jobs in force, nodes, requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cron_actors.model.job import Json
from cron_actors.model.run import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stretch of time in which a job is paused: from ``paused_at`` on and before ``until_at``, if that is known."""

    paused_at: datetime
    paused_by: str
    until_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Say whether the instant is in it."""
        return self.paused_at <= at and (self.until_at is None or at < self.until_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as the store keeps it.

    Every instant at or before ``cursor_at`` has been accounted for and is never evaluated again; None before the
    first evaluation. ``changed_at`` is the load at which the present schedule first appeared. ``removed_at`` is set
    while no source names the job any more. ``pauses`` are those that may concern instants after the cursor.
    """

    identifier: str
    source: str
    definition: str
    first_seen_at: datetime
    changed_at: datetime
    cursor_at: datetime | None = None
    next_due_at: datetime | None = None
    removed_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()

    def not_before_cursor(self, at: datetime) -> datetime:
        """Return ``at``, or the cursor if the clock was set back behind it: what is accounted for stays so."""
        return at if self.cursor_at is None else max(at, self.cursor_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMove:
    """All instants of the job up to and including ``cursor_at`` are accounted for; ``next_due_at`` is what follows."""

    job: str
    cursor_at: datetime
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRecord:
    """One daemon process: a uuid per start, never the host's name."""

    node: str
    pid: int
    boot_id: str
    host: str
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None = None
    ticks: int = 0
    trouble: str | None = None


class RequestKind(StrEnum):
    """What another process may ask of the daemon."""

    TRIGGER = "trigger"
    CANCEL = "cancel"
    RESET_CURSOR = "reset_cursor"
    PAUSE = "pause"
    RESUME = "resume"
    ADD_QUEUE = "add_queue"
    RESIZE_QUEUE = "resize_queue"
    PAUSE_QUEUE = "pause_queue"
    RESUME_QUEUE = "resume_queue"
    BALANCE = "balance"
    RETRY_DEAD = "retry_dead"
    DISMISS_DEAD = "dismiss_dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A row by which another process asks for something; the daemon answers in the same row.

    ``job`` for a trigger, ``run_id`` for a cancel, ``job`` or None for all jobs for a reset of cursors, a pause and its
    end. ``force`` overrides the overlap policy, ``until_at`` ends a pause. ``answer`` is one line for people;
    ``run_id`` of an answered trigger is the run it made, None if it made none. ``payload`` is, for queues, ``{"queue":
    name}`` with the keys of its entry that are to change, and for dead letters ``{"run_ids": [...]}``.
    """

    request_id: int
    kind: RequestKind
    requested_at: datetime
    requested_by: str
    job: str | None = None
    run_id: int | None = None
    force: bool = False
    handled_at: datetime | None = None
    answer: str | None = None
    until_at: datetime | None = None
    payload: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs a query wants: None means any; the newest ``limit`` by due instant, newest first.

    ``at`` wants what was due then, and stretches from before to after it. ``dismissed`` concerns dead letters that
    somebody has, or has not, put away. ``after_run`` wants ids greater than this.
    """

    job: str | None = None
    jobs: tuple[str, ...] | None = None
    states: tuple[RunState, ...] = ()
    since: datetime | None = None
    at: datetime | None = None
    run_id: int | None = None
    limit: int | None = 50
    queue: str | None = None
    reason: str | None = None
    until: datetime | None = None
    dismissed: bool | None = None
    cause_run_id: int | None = None
    after_run: int | None = None
