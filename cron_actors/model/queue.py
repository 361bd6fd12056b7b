"""Queues as values: how many runs at once, how they are tried again, how fast they may begin, in what processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_QUEUE = "default"


class Isolation(StrEnum):
    """Whether every run gets a process of its own, or Python functions share one, run after run."""

    FRESH = "fresh"
    REUSE = "reuse"


class BackoffKind(StrEnum):
    """How the wait before the next attempt grows with the number of attempts made."""

    NONE = "none"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"
    GEOMETRIC = "geometric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long a failed run waits for its next attempt; ``core/backoff.py`` computes it.

    The four lengths count for a geometric one only: after attempt n it is ``initial`` times ``factor``^(n-1), at most
    ``maximum``, more or less by up to the share ``jitter`` of it (0 to 1).
    """

    kind: BackoffKind = BackoffKind.EXPONENTIAL
    initial: timedelta = timedelta(seconds=15)
    factor: float = 2.0
    maximum: timedelta = timedelta(hours=1)
    jitter: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most ``count`` runs begin in any stretch of time of length ``per``."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Recycling:
    """When a process that is used run after run is replaced: after so many runs, or beyond so many bytes of memory."""

    runs: int = 1_000
    memory: int = 256_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A waiting line, with its limits and its part in the workers.

    ``weight`` is its part in what the balancer shares out, ``min_workers`` what it has in any case. ``parallelism`` is
    the most runs at once, launched processes counted; None means as many as there are workers. ``backoff`` holds for
    runs whose job names none.
    """

    name: str
    weight: int = 8
    min_workers: int = 1
    priority_level: int | None = None
    parallelism: int | None = None
    backoff: Backoff | None = None
    rate_limit: RateLimit | None = None
    poll_interval: timedelta = timedelta(seconds=1)
    isolation: Isolation = Isolation.FRESH
    recycling: Recycling = Recycling()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDeclaration:
    """A queue as a jobs file describes it: read, and the canonical JSON of its entry."""

    queue: Queue
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """A queue as it is in force; a paused one begins no runs. ``share`` is how many workers it was given last."""

    queue: Queue
    paused: bool = False
    share: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRecord:
    """A queue as the store keeps it.

    ``declared`` is the canonical JSON of its entry in ``source`` (a jobs file; "built-in"; "command"), ``changes`` the
    one of what was changed by command since: it goes before the declaration until that changes. ``changed_by`` says who
    did so. ``paused_at`` is set while it is paused. ``share`` is how many workers the balancer gave it last.
    """

    name: str
    source: str
    declared: str
    changes: str = "{}"
    changed_at: datetime | None = None
    changed_by: str | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None
    removed_at: datetime | None = None
    share: int = 0


# Weight by priority level, from 0 (least) to 10.
WEIGHTS = (1, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24)

BUILT_IN: tuple[Queue, ...] = (
    Queue(name="wait_room", priority_level=1, min_workers=1, weight=3),
    Queue(name="low", priority_level=3, min_workers=2, weight=5),
    Queue(name=DEFAULT_QUEUE, priority_level=5, min_workers=3, weight=8),
    Queue(name="high", priority_level=7, min_workers=4, weight=12),
    Queue(name="critical", priority_level=9, min_workers=10, weight=20),
)
