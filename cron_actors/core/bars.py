"""What keeps a job from running at instants that its schedule names: pauses, and the calendars it excludes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cron_actors.core.calendars import holds
from cron_actors.core.pausing import pause_at
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import When
from cron_actors.model.records import Pause
from cron_actors.model.run import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The pauses and calendars of one job; ``zone`` is that of its calendars."""

    pauses: tuple[Pause, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    zone: ZoneInfo

    @classmethod
    def of(cls, when: When, pauses: Sequence[Pause] = ()) -> Bars:
        """Return the bars of a job with this schedule and these pauses."""
        return cls(pauses=tuple(pauses), calendars=when.exclude, zone=ZoneInfo(when.timezone))

    def reason(self, at: datetime) -> Reason | None:
        """Return why the job does not run at this instant; None if nothing keeps it from that."""
        if self.paused(at):
            return Reason.PAUSED
        if self.calendars and holds(self.calendars, at, self.zone):
            return Reason.CALENDAR
        return None

    def holding(self, at: datetime) -> tuple[str, ...]:
        """Return the names of the calendars that hold this instant."""
        return tuple(calendar.name for calendar in self.calendars if holds([calendar], at, self.zone))

    def paused(self, at: datetime) -> bool:
        """Say whether the job is paused at this moment."""
        return pause_at(self.pauses, at) is not None

    def may_concern(self, after: datetime, until: datetime) -> bool:
        """Say whether any instant of (after, until] may be barred."""
        return bool(self.calendars) or any(
            pause.paused_at <= until and (pause.until_at is None or pause.until_at > after) for pause in self.pauses
        )

    def paused_throughout(self, after: datetime, until: datetime) -> bool:
        """Say whether one pause covers all of (after, until]."""
        return any(pause.paused_at <= after and pause.covers(until) for pause in self.pauses)
