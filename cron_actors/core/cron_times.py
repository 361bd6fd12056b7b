"""The times of day of a cron expression: its fields for hours, minutes and seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class CronTimes:
    """The times of day whose hour, minute and second are among these, each in order; none is empty."""

    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]

    @property
    def first(self) -> time:
        """Return the first of the times."""
        return time(self.hours[0], self.minutes[0], self.seconds[0])

    def after(self, moment: time) -> time | None:
        """Return the first of the times after ``moment``, None if there is none on that day."""
        if moment.hour in self.hours:
            if moment.minute in self.minutes:
                second = _above(self.seconds, moment.second)
                if second is not None:
                    return time(moment.hour, moment.minute, second)
            minute = _above(self.minutes, moment.minute)
            if minute is not None:
                return time(moment.hour, minute, self.seconds[0])
        hour = _above(self.hours, moment.hour)
        return None if hour is None else time(hour, self.minutes[0], self.seconds[0])


def _above(values: Sequence[int], value: int) -> int | None:
    place = bisect_right(values, value)
    return values[place] if place < len(values) else None
