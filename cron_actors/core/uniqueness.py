"""What makes two submissions the same (E15): a key of the parts that are compared, and which runs it counts against."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from cron_actors.core.definitions import canonical
from cron_actors.core.durations import parse_duration
from cron_actors.core.quotation import quote
from cron_actors.core.texts import unusable_texts
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json
from cron_actors.model.run import RunState
from cron_actors.model.submission import UNFINISHED
from cron_actors.model.submission import Unique as Standing

PARTS = ("work", "args", "queue")
_ACCEPTED = "True, Unique(...), or text, which is its key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """What makes a submission the same as an earlier one, whose run then stands for both.

    ``by`` names what is compared: ``"work"``, ``"args"`` (with the keyword arguments), ``"queue"``. A ``key``, any
    text, is compared in the place of the arguments. A run counts while it is in one of ``states``, names of states;
    without them while it is not over, or, with a ``period`` (seconds, a timedelta, or text as ``"1h"``), if it was
    submitted within that time, unless it was discarded or cancelled.
    """

    by: tuple[str, ...] = PARTS
    states: tuple[str, ...] | None = None
    period: int | str | timedelta | None = None
    key: str | None = None


def parse_unique(value: object) -> Unique | None:
    """Return what is to be unique, checked; None if nothing is. Raises InvalidValueError."""
    if value is None or value is False:
        return None
    unique = Unique() if value is True else Unique(key=value) if isinstance(value, str) else value
    if not isinstance(unique, Unique):
        raise InvalidValueError(f"unique: found {quote(value)}; accepted: {_ACCEPTED}")
    by: object = unique.by
    if isinstance(by, str) or not isinstance(by, Collection):
        raise InvalidValueError(f"unique by: found {quote(by)}; accepted: a tuple of {', '.join(PARTS)}")
    for part in unique.by:
        if part not in PARTS:
            raise InvalidValueError(f"unique by: found {quote(part)}; accepted: {', '.join(PARTS)}")
    if unique.key is not None and not (unique.key and str(unique.key) == unique.key):
        raise InvalidValueError(f"unique key: found {quote(unique.key)}; accepted: text")
    for _, _, fault in unusable_texts(unique.key):
        raise InvalidValueError(f"unique key: {fault}")
    if not unique.by and unique.key is None:
        raise InvalidValueError(f"unique by: found nothing; accepted: {', '.join(PARTS)}, or a key")
    _states(unique)
    _period(unique)
    return unique


def unique_key(unique: Unique, parts: Mapping[str, Json]) -> str:
    """Return the key of a submission with these parts, by the names in ``PARTS``."""
    compared: dict[str, Json] = {part: parts[part] for part in unique.by if part != "args" or unique.key is None}
    if unique.key is not None:
        compared["key"] = unique.key
    return hashlib.sha256(canonical(compared).encode()).hexdigest()


def standing(unique: Unique) -> Standing:
    """Return which runs with the same key stand in the way of another."""
    return Standing(states=_states(unique), period=_period(unique))


def _states(unique: Unique) -> frozenset[RunState]:
    if unique.states is None:
        done = frozenset() if unique.period is None else frozenset({RunState.COMPLETED})
        return UNFINISHED | done
    try:
        found = frozenset(RunState(state) for state in unique.states)
    except (TypeError, ValueError):
        found = frozenset()
    if not found:
        raise InvalidValueError(f"unique states: found {quote(unique.states)}; accepted: {', '.join(RunState)}")
    return found


def _period(unique: Unique) -> timedelta | None:
    period = unique.period
    if isinstance(period, str):
        try:
            return parse_duration(period)
        except InvalidValueError as error:
            raise InvalidValueError(f"unique period: {error}") from None
    if isinstance(period, int) and not isinstance(period, bool):
        period = timedelta(seconds=max(0, min(period, 10**9)))
    if period is not None and (not isinstance(period, timedelta) or period <= timedelta(0)):
        raise InvalidValueError(f"unique period: found {quote(unique.period)}; accepted: seconds, a timedelta, '1h'")
    return period
