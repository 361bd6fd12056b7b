"""Work to be submitted, turned into runs: the definition that they share, and what is each one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cron_actors.core.definition_keys import definition_key
from cron_actors.core.definitions import definition_of
from cron_actors.core.durations import format_duration, parse_duration
from cron_actors.core.json_values import json_value
from cron_actors.core.queue_names import unknown_queue
from cron_actors.core.quotation import quote
from cron_actors.core.uniqueness import Unique, unique_key
from cron_actors.errors import InvalidValueError, UnknownQueueError
from cron_actors.model.job import Definition, Json
from cron_actors.model.queue import BUILT_IN
from cron_actors.model.run import Cause, NewRun, Reason, RunState

PRIORITIES = range(-1000, 1001)
MOST_ATTEMPTS = 1_000_000
_TIMEOUTS = range(1, 36_500 * 86_400 + 1)  # seconds: as long as any duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What runs of one submission have in common.

    ``max_attempts`` is given if it differs from what the definition says. ``scheduled_at`` None means at once.
    """

    definition: Definition
    priority: int = 0
    max_attempts: int | None = None
    scheduled_at: datetime | None = None
    unique: Unique | None = None

    def run(self, args: Sequence[object], kwargs: Mapping[str, object], now: datetime) -> NewRun:
        """Return the run with these arguments; raises InvalidValueError, with its place, for one that is no JSON."""
        job = self.definition.job
        own: dict[str, Json] = {"args": json_value(list(args), "args"), "kwargs": json_value(dict(kwargs), "kwargs")}
        parts: dict[str, Json] = {"work": job.identifier, "args": own, "queue": job.queue}
        return NewRun(
            job=job.identifier,
            due_at=self.scheduled_at or now,
            cause=Cause.SUBMITTED,
            key=None,
            definition=definition_key(self.definition.text),
            queue=job.queue,
            priority=self.priority,
            state=RunState.AVAILABLE if self.scheduled_at is None else RunState.SCHEDULED,
            reason=None if self.scheduled_at is None else Reason.DELAYED,
            args=own,
            scheduled_at=self.scheduled_at,
            max_attempts=self.max_attempts,
            unique_key=None if self.unique is None else unique_key(self.unique, parts),
            inserted_at=now,
        )


def definition_for(identifier: str, work: Mapping[str, Json], folder: Path, queue: str, **keys: Json) -> Definition:
    """Return the definition of submitted work: ``work`` says what to run, ``keys`` how, None for what is not said.

    Raises InvalidValueError for what a jobs file could not say either.
    """
    said = {key: value for key, value in keys.items() if value is not None}
    return definition_of({"identifier": identifier, "manual": True, "queue": queue, **work, **said}, folder)


def known_queue(name: object, stored: Sequence[str]) -> str:
    """Return the name of a queue that is built in or in the store; raises UnknownQueueError."""
    names = list(dict.fromkeys([*(queue.name for queue in BUILT_IN), *stored]))
    if not isinstance(name, str):
        raise UnknownQueueError(f"queue: found {quote(name)}; accepted: a queue: {', '.join(names)}")
    if name not in names:
        raise UnknownQueueError(f"queue: {unknown_queue(name, names)}")
    return name


def parse_priority(value: object) -> int:
    """Return the priority; raises InvalidValueError."""
    return _whole(value, "priority", PRIORITIES)


def parse_max_attempts(value: object) -> int:
    """Return how often a run is tried; raises InvalidValueError."""
    return _whole(value, "max_attempts", range(1, MOST_ATTEMPTS + 1))


def timeout_text(value: object) -> str | None:
    """Return a timeout, in seconds, as a timedelta or as text, as a definition has it; raises InvalidValueError."""
    if value is None:
        return None
    text = value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not isinstance(value, int) or value not in _TIMEOUTS:
            raise InvalidValueError(
                f"timeout: found {quote(value)}; accepted: whole seconds from 1 to {_TIMEOUTS[-1]}, a timedelta, or"
                " text such as 90s"
            )
        text = f"{value}s"
    elif isinstance(value, timedelta):
        text = format_duration(value)
    try:
        parse_duration(text)
    except InvalidValueError as error:
        raise InvalidValueError(f"timeout: {error}") from None
    return str(text)


def _whole(value: object, name: str, accepted: range) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in accepted:
        numbers = f"a whole number from {accepted.start} to {accepted.stop - 1}"
        raise InvalidValueError(f"{name}: found {quote(value)}; accepted: {numbers}")
    return value
