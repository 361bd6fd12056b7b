"""The node the ledger writes for: its row, and what it knows of the store without reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from cron_actors.core.run_log import log_name
from cron_actors.model.job import Job
from cron_actors.model.queue import QueueState, RateLimit
from cron_actors.model.records import NodeRecord
from cron_actors.model.run import Run


@dataclass(slots=True, kw_only=True)
class Pace:
    """The rate limit of a queue, and when its latest runs began."""

    limit: RateLimit
    begun: Sequence[datetime]


@dataclass(slots=True, kw_only=True)
class Node:
    """The node the ledger writes for: its row, the absolute folder of all logs, and what it knows without reading.

    That is the definitions read so far and the runs claimed, as they stand in the store: nobody else writes them.
    ``boot`` tells the boot of the machine, or the start of the container, from others. ``unresolved`` are the jobs
    whose function cannot be found. ``waiting`` holds those of which runs wait for the end of another, and perhaps some
    more. ``loads`` counts the loads; ``revised`` holds the number of the last one that gave a job another schedule or
    none. ``named`` holds the jobs of each source in their order. ``commits`` counts the commits, ``unfolded`` the
    changes that the store has put aside for the figures. ``queues`` are those in force, ``paces`` how fast those with a
    limit have begun runs. ``delayed_at`` is the earliest instant that a run waits for. Up to the id ``arrived`` it is
    known what other processes have submitted, and beyond that of the runs ``introduced``, which were claimed or ended
    sooner. ``cancelling`` holds by run the requests to cancel it that are answered once it is over. ``unknown`` are the
    jobs that a chain named in vain. ``unbegun`` are the tokens of the runs that a dead daemon held and had not begun.
    """

    record: NodeRecord
    logs: Path
    boot: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    held: dict[int, Run] = field(default_factory=dict)
    unresolved: frozenset[str] = frozenset()
    waiting: set[str] = field(default_factory=set)
    loads: int = 0
    revised: dict[str, int] = field(default_factory=dict)
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)
    commits: int = 0
    unfolded: int = 0
    poll_interval: timedelta = timedelta(0)
    max_workers: int = 200
    queues: dict[str, QueueState] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    delayed_at: datetime | None = None
    arrived: int = 0
    introduced: set[int] = field(default_factory=set)
    cancelling: dict[int, set[int]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    unbegun: frozenset[str] = frozenset()

    @property
    def node(self) -> str:
        """Return the node's uuid."""
        return self.record.node

    def order(self) -> tuple[str, ...]:
        """Return all jobs in the order in which the sources name them, source after source."""
        return tuple(chain.from_iterable(self.named.values()))

    def log_of(self, job: str, due_at: datetime, run_id: int) -> str:
        """Return the absolute path of a run's log."""
        return f"{self.logs}/{log_name(job, due_at, run_id)}"
