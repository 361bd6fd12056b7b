"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from cron_actors.errors import InvalidValueError

Value = TypeVar("Value")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def moment(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:  # noqa: ARG001
    """Read an ISO 8601 instant; one without an offset is UTC."""
    from cron_actors.core.moments import parse_instant  # noqa: PLC0415 - help texts need no calendar

    return None if text is None else _read(lambda: parse_instant(text, ZoneInfo("UTC")).astimezone(UTC))


def length(context: click.Context, parameter: click.Parameter, text: str) -> timedelta:  # noqa: ARG001
    """Read a duration as a jobs file has it."""
    from cron_actors.core.durations import parse_duration  # noqa: PLC0415 - as above

    return _read(lambda: parse_duration(text))


def _read(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except InvalidValueError as error:
        raise click.BadParameter(str(error)) from None
