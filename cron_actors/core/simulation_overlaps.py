"""What a job's overlap policy makes of its due instants if each run takes equally long and nothing else delays it.

Moments and lengths are whole seconds. A run that ends in the second of an instant is over: no overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cron_actors.model.job import Overlap

Runs = tuple[Sequence[int], Sequence[int]]  # starts and ends, by position
NextWithin = Callable[[int, int], int | None]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What happened to the instants of one job that found an earlier run still going (``overlapping`` of them).

    ``most_at_once`` is how many of its runs went side by side, ``waiting`` how many still waited at the end.
    """

    overlapping: int = 0
    skipped: int = 0
    coalesced: int = 0
    queued: int = 0
    cancelled: int = 0
    most_at_once: int = 0
    waiting: int = 0


class Lane:
    """The runs of one job under its policy; stretches of instants come in order."""

    def __init__(self, length: int, policy: Overlap) -> None:
        self.tally = Tally()
        self._length = length
        self._policy = policy
        self._busy_until: int | None = None
        self._ends: list[int] = []
        self._take = {
            Overlap.ALLOW: self._allow,
            Overlap.SKIP: self._skip,
            Overlap.QUEUE_ONE: self._queue,
            Overlap.QUEUE_ALL: self._queue,
            Overlap.CANCEL_OTHER: self._cancel_other,
        }[policy]

    def runs(self, due: Sequence[int], gap: int, end: int, next_within: NextWithin) -> Runs:
        """Return the runs that begin before ``end``; ``due`` are all instants up to there, ``gap`` apart at the least.

        ``next_within`` answers which instant is the first after one second and before another.
        """
        if gap >= self._length and self._undisturbed(due, end):
            return self._one_after_the_other(due)
        return self._take(due, end, next_within)

    def _undisturbed(self, due: Sequence[int], end: int) -> bool:
        """Say whether nothing from before touches these instants, nor they what comes after as far as that matters."""
        if self._policy is Overlap.CANCEL_OTHER and due and due[-1] + self._length > end:
            return False
        return not self.tally.waiting and (self._busy_until is None or self._busy_until <= (due[0] if due else end))

    def _one_after_the_other(self, due: Sequence[int]) -> Runs:
        ends = [at + self._length for at in due]
        if ends:
            self._busy_until = ends[-1]
            self._ends = ends[-1:]
            self.tally.most_at_once = max(self.tally.most_at_once, 1)
        return due, ends

    def _allow(self, due: Sequence[int], end: int, next_within: NextWithin) -> Runs:  # noqa: ARG002 - as all policies
        ends = [at + self._length for at in due]
        going = self._ends + ends
        tally, over = self.tally, 0
        for place, at in enumerate(due, start=len(self._ends)):
            while going[over] <= at:
                over += 1
            tally.overlapping += over < place
            tally.most_at_once = max(tally.most_at_once, place + 1 - over)
        self._ends = going[over:]
        self._busy_until = going[-1] if going else None
        return due, ends

    def _skip(self, due: Sequence[int], end: int, next_within: NextWithin) -> Runs:  # noqa: ARG002 - as all policies
        starts = []
        busy_until = self._busy_until
        for at in due:
            if busy_until is None or busy_until <= at:
                starts.append(at)
                busy_until = at + self._length
        self.tally.overlapping += len(due) - len(starts)
        self.tally.skipped += len(due) - len(starts)
        return self._one_at_a_time(starts, busy_until)

    def _queue(self, due: Sequence[int], end: int, next_within: NextWithin) -> Runs:  # noqa: ARG002 - as all policies
        starts: list[int] = []
        tally = self.tally
        for at in due:
            self._start_waiting(at + 1, starts)
            if self._busy_until is None or self._busy_until <= at:
                starts.append(at)
                self._busy_until = at + self._length
                continue
            tally.overlapping += 1
            if tally.waiting and self._policy is Overlap.QUEUE_ONE:
                tally.coalesced += 1
            else:
                tally.queued += 1
                tally.waiting += 1
        self._start_waiting(end, starts)
        return self._one_at_a_time(starts, self._busy_until)

    def _cancel_other(self, due: Sequence[int], end: int, next_within: NextWithin) -> Runs:
        """End each run at the next instant at the latest, although that may be in the next stretch."""
        ends = [min(at + self._length, following) for at, following in pairwise(due)]
        if due:
            last = due[-1] + self._length
            following = next_within(due[-1], last) if last > end else None
            ends.append(last if following is None else following)
        tally = self.tally
        cut = sum(1 for at, until in zip(due, ends, strict=True) if until - at < self._length)
        tally.overlapping += cut
        tally.cancelled += cut
        if ends:
            self._busy_until = ends[-1]
            tally.most_at_once = max(tally.most_at_once, 1)
        return due, ends

    def _start_waiting(self, before: int, starts: list[int]) -> None:
        """Start what waits, one after the other, as far as the turn comes before ``before``."""
        while self.tally.waiting and self._busy_until is not None and self._busy_until < before:
            starts.append(self._busy_until)
            self._busy_until += self._length
            self.tally.waiting -= 1

    def _one_at_a_time(self, starts: list[int], busy_until: int | None) -> Runs:
        self._busy_until = busy_until
        if starts:
            self.tally.most_at_once = max(self.tally.most_at_once, 1)
        return starts, [start + self._length for start in starts]
