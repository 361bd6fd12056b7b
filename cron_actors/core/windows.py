"""Windows of time: (since, until], touching, never overlapping, closed at granularity boundaries or when asked.

A late tick makes a longer window, a clock set back makes none: so a suspended machine or a clock change neither loses
nor doubles an instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cron_actors.core.granularity import next_boundary
from cron_actors.settings import Granularity


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that has passed; ``number`` counts the windows so far that closed on a boundary."""

    since_at: datetime
    until_at: datetime
    number: int


class Windows:
    """The windows of one Timer, counted; the first one closes at once, whatever the time."""

    def __init__(self, granularity: Granularity) -> None:
        self._granularity = granularity
        self._until_at: datetime | None = None
        self._boundary_at: datetime | None = None
        self.number = 0

    def resume(self, until_at: datetime, number: int) -> None:
        """Go on after a window that somebody else closed at ``until_at``."""
        self.number = max(self.number, number)
        if self._until_at is None or self._until_at < until_at:
            self._until_at = until_at
            self._boundary_at = next_boundary(until_at, self._granularity)

    def rewind(self, until_at: datetime) -> None:
        """Go on from here although a later window was closed: the clock was set back, and somebody said it is right."""
        if self._until_at is not None and until_at < self._until_at:
            self._until_at = until_at
            self._boundary_at = next_boundary(until_at, self._granularity)

    def next_boundary_at(self, now: datetime) -> datetime:
        """Return when the next boundary window can close."""
        return now if self._boundary_at is None else self._boundary_at

    def close(self, now: datetime, wake_at: datetime | None = None) -> Window | None:
        """Return the window that ends now, None if there is no reason to end one: no boundary or wish has passed."""
        on_boundary = now >= self.next_boundary_at(now)
        since_at = self._until_at or now
        if not on_boundary and (wake_at is None or now < wake_at or now <= since_at):
            return None
        self.number += on_boundary
        self._until_at = now
        self._boundary_at = next_boundary(now, self._granularity)
        return Window(since_at=since_at, until_at=now, number=self.number)
