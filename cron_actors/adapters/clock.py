"""The clocks: the machine's, and a virtual one whose wall moves only when somebody waits for it.

This is the only module that asks the machine for the time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LONGEST_SLEEP = 1.0  # seconds: after a suspend or a clock change nobody oversleeps by more


class SystemClock:
    """The machine's wall clock and monotonic clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set, ``seconds`` at the most; say whether it is."""
        return event.wait(seconds)


class SystemAlarm:
    """An alarm in real time, with a thread of its own; it may ring early, so whoever is woken looks at the clock."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._changed = threading.Condition()
        self._rings_at: float | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="alarm", daemon=True)
        self._thread.start()

    def set(self, after: timedelta) -> None:
        """Ring ``after`` from now or a second from now, whichever is sooner."""
        rings_at = time.monotonic() + min(after.total_seconds(), LONGEST_SLEEP)
        with self._changed:
            # An earlier time must wake the thread; a later one is noticed when it wakes by itself.
            sooner = self._rings_at is None or rings_at < self._rings_at
            self._rings_at = rings_at
            if sooner:
                self._changed.notify()

    def close(self) -> None:
        """Never ring again and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while self._wait():
            self._ring()

    def _wait(self) -> bool:
        with self._changed:
            while not self._closed:
                if self._rings_at is None:
                    self._changed.wait()
                    continue
                left = self._rings_at - time.monotonic()
                if left <= 0:
                    self._rings_at = None
                    return True
                self._changed.wait(left)
            return False


class VirtualClock:
    """A wall clock that starts at ``start_at`` and jumps to whatever is waited for; the monotonic one is real."""

    def __init__(self, start_at: datetime) -> None:
        self._now = start_at

    def now(self) -> datetime:
        """Return the virtual moment, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds on the machine's monotonic clock."""
        return time.monotonic()

    def alarm(self, ring: Callable[[], None]) -> VirtualAlarm:
        """Make an alarm that rings at once and moves this clock to the instant it was set to."""
        return VirtualAlarm(self, ring)

    def jump(self, after: timedelta) -> None:
        """Move the wall clock on."""
        self._now += max(after, timedelta(0))


class VirtualAlarm:
    """An alarm that does not wait: setting it moves its clock and rings."""

    def __init__(self, clock: VirtualClock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring

    def set(self, after: timedelta) -> None:
        """Jump to the instant and ring."""
        self._clock.jump(after)
        self._ring()

    def close(self) -> None:
        """Do nothing: there is nothing to free."""
