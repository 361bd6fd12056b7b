"""Boundaries of ticks, aligned in UTC, and whether all that a job is due at lies on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cron_actors.core.cron import CronExpression
from cron_actors.core.durations import format_duration
from cron_actors.core.grid import EPOCH
from cron_actors.core.moments import iso
from cron_actors.core.quotation import quote
from cron_actors.core.wall_clock import offsets_to_come
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import When
from cron_actors.settings import Granularity

_HOUR = timedelta(hours=1)

STEPS = {
    Granularity.SECOND: timedelta(seconds=1),
    Granularity.MINUTE: timedelta(minutes=1),
    Granularity.HOUR: timedelta(hours=1),
}


def floor(moment: datetime, granularity: Granularity) -> datetime:
    """Return the newest boundary at or before ``moment``, in UTC."""
    step = STEPS[granularity]
    return EPOCH + (moment - EPOCH) // step * step


def next_boundary(moment: datetime, granularity: Granularity) -> datetime:
    """Return the first boundary after ``moment``, in UTC."""
    return floor(moment, granularity) + STEPS[granularity]


def check_alignment(when: When, granularity: Granularity, *, seed: str = "") -> None:
    """Accept ``when`` if its periodicity and cron instants all lie on boundaries; ``seed`` places ``H``.

    Single moments are exact at any granularity. Raises InvalidValueError that names what does not fit and what would.
    """
    if when.periodicity is not None:
        _check_periodicity(when.periodicity, when.start_at, granularity)
    for text in when.cron:
        _check_cron(text, CronExpression.parse(text, seed=seed, day_match=when.day_match), granularity)
    offsets = offsets_to_come(ZoneInfo(when.timezone))
    if when.cron and granularity is Granularity.HOUR and any(offset % _HOUR for offset in offsets):
        raise InvalidValueError(
            f"timezone {quote(when.timezone)} is not whole hours from UTC, so its cron instants are between the ticks "
            f"of GRANULARITY {granularity}; accepted is a zone of whole hours, or a finer GRANULARITY"
        )


def _check_periodicity(periodicity: timedelta, start_at: datetime | None, granularity: Granularity) -> None:
    step = STEPS[granularity]
    if periodicity % step:
        raise InvalidValueError(
            f"periodicity {format_duration(periodicity)} is not a whole multiple of {format_duration(step)}, the "
            f"GRANULARITY; the nearest are {_neighbours(periodicity, step)}"
        )
    if start_at is not None and floor(start_at, granularity) != start_at:
        raise InvalidValueError(
            f"start_date {iso(start_at)} is not on a boundary of GRANULARITY {granularity}, and the periodicity counts "
            f"from it; the nearest boundaries are {iso(floor(start_at, granularity))} and "
            f"{iso(next_boundary(start_at, granularity))}"
        )


def _neighbours(periodicity: timedelta, step: timedelta) -> str:
    below = periodicity // step * step
    above = format_duration(below + step)
    return f"{format_duration(below)} and {above}" if below else above


def _check_cron(text: str, expression: CronExpression, granularity: Granularity) -> None:
    if granularity is not Granularity.SECOND and expression.has_seconds:
        raise InvalidValueError(
            f"cron {quote(text)} has instants at seconds other than 0, between the ticks of GRANULARITY {granularity}; "
            "write 0 in the second field, or set GRANULARITY to second"
        )
    if granularity is Granularity.HOUR and expression.minutes != {0}:
        raise InvalidValueError(
            f"cron {quote(text)} has instants at minutes other than 0, between the ticks of GRANULARITY {granularity}; "
            "write 0 in the minute field, or set GRANULARITY to minute"
        )
