"""A batch of executions on its way through warm children, as the daemon knows it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cron_actors.model.queue import Recycling
from cron_actors.ports.executor import BatchReport, ChildEnded, ChildStarted, Execution

Home = tuple[str, Path]  # a queue, and the folder that modules are looked up in first


@dataclass(slots=True, kw_only=True, eq=False)
class Batch:
    """Executions to be performed one after the other.

    ``waiting`` are those that no process has been given yet; ``given`` those that the present one has and of which the
    end is not known; both in their order. ``news`` is what is still to be reported.
    """

    queue: str
    recycling: Recycling
    report: BatchReport
    waiting: deque[Execution]
    given: deque[Execution] = field(default_factory=deque)
    news: list[ChildStarted | ChildEnded] = field(default_factory=list)

    @property
    def home(self) -> Home:
        """Return where what waits is to be performed next."""
        return self.queue, self.waiting[0].folder

    def next_part(self) -> Sequence[Execution]:
        """Give out what one process can perform: the next executions that are all of one folder."""
        folder = self.waiting[0].folder
        # Mostly it is the same object; to compare paths takes longer.
        while self.waiting and (self.waiting[0].folder is folder or self.waiting[0].folder == folder):
            self.given.append(self.waiting.popleft())
        return tuple(self.given)

    def move_on(self) -> None:
        """Let what was given wait again, for another process."""
        self.waiting.extendleft(reversed(self.given))
        self.given.clear()

    def take_back(self, given: int) -> list[Execution]:
        """Forget the last so many that were given and all that wait, and return them in their order."""
        taken = [self.given.pop() for _ in range(min(given, len(self.given)))]
        taken.reverse()
        taken.extend(self.waiting)
        self.waiting.clear()
        return taken
