"""A clock that moves only when a test says so, and alarms that ring when it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LONGEST_SLEEP = timedelta(seconds=1)  # as the machine's alarm has it
START_AT = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


class FakeAlarm:
    """An alarm on a fake clock; ``wish`` is what it was last set to, None once it has rung or was never set."""

    def __init__(self, clock: FakeClock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._rings_at: float | None = None
        self.wish: timedelta | None = None
        self.closed = False

    def set(self, after: timedelta) -> None:
        self.wish = after
        self._rings_at = self._clock.monotonic() + min(after, LONGEST_SLEEP).total_seconds()

    def close(self) -> None:
        self.closed = True

    def look(self) -> None:
        """Ring if it is time."""
        if not self.closed and self._rings_at is not None and self._rings_at <= self._clock.monotonic():
            self._rings_at = self.wish = None
            self._ring()


class FakeClock:
    """Both clocks of a machine; ``advance`` lets time pass, ``jump`` sets the wall clock."""

    def __init__(self, now: datetime = START_AT, monotonic: float = 1000.0) -> None:
        self._now = now
        self._monotonic = monotonic
        self.alarms: list[FakeAlarm] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def alarm(self, ring: Callable[[], None]) -> FakeAlarm:
        """Make an alarm on this clock."""
        self.alarms.append(FakeAlarm(self, ring))
        return self.alarms[-1]

    def advance(self, by: timedelta) -> None:
        """Let time pass on both clocks, then ring what has come due."""
        self._now += by
        self._monotonic += by.total_seconds()
        for alarm in list(self.alarms):
            alarm.look()

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forward or back; no time passes."""
        self._now += by
