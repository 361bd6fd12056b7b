"""How many runs go on at once, from their starts and ends, stretch after stretch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import accumulate


class Load:
    """The number of runs under way; ``most`` is the greatest so far, first reached at ``most_at``.

    Moments are whole seconds. A run that ends in the second in which another begins is not counted beside it.
    """

    def __init__(self) -> None:
        self.most = 0
        self.most_at: int | None = None
        self._now = 0
        self._changes: defaultdict[int, int] = defaultdict(int)
        self._single_ends: Counter[int] = Counter()

    @property
    def ahead(self) -> int:
        """How many seconds to come are known in which something changes."""
        return len(self._changes)

    def start(self, seconds: Iterable[int], count: int) -> None:
        """Begin ``count`` runs at each of the seconds."""
        changes = self._changes
        for second in seconds:
            changes[second] += count

    def end(self, seconds: Iterable[int], count: int) -> None:
        """End ``count`` runs at each of the seconds."""
        if count == 1:
            self._single_ends.update(seconds)  # the many of jobs that are like no other; a Counter is faster at it
            return
        changes = self._changes
        for second in seconds:
            changes[second] -= count

    def go_on(self, until: int) -> int:
        """Go through all that changes before ``until``, and return the most at once on the way."""
        for second, count in self._single_ends.items():
            self._changes[second] -= count
        self._single_ends.clear()
        seconds = sorted(second for second in self._changes if second < until)
        levels = list(accumulate(map(self._changes.pop, seconds), initial=self._now))
        self._now, most = levels[-1], max(levels)
        if most > self.most:
            self.most, self.most_at = most, seconds[levels.index(most) - 1]
        return most

    def going(self) -> Mapping[int, int]:
        """Return how many of the runs under way end at which second, after all before was gone through."""
        return {second: -change for second, change in self._changes.items() if change}
