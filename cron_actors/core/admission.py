"""Which worker takes the next run, and how many runs to ask for: the state of one queue's slots.

A slot is taken from the moment it is offered in a claim until its worker says that it is free again, so the number of
runs under way never exceeds the number of slots.
"""

from __future__ import annotations

from cron_actors.messages import Launch


class Admission:
    """The slots of one queue on this node; workers are named ``worker-1`` and up, made when first needed."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._free: list[str] = []
        self._busy: dict[str, Launch] = {}
        self._hired = 0
        self._asked = 0
        self._waiting = True  # until a claim says otherwise, runs may wait

    def wake(self) -> None:
        """Take note that runs wait."""
        self._waiting = True

    def demand(self) -> int:
        """Return how many runs to ask for now: 0 while a claim is under way, none wait or no slot is free."""
        if self._asked or not self._waiting:
            return 0
        return self._slots - len(self._busy)

    def ask(self, slots: int) -> None:
        """Take note that a claim for so many runs is under way."""
        self._asked = slots
        self._waiting = False  # what becomes available from here on is announced anew

    def grant(self, asked: int, launches: tuple[Launch, ...]) -> list[tuple[str, Launch]]:
        """Return which worker performs which of the claimed runs."""
        self._asked = 0
        if len(launches) >= asked:
            self._waiting = True  # there may be more
        return [(self._take(launch), launch) for launch in launches]

    def free(self, worker: str) -> None:
        """Take note that the worker has nothing to do; it may be one we did not know."""
        self._busy.pop(worker, None)
        if worker not in self._free:
            self._free.append(worker)

    def adopt(self, worker: str, launch: Launch) -> None:
        """Take note that the worker performs this run, as it did before we were asked to look after it."""
        self._busy[worker] = launch
        if worker in self._free:
            self._free.remove(worker)

    def forget_claim(self) -> None:
        """Take note that the claim under way will not be answered, and that runs may wait."""
        self._asked = 0
        self._waiting = True

    def hire_after(self, hired: int) -> None:
        """Never use the names of the first ``hired`` workers for new ones."""
        self._hired = max(self._hired, hired)

    def performs(self, worker: str) -> Launch | None:
        """Return the run the worker performs."""
        return self._busy.get(worker)

    def holder(self, run_id: int) -> str | None:
        """Return the worker that performs the run."""
        return next((worker for worker, launch in self._busy.items() if launch.run.run_id == run_id), None)

    def busy(self) -> tuple[str, ...]:
        """Return the workers that perform a run."""
        return tuple(self._busy)

    def idle(self) -> bool:
        """Say whether nothing is under way and nothing was asked for."""
        return not self._busy and not self._asked

    def exhausted(self) -> bool:
        """Say whether nothing is under way and nothing waits."""
        return self.idle() and not self._waiting

    def _take(self, launch: Launch) -> str:
        if self._free:
            worker = self._free.pop()
        else:
            self._hired += 1
            worker = f"worker-{self._hired}"
        self._busy[worker] = launch
        return worker
