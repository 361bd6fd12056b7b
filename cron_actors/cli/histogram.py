"""A histogram for the terminal: counts by minute, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from cron_actors.cli.wording import short
from cron_actors.core.durations import format_duration

HEIGHT = 8
_HOUR, _DAY = 60, 1440
BUCKETS = (
    *(1, 2, 5, 10, 15, 20, 30, 45),
    *(hours * _HOUR for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(days * _DAY for days in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 60, 90, 180, 365)),
)
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def histogram(minutes: Sequence[int], begin_at: datetime, columns: int, now: datetime) -> list[str]:
    """Return the lines of a histogram at most ``columns`` wide; ``minutes`` begin with that of ``begin_at``.

    The height of a column is the count of its busiest minute. The busiest column is marked, and named in the last line.
    """
    margin = len(str(max(minutes, default=0)))
    room = max(1, columns - margin - 2)
    length = next((length for length in BUCKETS if -(-len(minutes) // length) <= room), BUCKETS[-1])
    bars = [max(minutes[first : first + length]) for first in range(0, len(minutes), length)]
    most = max(bars, default=0)
    if not most:
        return []
    begin_at = begin_at.replace(second=0, microsecond=0)
    place = bars.index(most)
    of_each = "" if length == 1 else f", the busiest of each {format_duration(timedelta(minutes=length))}"
    marked_at = begin_at + timedelta(minutes=length * place)
    marked_until = begin_at + timedelta(minutes=min(length * (place + 1), len(minutes)))
    mark = " " * (margin + 2 + place) + "^"
    named = f"^ {short(marked_at, now)} to {short(marked_until, now)}: {most}"
    return [
        click.style(f"Fires a minute{of_each}", bold=True),
        *_rows(bars, most, margin),
        click.style(mark, fg="yellow"),
        f"{short(begin_at, now)} to {short(begin_at + timedelta(minutes=len(minutes)), now)}; {named}",
    ]


def _rows(bars: Sequence[int], most: int, margin: int) -> list[str]:
    """Return the columns line by line, the topmost first; a count above 0 is never invisible."""
    heights = [max(1, round(bar * HEIGHT * 8 / most)) if bar else 0 for bar in bars]
    rows = []
    for level in reversed(range(HEIGHT)):
        label = str(most) if level == HEIGHT - 1 else "0" if level == 0 else ""
        drawn = "".join(_EIGHTHS[min(8, max(0, height - 8 * level))] for height in heights)
        rows.append(f"{label:>{margin}} │{drawn}".rstrip())
    return rows
