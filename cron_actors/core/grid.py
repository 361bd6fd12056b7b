"""A grid of instants: one every period of elapsed time, from an origin on; answered by arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grid:
    """The instants ``origin``, ``origin + period``, ``origin + 2 period`` …; none is before ``origin``."""

    period: timedelta
    origin: datetime = EPOCH

    def at_or_before(self, moment: datetime) -> datetime | None:
        """Return the newest instant at or before ``moment``."""
        if moment < self.origin:
            return None
        return self.origin + (moment - self.origin) // self.period * self.period

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first instant after ``moment``, None past the end of the calendar."""
        newest = self.at_or_before(moment)
        if newest is None:
            return self.origin
        return newest + self.period if _END - newest >= self.period else None

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the instants after ``moment``."""
        instant = self.next_after(moment)
        while instant is not None:
            yield instant
            instant = instant + self.period if _END - instant >= self.period else None

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many instants are in (after, until]."""
        return max(0, self._number(until) - self._number(after))

    def _number(self, moment: datetime) -> int:
        return max(0, (moment - self.origin) // self.period + 1)
