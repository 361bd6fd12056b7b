"""A walk through instants some of which are barred: what is run of them, and the stretches of those that are not.

Instants to be caught up wait until it is known whether newer ones take their place, and so does all that follows them:
the results come in the order of the instants, and no stretch has an instant of another kind inside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from cron_actors.model.run import Reason, RunState

NotRun = tuple[RunState, Reason]


class Fate(Enum):
    """What becomes of an instant that is not barred: it is on time, or one of those to be caught up."""

    DUE = auto()
    LATE = auto()


Sorter = Callable[[datetime], Fate | NotRun]


@dataclass(slots=True)
class Piece:
    """Instants of one fate that follow each other; of those that may run each is a piece of its own."""

    fate: Fate | NotRun
    first_at: datetime
    last_at: datetime
    count: int = 1


class BarredWalk:
    """What was found so far: ``due`` and ``stretches``, both oldest first; all up to ``last_at`` is settled.

    The newest ``keep`` late instants are run; of the older ones becomes ``replaced``.
    """

    def __init__(self, sort: Sorter, keep: int, replaced: NotRun) -> None:
        self.due: list[datetime] = []
        self.stretches: list[tuple[NotRun, Piece]] = []
        self.last_at: datetime | None = None
        self._sort = sort
        self._keep = keep
        self._replaced = replaced
        self._pending: deque[Piece] = deque()  # empty, or begins with a late instant
        self._late = 0
        self._settled = 0

    def go(self, instants: Iterable[datetime], limit: int) -> bool:
        """Walk through the instants; False if about ``limit`` of them were settled before the end."""
        for at in instants:
            self._meet(at)
            if self._settled >= limit:
                return False
        while self._pending:
            self._settle(self._pending.popleft())
        return True

    def _meet(self, at: datetime) -> None:
        fate = self._sort(at)
        last = self._pending[-1] if self._pending else None
        if last is not None and last.fate == fate and not isinstance(fate, Fate):
            last.last_at = at
            last.count += 1
        else:
            self._pending.append(Piece(fate, at, at))
        self._late += fate is Fate.LATE
        if self._late > self._keep:
            self._late -= 1
            self._pending[0].fate = self._replaced
        while self._pending and self._pending[0].fate is not Fate.LATE:
            self._settle(self._pending.popleft())

    def _settle(self, piece: Piece) -> None:
        self._settled += piece.count
        self.last_at = piece.last_at
        if isinstance(piece.fate, Fate):
            self.due.append(piece.first_at)
        elif self._goes_on(piece.fate):
            self.stretches[-1][1].last_at = piece.last_at
            self.stretches[-1][1].count += piece.count
        else:
            self.stretches.append((piece.fate, piece))

    def _goes_on(self, fate: NotRun) -> bool:
        """Say whether the last stretch is of this fate and nothing was run since."""
        if not self.stretches or self.stretches[-1][0] != fate:
            return False
        return not self.due or self.due[-1] < self.stretches[-1][1].last_at
