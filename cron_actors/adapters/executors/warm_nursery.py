"""The warm children that are being born, and the batches that wait because more at a time would not come sooner.

To be born takes a processor for some milliseconds: the fork, and the import of the first function. Children beyond the
number of processors only slow each other down, and meanwhile those that are there could do the work.
"""

from __future__ import annotations

from collections.abc import Callable

from cron_actors.adapters.executors.warm_batch import Batch, Home

_GROWN_AFTER = 0.003  # seconds since it was started: by then it has had most of the processor time it takes to be born


class Nursery:
    """Has ``places`` for children being born; moments are readings of the monotonic clock.

    A child is being born until it has told something, is over, or was started a while ago. Batches wait in their order.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._grown_at: dict[str, float | None] = {}  # by name; None: it is not known to be started
        self._batches: list[Batch] = []

    def __len__(self) -> int:
        """Return how many batches wait."""
        return len(self._batches)

    def expect(self, name: str) -> None:
        """Note that the birth of this child is ordered."""
        self._grown_at[name] = None

    def started(self, name: str, now: float) -> None:
        """Note that the process of the child is there."""
        if name in self._grown_at:
            self._grown_at[name] = now + _GROWN_AFTER

    def over(self, name: str) -> None:
        """Note that the child is born, or dead."""
        self._grown_at.pop(name, None)

    def next_place(self) -> float | None:
        """Return when a place becomes free by itself for a batch that waits; None: it does not."""
        moments = [at for at in self._grown_at.values() if at is not None] if self._batches else ()
        return min(moments, default=None)

    def wait(self, batch: Batch) -> None:
        """Have what is left of the batch wait, if anything is."""
        if batch.waiting:
            self._batches.append(batch)

    def leave(self, batch: Batch) -> None:
        """Have the batch wait no longer, if it does."""
        if batch in self._batches:
            self._batches.remove(batch)

    def take(self, now: float, is_idle: Callable[[Home], bool]) -> Batch | None:
        """Take the first batch for which there is a place, or an idle child where it is to be performed."""
        if not self._batches:
            return None
        if self.has_place(now):
            return self._batches.pop(0)
        found = next((number for number, batch in enumerate(self._batches) if is_idle(batch.home)), None)
        return None if found is None else self._batches.pop(found)

    def has_place(self, now: float) -> bool:
        """Say whether another child may be born."""
        if len(self._grown_at) >= self._places:
            for name in [name for name, at in self._grown_at.items() if at is not None and at <= now]:
                del self._grown_at[name]
        return len(self._grown_at) < self._places
