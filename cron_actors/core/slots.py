"""Who performs what: the workers of a node, each free or held by runs of one queue.

A worker serves any queue. It is taken from the moment it is given runs until it says that it is free again; one that
watches a process which an attempt has left to go on by itself is taken all the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cron_actors.messages import Launch
from cron_actors.model.run import AttemptKey, Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An attempt that is over but for the process it has left to go on by itself."""

    launch: Launch
    identity: Identity


class Slots:
    """The workers of this node, named ``worker-1`` and up; each is made when it is first needed, and used again."""

    def __init__(self) -> None:
        self._free: list[str] = []
        self._performs: dict[str, tuple[Launch, ...]] = {}
        self._queue_of: dict[str, str] = {}
        self._watches: dict[str, Watched] = {}
        self._by_run: dict[int, str] = {}
        self._busy: Counter[str] = Counter()
        self._hired = 0

    def take(self, queue: str, launches: tuple[Launch, ...]) -> str:
        """Give the runs of the queue to a worker; return its name."""
        if self._free:
            worker = self._free.pop()
        else:
            self._hired += 1
            worker = f"worker-{self._hired}"
        self.adopt(worker, queue, launches)
        return worker

    def free(self, worker: str) -> str | None:
        """Take note that the worker has nothing to do; return the queue it served, None if it was given nothing."""
        queue = self._release(worker)
        if worker not in self._free:
            self._free.append(worker)
        return queue

    def adopt(self, worker: str, queue: str, launches: tuple[Launch, ...]) -> None:
        """Take note that the worker performs these runs of the queue, whoever gave them to it."""
        if worker in self._free:
            self._free.remove(worker)
        watched = self._watches.get(worker)
        self._release(worker)
        self._take_up(worker, queue, launches)
        if watched is not None:
            self.watch(watched.launch.key, watched.identity)

    def watch(self, key: AttemptKey, identity: Identity) -> None:
        """Take note that the attempt has left this process to go on, and that its worker has no other run any more.

        An attempt that nobody performs is ignored.
        """
        worker = self._by_run.get(key.run_id, "")
        for launch in self._performs.get(worker, ()):
            if launch.key == key:
                queue = self._queue_of[worker]
                self._release(worker)
                self._take_up(worker, queue, (launch,))
                self._watches[worker] = Watched(launch=launch, identity=identity)

    def hire_after(self, hired: int) -> None:
        """Never use the names of the first ``hired`` workers for new ones."""
        self._hired = max(self._hired, hired)

    def performs(self, worker: str) -> tuple[Launch, ...]:
        """Return the runs that the worker was given last, none if it is free."""
        return self._performs.get(worker, ())

    def watches(self, worker: str) -> Watched | None:
        """Return what the worker watches, None if it performs runs or is free."""
        return self._watches.get(worker)

    def holder(self, run_id: int) -> str | None:
        """Return the worker that performs the run."""
        return self._by_run.get(run_id)

    def taken(self) -> tuple[str, ...]:
        """Return the workers that are not free."""
        return tuple(self._performs)

    def performing(self) -> tuple[str, ...]:
        """Return the workers that perform runs, without those that only watch."""
        return tuple(worker for worker in self._performs if worker not in self._watches)

    def count(self) -> int:
        """Return how many workers are not free."""
        return len(self._performs)

    def busy(self, queue: str) -> int:
        """Return how many workers the queue has taken."""
        return self._busy[queue]

    def _take_up(self, worker: str, queue: str, launches: tuple[Launch, ...]) -> None:
        self._busy[queue] += 1
        self._queue_of[worker] = queue
        self._performs[worker] = launches
        for launch in launches:
            self._by_run[launch.run.run_id] = worker

    def _release(self, worker: str) -> str | None:
        queue = self._queue_of.pop(worker, None)
        for launch in self._performs.pop(worker, ()):
            if self._by_run.get(launch.run.run_id) == worker:  # what was taken back may have gone to another one
                del self._by_run[launch.run.run_id]
        self._watches.pop(worker, None)
        if queue is not None:
            self._busy[queue] -= 1
        return queue
