"""Options and arguments that several commands share."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from cron_actors.cli.surroundings import surroundings
from cron_actors.errors import InvalidValueError
from cron_actors.model.run import RunState

Value = TypeVar("Value")
OTHER_WORDS = {
    "done": RunState.COMPLETED,
    "success": RunState.COMPLETED,
    "succeeded": RunState.COMPLETED,
    "successful": RunState.COMPLETED,
    "ok": RunState.COMPLETED,
    "failed": RunState.DISCARDED,
    "failure": RunState.DISCARDED,
    "error": RunState.DISCARDED,
    "dead": RunState.DISCARDED,
    "timeout": RunState.DISCARDED,
    "running": RunState.EXECUTING,
    "started": RunState.EXECUTING,
    "active": RunState.EXECUTING,
    "pending": RunState.AVAILABLE,
    "queued": RunState.AVAILABLE,
    "waiting": RunState.AVAILABLE,
}
DATE = re.compile("[0-9]{4}[-/]")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def past(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:  # noqa: ARG001 - click's
    """Read an ISO 8601 instant, UTC if it names no offset, or a duration, which means so long ago."""
    return None if text is None else read(lambda: _past(text, surroundings(context).now))


def length(context: click.Context, parameter: click.Parameter, text: str) -> timedelta:  # noqa: ARG001 - click's
    """Read a duration as a jobs file has it."""
    from cron_actors.core.durations import parse_duration  # noqa: PLC0415 - help texts need no calendar

    return read(lambda: parse_duration(text))


def _past(text: str, now: Callable[[], datetime]) -> datetime:
    from cron_actors.core.durations import parse_duration  # noqa: PLC0415 - help texts need no calendar
    from cron_actors.core.moments import parse_instant  # noqa: PLC0415 - as above
    from cron_actors.core.quotation import quote  # noqa: PLC0415 - as above

    if DATE.match(text.strip()):
        return parse_instant(text, ZoneInfo("UTC"))
    try:
        return now() - parse_duration(text)
    except InvalidValueError:
        raise InvalidValueError(
            f"{quote(text)} is no moment; accepted: an instant such as 2026-11-21T03:00:00Z, which is UTC if it"
            " names no offset, or a duration such as 1h, for an hour ago"
        ) from None


def read(reading: Callable[[], Value]) -> Value:
    """Return what is read; a refusal is told as one of the option."""
    try:
        return reading()
    except InvalidValueError as error:
        raise click.BadParameter(str(error)) from None


class StateChoice(click.Choice[RunState]):
    """The states of runs; a word that means one of them, or a misspelt one, is answered by the state."""

    def __init__(self) -> None:
        super().__init__(RunState, case_sensitive=False)

    def get_invalid_choice_message(self, value: str, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's
        close = difflib.get_close_matches(value.lower(), list(RunState), n=1)
        meant = OTHER_WORDS.get(value.lower()) or (close[0] if close else None)
        hint = f"; did you mean '{meant}'?" if meant else ""
        return f"{value!r} is no state of a run{hint}; accepted: {', '.join(RunState)}"
