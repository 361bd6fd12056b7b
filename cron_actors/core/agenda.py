"""The agenda: which job is due next, as a heap of next due instants."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime

Rank = tuple[int, int]
_UNRANKED: Rank = (0, 0)


class Agenda:
    """The next due instant of every job that has one; the cost of a look does not grow with the jobs not due.

    An entry of the heap that no longer agrees with ``_next`` is dropped when it comes to the top.
    """

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}
        self._ranks: Mapping[str, Rank] = {}
        self._heap: list[tuple[datetime, Rank, str]] = []

    def __len__(self) -> int:
        return len(self._next)

    def rank(self, ranks: Mapping[str, Rank]) -> None:
        """Take out the jobs of one instant by these ranks from now on, the least first."""
        self._ranks = ranks
        self._rebuild()

    def put(self, job: str, at: datetime | None) -> None:
        """Set the job's next due instant; None means that it has none."""
        if at is None:
            self.remove(job)
        elif self._next.get(job) != at:
            self._next[job] = at
            heapq.heappush(self._heap, self._item(job, at))
            self._shrink()

    def remove(self, job: str) -> None:
        """Forget the job, if it is known."""
        self._next.pop(job, None)
        self._shrink()

    def take(self, until: datetime) -> str | None:
        """Take out and return the job whose next instant is the earliest, if that is at or before ``until``.

        Of several with one instant it is the first by rank, then by identifier.
        """
        at = self.peek()
        if at is None or at > until:
            return None
        _, _, job = heapq.heappop(self._heap)
        del self._next[job]
        return job

    def peek(self) -> datetime | None:
        """Return the earliest next instant of all, None if there is none."""
        while self._heap:
            at, _, job = self._heap[0]
            if self._next.get(job) == at:
                return at
            heapq.heappop(self._heap)
        return None

    def first(self, most: int) -> list[str]:
        """Return the jobs that are due at the earliest instant of all, in no order, about ``most`` of them at most."""
        found: list[str] = []
        at, places = self.peek(), [0]
        while places and len(found) < most:
            place = places.pop()
            if place < len(self._heap) and self._heap[place][0] == at:
                job = self._heap[place][2]
                if self._next.get(job) == at:
                    found.append(job)
                places += (2 * place + 1, 2 * place + 2)  # in a heap nothing earlier is below anything
        return found

    def _item(self, job: str, at: datetime) -> tuple[datetime, Rank, str]:
        return at, self._ranks.get(job, _UNRANKED), job

    def _shrink(self) -> None:
        """Rebuild the heap when most of it is outdated, so that jobs re-timed for ever do not make it grow."""
        if len(self._heap) > 2 * len(self._next) + 64:
            self._rebuild()

    def _rebuild(self) -> None:
        self._heap = [self._item(job, at) for job, at in self._next.items()]
        heapq.heapify(self._heap)
