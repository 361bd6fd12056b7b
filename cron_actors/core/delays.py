"""When a submitted run becomes available, as its submitter says it: seconds from now, or a Unix time (E12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cron_actors.core.moments import iso
from cron_actors.core.quotation import quote
from cron_actors.errors import DelayError

LONGEST = timedelta(days=365)
_SECONDS = "whole seconds, or a timedelta of whole seconds"
_UNIX_TIME = "a Unix time in whole seconds, or an aware datetime of whole seconds"


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
    seconds = _whole(delay.total_seconds() if isinstance(delay, timedelta) else delay)
    if seconds is None:
        raise DelayError(f"delay: found {quote(delay)}, which is no integer; accepted: {_SECONDS}")
    if seconds < 0:
        raise DelayError(f"delay: found {quote(delay)}, which is negative; accepted: {_SECONDS}, from 0")
    if seconds > LONGEST.total_seconds():
        raise DelayError(f"delay: found {quote(delay)}, which is further than a year; accepted: {_at_most()}")
    return now + timedelta(seconds=seconds) if seconds else None


def _moment(at: object, now: datetime) -> datetime:
    if isinstance(at, datetime) and at.tzinfo is None:
        raise DelayError(f"at: found {at}, which names no time zone; accepted: {_UNIX_TIME}")
    seconds = _whole(at.timestamp() if isinstance(at, datetime) else at)
    if seconds is None:
        raise DelayError(f"at: found {quote(at)}, which is no integer; accepted: {_UNIX_TIME}")
    if seconds < 0:
        raise DelayError(f"at: found {quote(at)}, which is negative; accepted: {_UNIX_TIME}")
    if seconds > (now + LONGEST).timestamp():
        last = iso((now + LONGEST).replace(microsecond=0))
        raise DelayError(f"at: found {quote(at)}, which is further than a year ahead; accepted: at the latest {last}")
    if seconds < int(now.timestamp()):
        past = iso(datetime.fromtimestamp(seconds, UTC))
        raise DelayError(f"at: found {quote(at)}, which is in the past ({past}); accepted: {_UNIX_TIME} from now on")
    return datetime.fromtimestamp(seconds, UTC)


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A float is taken only of what was a length or a moment before; one written as such may be a fraction by mistake.
    return int(value) if isinstance(value, int) or value.is_integer() else None


def _at_most() -> str:
    return f"at most {int(LONGEST.total_seconds())} seconds"
