"""The agenda: which job is due next, as a heap of next due instants."""

from __future__ import annotations

import heapq
from datetime import datetime


class Agenda:
    """The next due instant of every job that has one; the cost of a look does not grow with the jobs not due.

    An entry of the heap that no longer agrees with ``_next`` is dropped when it comes to the top.
    """

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        return len(self._next)

    def put(self, job: str, at: datetime | None) -> None:
        """Set the job's next due instant; None means that it has none."""
        if at is None:
            self.remove(job)
        elif self._next.get(job) != at:
            self._next[job] = at
            heapq.heappush(self._heap, (at, job))
            self._shrink()

    def remove(self, job: str) -> None:
        """Forget the job, if it is known."""
        self._next.pop(job, None)
        self._shrink()

    def take(self, until: datetime) -> str | None:
        """Take out and return the job whose next instant is the earliest, if that is at or before ``until``.

        Of several with one instant it is the first by identifier.
        """
        at = self.peek()
        if at is None or at > until:
            return None
        _, job = heapq.heappop(self._heap)
        del self._next[job]
        return job

    def peek(self) -> datetime | None:
        """Return the earliest next instant of all, None if there is none."""
        while self._heap:
            at, job = self._heap[0]
            if self._next.get(job) == at:
                return at
            heapq.heappop(self._heap)
        return None

    def _shrink(self) -> None:
        """Rebuild the heap when most of it is outdated, so that jobs re-timed for ever do not make it grow."""
        if len(self._heap) > 2 * len(self._next) + 64:
            self._heap = [(at, job) for job, at in self._next.items()]
            heapq.heapify(self._heap)
