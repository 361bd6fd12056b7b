"""Queues as they are shown: what they are to be, what they have, and what waits in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cron_actors.core.backoff_reader import backoff_text
from cron_actors.core.durations import format_duration
from cron_actors.core.moments import iso
from cron_actors.core.queue_reader import queue_in_force
from cron_actors.core.rate_reader import rate_text
from cron_actors.model.job import Json
from cron_actors.model.queue import Queue, QueueRecord
from cron_actors.model.run import RunState
from cron_actors.ports.store import Reader

MOST_COUNTED = 100_000
_BUSY = (RunState.EXECUTING, RunState.LAUNCHED)
_LATER = (RunState.SCHEDULED, RunState.RETRYABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQueue:
    """A queue as it is in force, its row, and how many of its runs stand in each state."""

    queue: Queue
    record: QueueRecord
    counts: Mapping[RunState, int]

    @property
    def busy(self) -> int:
        """Return how many workers perform runs of it, launched processes counted."""
        return sum(self.counts.get(state, 0) for state in _BUSY)

    @property
    def free(self) -> int:
        """Return how many workers of its share have nothing to do."""
        return max(0, self.record.share - self.busy)

    @property
    def to_terminate(self) -> int:
        """Return how many busy workers are no more its own: they end what they do and go."""
        return max(0, self.busy - self.record.share)

    @property
    def waiting(self) -> int:
        """Return how many runs could begin now."""
        return self.counts.get(RunState.AVAILABLE, 0)

    @property
    def later(self) -> int:
        """Return how many runs wait for their instant."""
        return sum(self.counts.get(state, 0) for state in _LATER)


def shown_queues(known: Mapping[str, QueueRecord], reader: Reader | None) -> list[ShownQueue]:
    """Return the queues with what waits in them, counted up to MOST_COUNTED."""
    counts = {} if reader is None else reader.in_queue(MOST_COUNTED)
    return [
        ShownQueue(queue=queue_in_force(record).queue, record=record, counts=counts.get(name, {}))
        for name, record in known.items()
    ]


def queue_object(shown: ShownQueue) -> dict[str, Json]:
    """Return what ``queues list --json`` prints of one queue."""
    queue, record = shown.queue, shown.record
    return {
        "queue": queue.name,
        "source": record.source,
        "parallelism": queue.parallelism,
        "weight": queue.weight,
        "priority_level": queue.priority_level,
        "min_workers": queue.min_workers,
        "backoff": None if queue.backoff is None else backoff_text(queue.backoff),
        "rate_limit": None if queue.rate_limit is None else rate_text(queue.rate_limit),
        "poll_interval": format_duration(queue.poll_interval),
        "isolation": queue.isolation.value,
        "recycle": {"runs": queue.recycling.runs, "memory": queue.recycling.memory},
        "share": record.share,
        "busy": shown.busy,
        "free": shown.free,
        "to_terminate": shown.to_terminate,
        "waiting": shown.waiting,
        "later": shown.later,
        "paused_at": _iso(record.paused_at),
        "paused_by": record.paused_by,
        "changed_at": _iso(record.changed_at),
        "changed_by": record.changed_by,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
