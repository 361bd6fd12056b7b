"""How long a failed run waits for its next attempt, as jobs and queues say it: by a name, or by four numbers (E9)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from cron_actors.core.durations import format_duration, parse_duration
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.queue import Backoff, BackoffKind

NAMES: Mapping[str, BackoffKind] = MappingProxyType(
    {
        "none": BackoffKind.NONE,
        "no_backoff": BackoffKind.NONE,
        "linear": BackoffKind.LINEAR,
        "exponential": BackoffKind.EXPONENTIAL,
    }
)
_USUAL = Backoff(kind=BackoffKind.GEOMETRIC)
_STEEPEST = 1_000.0


def read_backoff(reader: FieldReader) -> Backoff | None:
    """Return what stands under ``backoff``, None if nothing does or it cannot be read."""
    if not isinstance(reader.value(("backoff",)), dict):
        return reader.read(_named, "backoff", default=None)
    found = Backoff(
        kind=BackoffKind.GEOMETRIC,
        initial=reader.read(parse_duration, "backoff", "initial", default=_USUAL.initial),
        factor=reader.read(_factor, "backoff", "factor", default=_USUAL.factor),
        maximum=reader.read(parse_duration, "backoff", "max", default=_USUAL.maximum),
        jitter=reader.read(_jitter, "backoff", "jitter", default=_USUAL.jitter),
    )
    if found.maximum < found.initial:
        longest, first = format_duration(found.maximum), format_duration(found.initial)
        reader.refuse(
            ("backoff", "max"), f"found {longest}, but the first wait is {first}; accepted: at least as much as that"
        )
    return found


def backoff_text(backoff: Backoff) -> str:
    """Return the backoff as people read it.

    >>> backoff_text(Backoff(kind=BackoffKind.LINEAR)), backoff_text(Backoff(kind=BackoffKind.GEOMETRIC))
    ('linear', '15s, then 2 times as long each time, at most 1h')
    """
    if backoff.kind is not BackoffKind.GEOMETRIC:
        return str(backoff.kind)
    first, longest = format_duration(backoff.initial), format_duration(backoff.maximum)
    spread = f", {backoff.jitter:.0%} more or less" if backoff.jitter else ""
    return f"{first}, then {backoff.factor:g} times as long each time, at most {longest}{spread}"


def _named(value: object) -> Backoff:
    if isinstance(value, str) and value in NAMES:
        return Backoff(kind=NAMES[value])
    names = ", ".join(NAMES)
    raise InvalidValueError(f"found {quote(value)}; accepted: {names}, or an object with initial, factor, max, jitter")


def _factor(value: object) -> float:
    return _number(value, 1.0, _STEEPEST)


def _jitter(value: object) -> float:
    return _number(value, 0.0, 1.0)


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most or math.isnan(value):
        raise InvalidValueError(f"found {quote(value)}; accepted: a number from {least:g} to {most:g}")
    return float(value)
