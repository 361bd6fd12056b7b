"""The options that say what a queue is to be, and the entry that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, TypeVar

import click

from cron_actors.core.backoff_reader import NAMES
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json
from cron_actors.model.queue import Isolation

Command = TypeVar("Command", bound=Callable[..., object])

NO_LIMIT = "none"
_NUMBERS = ("parallelism", "weight", "priority_level", "min_workers")
_BACKOFF_KEYS = ("initial", "factor", "max", "jitter")
_BACKOFF_ACCEPTED = f"{', '.join(NAMES)}, or text such as initial=5s,factor=2,max=10m,jitter=0.1"
_OPTIONS = (
    click.option("--parallelism", metavar="N", help="How many runs at once at most; none takes the limit away."),
    click.option("--weight", metavar="N", help="Its part in the workers that are shared out, 1 to 1000."),
    click.option("--priority-level", metavar="N", help="The weight by level, 0 to 10."),
    click.option("--min-workers", metavar="N", help="How many workers it has in any case."),
    click.option(
        "--backoff", metavar="BACKOFF", help=f"How failed runs wait for their next attempt: {_BACKOFF_ACCEPTED}."
    ),
    click.option(
        "--rate-limit", metavar="N/TIME", help="How many runs may begin in what time, such as 10/1m; or none."
    ),
    click.option(
        "--isolation", metavar="KIND", help=f"A process for each run, or one run after run: {', '.join(Isolation)}."
    ),
    click.option("--recycle-runs", metavar="N", help="Replace a process that is used again after so many runs."),
    click.option(
        "--recycle-memory", metavar="SIZE", help="Replace it when it has taken so much memory, such as 256MB."
    ),
)


class QueueTexts(TypedDict):
    """What was given on the command line, as it was written; None where nothing was."""

    parallelism: str | None
    weight: str | None
    priority_level: str | None
    min_workers: str | None
    backoff: str | None
    rate_limit: str | None
    isolation: str | None
    recycle_runs: str | None
    recycle_memory: str | None


def queue_options(command: Command) -> Command:
    """Give a command the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def entry_of(texts: QueueTexts) -> dict[str, Json]:
    """Return the entry that the options make, null for a limit that is to go; raises InvalidValueError.

    Values that no queue can have are refused by whoever reads the entry.
    """
    given: dict[str, Json] = {key: value for key, value in texts.items() if isinstance(value, str)}
    entry: dict[str, Json] = {key: _number(value) if key in _NUMBERS else value for key, value in given.items()}
    for key in ("parallelism", "rate_limit"):
        if given.get(key) == NO_LIMIT:
            entry[key] = None
    recycling = {
        part: _number(entry.pop(key))
        for part, key in (("runs", "recycle_runs"), ("memory", "recycle_memory"))
        if key in entry
    }
    if recycling:
        entry["recycle"] = recycling
    if texts["backoff"] is not None:
        entry["backoff"] = _backoff(texts["backoff"])
    return entry


def _number(value: Json) -> Json:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _backoff(text: str) -> Json:
    """Return the name, or the object that pairs of keys and values stand for."""
    if "=" not in text:
        return text
    pairs = dict(part.strip().partition("=")[::2] for part in text.split(","))
    unknown = next((key for key in pairs if key not in _BACKOFF_KEYS), None)
    if unknown is not None:
        raise InvalidValueError(
            f"backoff: found {quote(text)}, where {quote(unknown)} means nothing; accepted: {_BACKOFF_ACCEPTED}"
        )
    return {key: _decimal(value) if key in ("factor", "jitter") else value for key, value in pairs.items()}


def _decimal(text: str) -> Json:
    try:
        return float(text)
    except ValueError:
        return text
