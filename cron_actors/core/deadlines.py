"""Deadlines on the monotonic clock: a heap from which ended attempts are dropped when they come up."""

from __future__ import annotations

import heapq

from cron_actors.model.run import AttemptKey


class Deadlines:
    """When each attempt under way must be over, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._by_key: dict[AttemptKey, float] = {}
        self._heap: list[tuple[float, int, AttemptKey]] = []
        self._serial = 0

    def __contains__(self, key: AttemptKey) -> bool:
        return key in self._by_key

    def set(self, key: AttemptKey, monotonic: float) -> None:
        """Expect the attempt to be over by then; replaces an earlier deadline of it."""
        self._by_key[key] = monotonic
        self._serial += 1  # keys have no order of their own
        heapq.heappush(self._heap, (monotonic, self._serial, key))

    def drop(self, key: AttemptKey) -> None:
        """Forget the attempt; one that is not known is ignored."""
        self._by_key.pop(key, None)

    def passed(self, monotonic: float) -> list[AttemptKey]:
        """Return and forget the attempts whose deadline is not later than ``monotonic``, the earliest first."""
        keys = []
        while (first := self.first()) is not None and first <= monotonic:
            key = heapq.heappop(self._heap)[2]
            del self._by_key[key]
            keys.append(key)
        return keys

    def first(self) -> float | None:
        """Return the earliest deadline, None if there is none."""
        while self._heap and self._by_key.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
