"""Time as a port: what the wall says, what the monotonic clock measures, and being woken later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The two clocks: the wall decides when, the monotonic one measures how long."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""


class Alarm(Protocol):
    """One alarm that calls back from a thread of its own; a new setting replaces the old one."""

    def set(self, after: timedelta) -> None:
        """Ring once, ``after`` from now (at once if not positive)."""

    def close(self) -> None:
        """Never ring again and end the thread."""


class AlarmMaker(Protocol):
    """Make an alarm that calls ``ring``."""

    def __call__(self, ring: Callable[[], None]) -> Alarm:
        """Return the alarm, not yet set."""
