"""The journal of events in the store, read backwards from its end and onwards as it grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cron_actors.core.events import event_of, kinds_of
from cron_actors.messages import RunChanged
from cron_actors.model.event import Event, EventKind
from cron_actors.ports.store import Reader

PIECE = 1_000  # entries read at once

Entry = tuple[int, tuple[RunChanged, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted: of this job, of these kinds (none means any), and since then."""

    job: str | None = None
    kinds: frozenset[EventKind] = frozenset()
    since: datetime | None = None

    def events(self, entries: Iterable[Entry]) -> Iterator[Event]:
        """Yield the wanted events of these entries, in their order."""
        for sequence, changes in entries:
            for change in changes:
                if self._wants(change):
                    for kind in kinds_of(change):
                        if not self.kinds or kind in self.kinds:
                            yield event_of(kind, change, sequence)

    def _wants(self, change: RunChanged) -> bool:
        return (self.job is None or change.job == self.job) and (self.since is None or change.at >= self.since)


def newest(reader: Reader, wanted: EventFilter, upto: int, limit: int) -> list[Event]:
    """Return the newest ``limit`` wanted events of the entries up to ``upto``, oldest first."""
    found: list[Event] = []
    while upto > 0 and len(found) < limit:
        after = max(0, upto - PIECE)
        entries = [entry for entry in reader.events(after, PIECE) if entry[0] <= upto]
        found = [*wanted.events(entries), *found]
        if not entries or _is_before(entries, wanted.since):
            break
        upto = after
    return found[-limit:]


def entries_since(reader: Reader, since: datetime, upto: int) -> list[Entry]:
    """Return the entries up to ``upto`` from the first of those with a change since then on, or from a few before."""
    pieces: list[list[Entry]] = []
    while upto > 0:
        after = max(0, upto - PIECE)
        piece = [entry for entry in reader.events(after, PIECE) if entry[0] <= upto]
        pieces.append(piece)
        if not piece or _is_before(piece, since):
            break
        upto = after
    return [entry for piece in reversed(pieces) for entry in piece]


class Follower:
    """A reader of the journal who has read the entries up to ``upto``, and goes on from there."""

    def __init__(self, reader: Reader, upto: int) -> None:
        self._reader = reader
        self._upto = upto

    def next(self) -> tuple[int, list[Entry]]:
        """Return how many entries were deleted before they could be read, and those that follow, a piece at most."""
        entries = self._reader.events(self._upto, PIECE)
        if not entries:
            return 0, []
        missed = entries[0][0] - self._upto - 1
        self._upto = entries[-1][0]
        return missed, entries


def _is_before(entries: list[Entry], since: datetime | None) -> bool:
    """Say whether nothing older than these entries can be wanted."""
    return since is not None and all(change.at < since for _, changes in entries for change in changes)
