"""Which queue takes the next worker, and how many runs each is to ask for.

A queue below its share comes first, then the one with the fewest workers for its weight; so a queue below its share has
the next worker that gets free. Shares bind nobody: what the others do not want, a queue takes beyond its own. Only
``min_workers`` is kept free for its queue, and only among MAX_WORKERS: of what runs at once on this machine
(MAX_PROCESSES) nothing is. The parallelism of a queue is never exceeded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from cron_actors.core.balance import reserve
from cron_actors.core.batching import Party, batch_size, least_size, next_pace, parties
from cron_actors.core.slots import Slots
from cron_actors.messages import Claimed, Granted, Launch, Want
from cron_actors.model.queue import Queue, QueueState
from cron_actors.model.run import AttemptKey, Identity


@dataclass(slots=True, kw_only=True)
class Line:
    """One queue as admission sees it; ``waiting`` until a claim says otherwise, as runs may wait."""

    queue: Queue
    paused: bool
    share: int
    waiting: bool = True
    again_at: datetime | None = None  # the rate limit lets none begin before that
    pace: timedelta | None = None
    polled: float | None = None
    launches: bool = False  # its runs leave processes to go on, which count as runs

    def eager(self) -> bool:
        """Say whether the queue would take workers now."""
        return self.waiting and not self.paused and self.again_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a queue asked for: runs for so many workers, ``least`` to ``most`` for each."""

    queue: Queue
    workers: int
    most: int
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What becomes of claimed runs: which worker performs which, and those for which there is no worker."""

    given: list[tuple[str, Party]]
    left: list[Launch]


class Admission:
    """The queues of this node and what they may take of its workers; one claim is under way at a time."""

    def __init__(self, workers: int, processes: int) -> None:
        self.slots = Slots()
        self._workers = workers
        self._processes = processes
        self._lines: dict[str, Line] = {}
        self._reserved: dict[str, int] = {}
        self._asked: dict[str, Asked] = {}
        self._at: datetime | None = None

    def open(self, states: Iterable[QueueState]) -> None:
        """Take note of the queues in force; in those that are new or were changed runs may wait.

        Workers are kept free for those that are not paused, if there are enough for all minimums.
        """
        lines: dict[str, Line] = {}
        for state in states:
            name = state.queue.name
            known = self._lines.get(name)
            if known is not None and (known.queue, known.paused) == (state.queue, state.paused):
                lines[name] = known
                continue
            share = (state.share or reserve(state.queue)) if known is None else known.share
            line = Line(queue=state.queue, paused=state.paused, share=share)
            if known is not None:
                line.pace, line.launches = known.pace, known.launches
            lines[name] = line
        self._lines = lines
        fits = sum(reserve(line.queue) for line in lines.values()) <= self._workers
        self._reserved = {name: reserve(line.queue) if fits and not line.paused else 0 for name, line in lines.items()}

    def queues(self) -> tuple[Queue, ...]:
        """Return the queues in force, in the order in which they were named."""
        return tuple(line.queue for line in self._lines.values())

    def loads(self, waiting: Mapping[str, int]) -> dict[str, int]:
        """Return what of the waiting runs counts for a balance: a paused queue needs no workers."""
        return {name: count for name, count in waiting.items() if name in self._lines and not self._lines[name].paused}

    def share_out(self, shares: Mapping[str, int]) -> None:
        """Take note of how many workers each queue was given."""
        for name, line in self._lines.items():
            line.share = shares.get(name, line.share)

    def share(self, queue: str) -> int:
        """Return the share of the queue, 0 if there is no queue of this name."""
        line = self._lines.get(queue)
        return 0 if line is None else line.share

    def wake(self, queue: str) -> None:
        """Take note that runs wait in the queue."""
        line = self._lines.get(queue)
        if line is not None:
            line.waiting = True

    def wake_all(self) -> None:
        """Take note that runs may wait anywhere."""
        for line in self._lines.values():
            line.waiting = True

    def pass_time(self, at: datetime, monotonic: float) -> None:
        """Wake the queues whose rate limit lets runs begin again, and those that have not been looked at for long.

        Nothing should wait unannounced, but a look is cheap, and none waits longer than ``poll_interval`` for it.
        """
        set_back = self._at is not None and at < self._at
        self._at = at
        for line in self._lines.values():
            if line.again_at is not None and (set_back or at >= line.again_at):
                line.again_at = None
            if line.polled is None or monotonic - line.polled >= line.queue.poll_interval.total_seconds():
                line.polled = monotonic
                line.waiting = True

    def demand(self) -> dict[str, int]:
        """Return for how many workers each queue is to ask now: none while a claim is under way."""
        eager = [] if self._asked else [line for line in self._lines.values() if line.eager()]
        free = min(self._workers, self._processes) - self.slots.count()
        if not eager or free <= 0:
            return {}
        return self._share_free(eager, free)

    def ask(self, demand: Mapping[str, int]) -> tuple[Want, ...]:
        """Take note that a claim for so many workers is under way; return what it asks for."""
        for name, workers in demand.items():
            line = self._lines[name]
            line.waiting = False  # what becomes available from here on is announced anew
            most = 1 if line.launches else batch_size(line.queue, line.pace)
            least = least_size(most, line.pace)
            self._asked[name] = Asked(queue=line.queue, workers=workers, most=most, least=least)
        return tuple(Want(queue=name, runs=asked.workers * asked.most) for name, asked in self._asked.items())

    def grant(self, claimed: Claimed) -> Admitted:
        """Return what becomes of the claimed runs; the workers are taken by them."""
        admitted = Admitted(given=[], left=[])
        for granted in claimed.granted:
            self._grant(granted, admitted)
        self._asked = {}
        return admitted

    def free(self, worker: str, runs: int = 0, busy: timedelta | None = None) -> None:
        """Take note that the worker is free, and that its latest runs took ``busy`` together."""
        line = self._lines.get(self.slots.free(worker) or "")
        if line is not None:
            line.pace = next_pace(line.pace, runs, busy)

    def leave_running(self, key: AttemptKey, identity: Identity) -> None:
        """Take note that the attempt has left this process to go on.

        From now on no worker is given a batch of that queue: the next run of one would begin beside the process.
        """
        worker = self.slots.holder(key.run_id)
        line = None if worker is None else self._lines.get(self.slots.performs(worker)[0].run.queue)
        if line is not None:
            line.launches = True
        self.slots.watch(key, identity)

    def forget_claim(self) -> None:
        """Take note that the claim under way will not be answered, and that runs may wait."""
        self._asked = {}
        self.wake_all()

    def idle(self) -> bool:
        """Say whether nothing is performed and nothing was asked for; processes left to go on may be watched."""
        return not self._asked and not self.slots.performing()

    def exhausted(self) -> bool:
        """Say whether nothing is performed and no queue would take a worker now."""
        return self.idle() and not self.demand()

    def _share_free(self, eager: list[Line], free: int) -> dict[str, int]:
        """Give each free worker to the queue whose turn it is; a queue that can take none is out of the running."""
        busy = {line.queue.name: self.slots.busy(line.queue.name) for line in eager}
        unreserved = self._unreserved()
        turns = [(self._turn(line, busy[line.queue.name]), place, line) for place, line in enumerate(eager)]
        heapify(turns)
        demand: dict[str, int] = {}
        while turns and free > 0:
            _, place, line = heappop(turns)
            queue = line.queue
            has = busy[queue.name]
            if queue.parallelism is not None and has >= queue.parallelism:
                continue
            if has >= self._reserved[queue.name]:
                if unreserved <= 0:
                    continue
                unreserved -= 1
            free -= 1
            busy[queue.name] = has + 1
            demand[queue.name] = demand.get(queue.name, 0) + 1
            heappush(turns, (self._turn(line, has + 1), place, line))
        return demand

    def _turn(self, line: Line, busy: int) -> tuple[bool, float]:
        # Without a worker a queue is below any share: what is given by weight alone could pass it over for ever.
        return busy >= max(line.share, 1), busy / line.queue.weight

    def _unreserved(self) -> int:
        """Return how many workers are neither taken nor kept free for a queue that has less than its minimum."""
        lacking = sum(max(0, reserved - self.slots.busy(name)) for name, reserved in self._reserved.items())
        return self._workers - self.slots.count() - lacking

    def _room(self, line: Line) -> int:
        """Return how many workers the queue may still take; it may have been paused or narrowed since it asked."""
        if line.paused:
            return 0
        parallelism = line.queue.parallelism
        return self._workers if parallelism is None else max(0, parallelism - self.slots.busy(line.queue.name))

    def _grant(self, granted: Granted, admitted: Admitted) -> None:
        asked = self._asked.get(granted.queue)
        if asked is None:
            admitted.left.extend(granted.launches)
            return
        line = self._lines.get(granted.queue)
        workers = asked.workers if line is None else min(asked.workers, self._room(line))
        groups, left = parties(asked.queue, granted.launches, workers, asked.most, asked.least)
        for party in groups:
            admitted.given.append((self.slots.take(granted.queue, party.launches), party))
        admitted.left.extend(left)
        if line is not None:
            again_at = granted.again_at
            passed = again_at is not None and self._at is not None and again_at <= self._at
            line.again_at = None if passed else again_at
            if left or again_at is not None or len(granted.launches) >= granted.asked:
                line.waiting = True  # there may be more
