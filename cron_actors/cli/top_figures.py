"""What ``top`` shows, as values: how fast runs begin and end, and how the queues stand."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cron_actors.core.queue_reader import queue_in_force
from cron_actors.messages import RunChanged
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import NodeRecord
from cron_actors.model.run import Run, RunState

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
MILLISECOND = timedelta(milliseconds=1)
MOST_COUNTED = 10_000  # runs of a state in a queue
LONGEST = 5
NEWEST = 5

_FAILED = {RunState.DISCARDED, RunState.RETRYABLE}
_BUSY = (RunState.EXECUTING, RunState.LAUNCHED)
_LATER = (RunState.SCHEDULED, RunState.RETRYABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How many attempts began, succeeded and failed a second."""

    started: float = 0.0
    completed: float = 0.0
    failed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """How a queue stands: its share of the workers, how many are busy, free and too many, and what waits.

    ``later`` are runs that wait for an instant. A number of runs is counted up to ``MOST_COUNTED``.
    """

    name: str
    share: int
    busy: int
    waiting: int
    later: int
    paused: bool

    @property
    def free(self) -> int:
        """Return how many more of its workers could be busy."""
        return max(0, self.share - self.busy)

    @property
    def to_terminate(self) -> int:
        """Return how many busy workers it will give back when they have finished."""
        return max(0, self.busy - self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that one screen shows; ``lateness`` is p50 and p95 of the last minute in seconds, None without any start.

    ``now`` are the rates since the look before, None at the first.
    """

    at: datetime
    node: NodeRecord | None
    lives: bool
    troubles: Sequence[str]
    queues: Sequence[QueueFigures]
    now: Rates | None
    minute: Rates
    lateness: tuple[float, float] | None
    running: Sequence[Run]
    failures: Sequence[RunChanged]
    missed: int = 0


@dataclass(slots=True)
class _Piece:
    """What was counted up to a moment; lateness in whole milliseconds, by their number."""

    until: datetime
    started: int = 0
    completed: int = 0
    failed: int = 0
    late: Counter[int] = field(default_factory=Counter)

    def count(self, change: RunChanged) -> None:
        """Count the change."""
        if change.state is RunState.EXECUTING:
            self.started += 1
            if change.attempt == 1:
                self.late[max(0, ((change.started_at or change.at) - change.due_at) // MILLISECOND)] += 1
        elif change.state is RunState.COMPLETED:
            self.completed += 1
        elif _is_failure(change):
            self.failed += 1


class Pulse:
    """Counts changes between one look and the next, and remembers a minute of them.

    It begins with the ``changes`` of the minute before ``now``.
    """

    def __init__(self, changes: Iterable[RunChanged], now: datetime) -> None:
        self._since = now - MINUTE
        self._pieces = deque(_Piece(self._since + second * SECOND) for second in range(1, MINUTE // SECOND + 1))
        self._looks = 0
        self.failures: deque[RunChanged] = deque(maxlen=NEWEST)
        for change in changes:
            if change.at >= self._since:
                self._pieces[min((change.at - self._since) // SECOND, len(self._pieces) - 1)].count(change)
                self._remember(change)

    def count(self, changes: Iterable[RunChanged], until: datetime) -> None:
        """Count what changed since the last look; this one is at ``until``."""
        piece = _Piece(until)
        for change in changes:
            piece.count(change)
            self._remember(change)
        self._pieces.append(piece)
        self._looks += 1
        while len(self._pieces) > 1 and self._pieces[0].until <= until - MINUTE:
            self._since = self._pieces.popleft().until

    def rates(self) -> tuple[Rates | None, Rates]:
        """Return the rates since the last look, None at the first, and over the last minute."""
        last = self._pieces[-1]
        before = self._pieces[-2].until if len(self._pieces) > 1 else self._since
        since_last = _rates([last], last.until - before) if self._looks > 1 else None
        return since_last, _rates(self._pieces, last.until - self._since)

    def lateness(self) -> tuple[float, float] | None:
        """Return p50 and p95, in seconds, of how late first attempts began over the last minute."""
        late: Counter[int] = Counter()
        for piece in self._pieces:
            late.update(piece.late)
        if not late:
            return None
        return _quantile(late, 0.50), _quantile(late, 0.95)

    def _remember(self, change: RunChanged) -> None:
        if _is_failure(change):
            self.failures.append(change)


def queue_figures(records: Iterable[QueueRecord], present: Mapping[str, Mapping[RunState, int]]) -> list[QueueFigures]:
    """Return how every queue stands, the heaviest first; one that has gone is shown as long as it has runs."""
    known = {record.name: record for record in records}
    shown = [name for name, record in known.items() if record.removed_at is None or present.get(name)]
    shown += [name for name in present if name not in known]
    weights = {name: queue_in_force(known[name]).queue.weight if name in known else 0 for name in shown}
    return [
        _figures(name, known.get(name), present.get(name, {}))
        for name in sorted(shown, key=lambda name: (-weights[name], name))
    ]


def longest_running(runs: Iterable[Run]) -> list[Run]:
    """Return the runs under way that began first."""
    begun = [run for run in runs if run.started_at is not None]
    return sorted(begun, key=lambda run: (run.started_at is None, run.started_at, run.run_id))[:LONGEST]


def _figures(name: str, record: QueueRecord | None, counts: Mapping[RunState, int]) -> QueueFigures:
    return QueueFigures(
        name=name,
        share=record.share if record is not None else 0,
        busy=sum(counts.get(state, 0) for state in _BUSY),
        waiting=counts.get(RunState.AVAILABLE, 0),
        later=sum(counts.get(state, 0) for state in _LATER),
        paused=record is not None and record.paused_at is not None,
    )


def _is_failure(change: RunChanged) -> bool:
    return change.state in _FAILED and change.outcome is not None


def _quantile(late: Counter[int], share: float) -> float:
    rank = max(1, math.ceil(share * late.total()))
    for value in sorted(late):
        rank -= late[value]
        if rank <= 0:
            break
    return value / 1000


def _rates(pieces: Iterable[_Piece], length: timedelta) -> Rates:
    seconds = length.total_seconds()
    if seconds <= 0:
        return Rates()
    counted = list(pieces)
    return Rates(
        started=sum(piece.started for piece in counted) / seconds,
        completed=sum(piece.completed for piece in counted) / seconds,
        failed=sum(piece.failed for piece in counted) / seconds,
    )
