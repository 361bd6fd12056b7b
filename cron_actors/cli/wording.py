"""Moments and lengths of time in words, for people; the zone is the viewer's."""

from __future__ import annotations

from datetime import datetime

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def relative(moment: datetime, now: datetime) -> str:
    """Return how far the moment is from now, in the largest unit that fills once.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> relative(now + timedelta(minutes=3), now), relative(now - timedelta(hours=1), now), relative(now, now)
    ('in 3 minutes', '1 hour ago', 'now')
    """
    seconds = round((moment - now).total_seconds())
    for unit, length in _UNITS:
        if abs(seconds) >= length:
            amount = abs(seconds) // length
            words = f"{amount} {unit}" + ("" if amount == 1 else "s")
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "now"


def local(moment: datetime) -> str:
    """Return the moment in the viewer's zone to the second, with its offset."""
    text = moment.astimezone().isoformat(sep=" ", timespec="seconds")
    return f"{text[:-6]} {text[-6:]}"


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
