"""How long runs wait if no more than so many are performed at once and they are taken in the order of their beginnings.

Of runs that begin in one second those of earlier jobs go first, those of jobs that are alike together. Moments and
lengths are whole seconds. A slot that is freed in the second in which a run begins is free for it.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_FOLLOWED = 3_000_000  # batches, which take a few microseconds each
MOST_WAITING = 100_000  # batches; a line of this length will hardly become shorter


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What waiting for one of ``workers`` came to: how many runs began late, the longest wait, and since when it was.

    ``unfinished`` runs still waited at the end, or at ``given_up_at``, where the line had become endless or following
    it too much work.
    """

    workers: int
    count: int
    longest: int
    longest_from: int | None
    unfinished: int
    given_up_at: int | None


class Workers:
    """A number of ``slots`` and the line before them; batches of equal runs come in order.

    ``in_step`` says that all is as it would be with slots for everybody, so that nothing has to be followed here.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.in_step = True
        self._free = slots
        self._ends: list[tuple[int, int]] = []  # a heap of ends with how many runs
        self._line: deque[tuple[int, int, int]] = deque()  # beginning, length, how many runs
        self._followed = self._count = self._longest = 0
        self._longest_from: int | None = None
        self._given_up_at: int | None = None

    @property
    def waits(self) -> Waits:
        """What was found so far."""
        return Waits(
            workers=self.slots,
            count=self._count,
            longest=self._longest,
            longest_from=self._longest_from,
            unfinished=sum(count for _, _, count in self._line),
            given_up_at=self._given_up_at,
        )

    def take_over(self, going: Mapping[int, int]) -> None:
        """Begin with the runs that are performed, by the second in which they end."""
        self._ends = sorted(going.items())
        self._free = self.slots - sum(going.values())
        self.in_step = False

    def perform(self, batches: Sequence[tuple[int, int, int]], end: int) -> None:
        """Follow the batches (beginning, end if begun at once, how many) of a stretch that is over at ``end``."""
        if self._given_up_at is not None:
            return
        for begin, until, count in batches:
            self._go_on(begin)
            at_once = 0 if self._line else min(self._free, count)
            self._start(until, at_once)
            if count > at_once:
                self._line.append((begin, until - begin, count - at_once))
        self._go_on(end - 1)
        self._followed += len(batches)
        if len(self._line) > MOST_WAITING or self._followed > MOST_FOLLOWED:
            self._given_up_at = end

    def compare(self, going: Mapping[int, int]) -> None:
        """Note whether those now performed are the runs that would be with slots for everybody."""
        ends: Counter[int] = Counter()
        for end, count in self._ends:
            ends[end] += count
        self.in_step = not self._line and ends == going

    def _go_on(self, second: int) -> None:
        """Free the slots of what is over by ``second``, and fill them from the line at that very moment."""
        while self._ends and self._ends[0][0] <= second:
            end, count = heapq.heappop(self._ends)
            self._free += count
            if not self._ends or self._ends[0][0] > end:
                self._start_waiting(end)

    def _start_waiting(self, at: int) -> None:
        while self._line and self._free:
            begin, length, count = self._line.popleft()
            started = min(self._free, count)
            if started < count:
                self._line.appendleft((begin, length, count - started))
            self._start(at + length, started)
            self._count += started
            if at - begin > self._longest:
                self._longest, self._longest_from = at - begin, begin

    def _start(self, until: int, count: int) -> None:
        if count:
            self._free -= count
            heapq.heappush(self._ends, (until, count))
