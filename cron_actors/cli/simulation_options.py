"""The options of ``simulate``, and what they ask for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from cron_actors.cli import options
from cron_actors.errors import UsageError

Result = TypeVar("Result")
A_WEEK = timedelta(days=7)
MOST_WORKERS = 1_000_000
MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given; ``stated`` are lengths of runs by job."""

    begin: datetime | None
    end: datetime | None
    length: timedelta | None
    stated: Mapping[str, timedelta]
    assumed: timedelta
    history: bool
    workers: int | None
    top: int

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return where the simulation begins and ends; raises UsageError if that is no span."""
        if self.end is not None and self.length is not None:
            raise UsageError("--until and --for both say where to end; give one of them")
        begin_at = now.replace(second=0, microsecond=0) if self.begin is None else self.begin
        try:
            end_at = self.end if self.end is not None else begin_at + (self.length or A_WEEK)
        except OverflowError:
            raise UsageError("--for goes beyond the year 9999") from None
        if end_at <= begin_at:
            raise UsageError(f"the span ends at {end_at.isoformat()}, not after its beginning {begin_at.isoformat()}")
        return begin_at, end_at


def asking(command: Callable[..., Result]) -> Callable[..., Result]:
    """Give a command the options of a simulation; it gets them as one argument, ``asked``."""

    @click.option(
        "--from", "begin", metavar="INSTANT", callback=_instant, help="Where to begin; this minute if not given."
    )
    @click.option("--until", "end", metavar="INSTANT", callback=_instant, help="Where to end, exclusive.")
    @click.option("--for", "length", metavar="DURATION", callback=_length, help="How long; 7d if nothing is given.")
    @click.option(
        "--duration",
        "stated",
        metavar="JOB=DURATION",
        multiple=True,
        callback=_lengths,
        help="How long runs of this job take; can be repeated.",
    )
    @click.option(
        "--default-duration",
        "assumed",
        metavar="DURATION",
        callback=options.length,
        default="1m",
        show_default=True,
        help="How long runs take of which nothing is stated or recorded.",
    )
    @click.option(
        "--history/--no-history",
        default=True,
        help="Whether to take recorded durations (their median) from the database, if there is one; yes by default.",
    )
    @click.option(
        "--workers",
        metavar="N",
        type=click.IntRange(1, MOST_WORKERS),
        help="How many runs are performed at once; MAX_PROCESSES if not given.",
    )
    @click.option(
        "--top",
        metavar="N",
        type=click.IntRange(1, MOST_NAMED),
        default=5,
        show_default=True,
        help="How many minutes, jobs and herds to name.",
    )
    @functools.wraps(command)
    def asked(*arguments: Any, **given: Any) -> Result:  # noqa: ANN401 - what the command takes besides
        named = {name: given.pop(name) for name in Asked.__dataclass_fields__}
        return command(*arguments, asked=Asked(**named), **given)

    return asked


def _instant(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:  # noqa: ARG001 - click's
    from cron_actors.core.moments import parse_instant  # noqa: PLC0415 - help texts need no calendar

    return None if text is None else options.read(lambda: parse_instant(text, ZoneInfo("UTC")))


def _length(context: click.Context, parameter: click.Parameter, text: str | None) -> timedelta | None:
    return None if text is None else options.length(context, parameter, text)


def _lengths(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, timedelta]:
    """Read JOB=DURATION, as often as it is given; what stands before the last equals sign is the job."""
    lengths = {}
    for text in texts:
        job, equals, length = text.rpartition("=")
        if not (job and equals):
            raise click.BadParameter(f"{text!r} is not JOB=DURATION, such as backup=30s")
        lengths[job] = options.length(context, parameter, length)
    return lengths
