"""Boundaries of ticks, aligned in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cron_actors.settings import Granularity

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

STEPS = {
    Granularity.SECOND: timedelta(seconds=1),
    Granularity.MINUTE: timedelta(minutes=1),
    Granularity.HOUR: timedelta(hours=1),
}


def floor(moment: datetime, granularity: Granularity) -> datetime:
    """Return the newest boundary at or before ``moment``, in UTC."""
    step = STEPS[granularity]
    return _EPOCH + (moment - _EPOCH) // step * step


def next_boundary(moment: datetime, granularity: Granularity) -> datetime:
    """Return the first boundary after ``moment``, in UTC."""
    return floor(moment, granularity) + STEPS[granularity]
