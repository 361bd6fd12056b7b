"""When a submitted run becomes available, as its submitter says it: seconds from now, or a Unix time (E12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cron_actors.core.moments import iso
from cron_actors.core.quotation import quote
from cron_actors.errors import DelayError

LONGEST = timedelta(days=365)
_LENGTH = "whole seconds, or a timedelta"
_MOMENT = "a Unix time in whole seconds, or an aware datetime"


def available_at(delay: object, at: object, now: datetime) -> datetime | None:
    """Return when the run becomes available, in UTC; None for at once. Raises DelayError.

    >>> available_at(90, None, datetime(2026, 11, 21, 3, tzinfo=UTC))
    datetime.datetime(2026, 11, 21, 3, 1, 30, tzinfo=datetime.timezone.utc)
    """
    if delay is not None and at is not None:
        raise DelayError("delay and at: both are given; accepted: one of them")
    if delay is not None:
        return _after(delay, now)
    return None if at is None else _moment(at, now)


def _after(delay: object, now: datetime) -> datetime | None:
    seconds = delay.total_seconds() if isinstance(delay, timedelta) else _whole(delay)
    found = f"delay: found {_shown(delay)}"
    if seconds is None:
        raise DelayError(f"{found}, which is no integer; accepted: {_LENGTH}")
    if seconds < 0:
        raise DelayError(f"{found}, which is negative; accepted: {_LENGTH}, from 0")
    if seconds > LONGEST.total_seconds():
        raise DelayError(f"{found}, which is further than a year; accepted: {_at_most()}")
    return now + timedelta(seconds=seconds) if seconds else None


def _moment(at: object, now: datetime) -> datetime:
    found = f"at: found {_shown(at)}"
    if isinstance(at, datetime) and at.tzinfo is None:
        raise DelayError(f"{found}, which names no time zone; accepted: {_MOMENT}")
    seconds = at.timestamp() if isinstance(at, datetime) else _whole(at)
    if seconds is None:
        raise DelayError(f"{found}, which is no integer; accepted: {_MOMENT}")
    if seconds < 0:
        raise DelayError(f"{found}, which is negative; accepted: {_MOMENT}")
    if seconds > (now + LONGEST).timestamp():
        last = iso((now + LONGEST).replace(microsecond=0))
        raise DelayError(f"{found}, which is further than a year ahead; accepted: at the latest {last}")
    if seconds < int(now.timestamp()):  # this very second counts as now
        past = iso(datetime.fromtimestamp(seconds, UTC))
        raise DelayError(f"{found}, which is in the past ({past}); accepted: {_MOMENT} from now on")
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime.fromtimestamp(seconds, UTC)


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None


def _shown(value: object) -> str:
    return str(value) if isinstance(value, timedelta | datetime) else quote(value)


def _at_most() -> str:
    return f"at most {int(LONGEST.total_seconds())} seconds"
