"""The warm children that are being born, and the batches that wait because more children would not perform them sooner.

To be born takes a processor for some milliseconds: the fork, and the import of the first function. Children beyond the
number of processors only slow each other down meanwhile, and those that are there could do the work. Where runs are
over at once, no more children than processors are of any use at all: the daemon cannot supply them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cron_actors.adapters.executors.warm_batch import Batch, Home

_GROWN_AFTER = 0.003  # seconds since it was started: by then it has had most of the processor time it takes to be born
_AT_ONCE = timedelta(milliseconds=1)  # two children perform 2,000 and more a second of runs that take less
_STUCK_AFTER = 0.02  # seconds in which no child has finished its batch: their runs are not what they used to be


@dataclass(slots=True)
class _Household:
    """The children of a home: how many, how long their latest runs took each, and when one finished a batch."""

    children: int = 0
    pace: timedelta | None = None
    moved_at: float = 0.0


class Nursery:
    """Has ``places`` for children being born; moments are readings of the monotonic clock.

    A child is being born until it has told something, is over, or was started a while ago. Batches wait in their order.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._grown_at: dict[str, float | None] = {}  # by name; None: it is not known to be started
        self._batches: list[Batch] = []
        self._households: dict[Home, _Household] = {}

    def __len__(self) -> int:
        """Return how many batches wait."""
        return len(self._batches)

    def expect(self, name: str, home: Home) -> None:
        """Note that the birth of this child is ordered."""
        self._grown_at[name] = None
        self._household(home).children += 1

    def started(self, name: str, now: float) -> None:
        """Note that the process of the child is there."""
        if name in self._grown_at:
            self._grown_at[name] = now + _GROWN_AFTER

    def born(self, name: str) -> None:
        """Note that the child has told something."""
        self._grown_at.pop(name, None)

    def finished(self, home: Home, pace: timedelta | None, now: float) -> None:
        """Note that a child of this home has finished a batch, of which each run took so long, as far as is known."""
        household = self._household(home)
        if pace is not None:
            household.pace = pace if household.pace is None else (household.pace + pace) / 2
        household.moved_at = now

    def lose(self, name: str, home: Home) -> None:
        """Note that the child is over."""
        self.born(name)
        household = self._household(home)
        household.children -= 1
        if household.children <= 0:
            del self._households[home]

    def next_place(self) -> float | None:
        """Return when a place becomes free by itself for a batch that waits; None: it does not."""
        if not self._batches:
            return None
        if len(self._grown_at) >= self._places:
            return min((at for at in self._grown_at.values() if at is not None), default=None)
        return min(self._household(batch.home).moved_at + _STUCK_AFTER for batch in self._batches)

    def wait(self, batch: Batch, now: float) -> None:
        """Have what is left of the batch wait, if anything is."""
        if not batch.waiting:
            return
        if not any(other.home == batch.home for other in self._batches):
            self._household(batch.home).moved_at = now  # until now nobody could be late for it
        self._batches.append(batch)

    def leave(self, batch: Batch) -> None:
        """Have the batch wait no longer, if it does."""
        if batch in self._batches:
            self._batches.remove(batch)

    def take(self, now: float, is_idle: Callable[[Home], bool]) -> Batch | None:
        """Take the first batch for which there is a place, or an idle child where it is to be performed."""
        for number, batch in enumerate(self._batches):
            if is_idle(batch.home) or self.has_place(batch.home, now):
                return self._batches.pop(number)
        return None

    def has_place(self, home: Home, now: float) -> bool:
        """Say whether another child may be born for this."""
        if len(self._grown_at) >= self._places:
            for name in [name for name, at in self._grown_at.items() if at is not None and at <= now]:
                del self._grown_at[name]
        return len(self._grown_at) < self._places and self._is_short_of_children(home, now)

    def _is_short_of_children(self, home: Home, now: float) -> bool:
        household = self._household(home)
        if household.children < self._places or household.pace is None or household.pace >= _AT_ONCE:
            return True
        return now >= household.moved_at + _STUCK_AFTER

    def _household(self, home: Home) -> _Household:
        household = self._households.get(home)
        if household is None:
            household = self._households[home] = _Household()
        return household
