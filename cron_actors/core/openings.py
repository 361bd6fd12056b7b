"""The instants of a schedule at which a job really runs: those that none of its calendars holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from cron_actors.core.calendars import free_from
from cron_actors.core.schedule import Schedule
from cron_actors.model.calendar import Calendar

_INSTANT_BEFORE = timedelta(microseconds=1)
_PATIENCE = timedelta(days=30 * 366)


def runs_after(schedule: Schedule, exclude: Iterable[Calendar], moment: datetime) -> Iterator[datetime]:
    """Yield the instants after ``moment`` that none of the calendars holds, as far as each comes within 30 years.

    What is held is passed over as a whole, not instant by instant.
    """
    calendars = tuple(exclude)
    if not calendars:
        yield from schedule.after(moment)
        return
    last_at, after = moment, moment
    while True:
        at = next(schedule.after(after), None)
        if at is None or at - last_at > _PATIENCE:
            return
        free_at = free_from(calendars, at, schedule.zone)
        if free_at is None:
            return
        if free_at == at:
            yield at
            last_at = at
        after = max(at, free_at - _INSTANT_BEFORE)
