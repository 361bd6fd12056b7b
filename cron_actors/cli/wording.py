"""Moments and lengths of time in words, for people; the zone is the viewer's."""

from __future__ import annotations

import math
from datetime import datetime

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_SMALLER = {"day": 3_600, "hour": 60, "minute": 1, "second": 1}


def relative(moment: datetime, now: datetime) -> str:
    """Return how far the moment is from now, rounded to the largest unit that fills once; halves count as whole.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> relative(now + timedelta(minutes=3), now), relative(now - timedelta(hours=1), now), relative(now, now)
    ('in 3 minutes', '1 hour ago', 'now')
    """
    amount, unit = _distance(moment, now)
    return _directed(counted(amount, unit), moment, now) if amount else "now"


def brief(moment: datetime, now: datetime) -> str:
    """Return what ``relative`` does, shorter.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> brief(now + timedelta(minutes=3), now), brief(now - timedelta(days=12), now)
    ('in 3m', '12d ago')
    """
    amount, unit = _distance(moment, now)
    return _directed(f"{amount}{unit[0]}", moment, now) if amount else "now"


def counted(amount: int, one: str, more: str | None = None) -> str:
    """Return the number with its noun; ``more`` is the plural if it is not ``one`` and an s.

    >>> counted(1, "tick"), counted(2, "tick"), counted(0, "success", "successes")
    ('1 tick', '2 ticks', '0 successes')
    """
    return f"{amount} {one if amount == 1 else more or one + 's'}"


def local(moment: datetime) -> str:
    """Return the moment in the viewer's zone to the second, with its offset."""
    text = moment.astimezone().isoformat(sep=" ", timespec="seconds")
    return f"{text[:-6]} {text[-6:]}"


def zone_name(now: datetime) -> str:
    """Return the name of the viewer's zone as it is now, such as CET."""
    return now.astimezone().tzname() or "local"


def short(moment: datetime, now: datetime) -> str:
    """Return the moment in the viewer's zone with no more than is needed: the day only if it is not today.

    The year stands only if it is another one, the zone's name only if it is not that of ``zone_name``.
    """
    here, today = moment.astimezone(), now.astimezone()
    day = "%b %d " if here.year == today.year else "%b %d %Y "
    text = here.strftime("%H:%M:%S" if here.date() == today.date() else f"{day}%H:%M:%S")
    return text if here.tzname() == today.tzname() else f"{text} {here.tzname()}"


def short_stretch(first: datetime, last: datetime, now: datetime) -> str:
    """Return two moments as ``short`` does, the day of the second only if it is not that of the first.

    The line feed after the first is where a table may break.
    """
    same_day = first.astimezone().date() == last.astimezone().date()
    return f"{short(first, now)} to\n{short(last, last if same_day else now)}"


def moment_text(moment: datetime | None, now: datetime) -> str:
    """Return the moment in the viewer's zone and in words; a dash for none."""
    return "-" if moment is None else f"{local(moment)} ({relative(moment, now)})"


def span(seconds: float | None) -> str:
    """Return a measured length of time, short; a dash for none.

    >>> span(0.0123), span(75.5), span(7322), span(None)
    ('12 ms', '1m 15s', '2h 02m', '-')
    """
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.2f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s"


def _distance(moment: datetime, now: datetime) -> tuple[int, str]:
    """Return whole units, zero if it is less than half a second; a unit fills once when rounding makes it whole."""
    seconds = math.floor(abs((moment - now).total_seconds()) + 0.5)
    for unit, length in _UNITS:
        smaller = _SMALLER[unit]
        whole = (2 * seconds + smaller) // (2 * smaller) * smaller  # 59.5 minutes are 60 minutes, so an hour
        if whole >= length:
            return max((2 * seconds + length) // (2 * length), 1), unit
    return 0, "second"


def _directed(words: str, moment: datetime, now: datetime) -> str:
    return f"in {words}" if moment > now else f"{words} ago"
