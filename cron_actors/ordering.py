"""The options of a submission, checked, on top of what the worker class says."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict

from cron_actors.core.delays import available_at
from cron_actors.core.json_values import json_value
from cron_actors.core.quotation import quote
from cron_actors.core.submission import (
    Order,
    definition_for,
    known_queue,
    parse_max_attempts,
    parse_priority,
    timeout_text,
)
from cron_actors.core.texts import unusable_texts
from cron_actors.core.uniqueness import Unique, parse_unique
from cron_actors.errors import SubmissionError, UnknownQueueError, UnknownWorkError
from cron_actors.model.job import Json
from cron_actors.model.queue import BUILT_IN, DEFAULT_QUEUE
from cron_actors.named_work import NamedWork, working_directory
from cron_actors.work import Worker

Queues = Callable[[], Sequence[str]]
_BUILT_IN = frozenset(queue.name for queue in BUILT_IN)


class Options(TypedDict, total=False):
    """How submitted work is done, where that is not what its worker class says; None is as if it were not given.

    ``queue`` is the name of a queue; functions go to ``default``. ``priority`` is -1000 to 1000, the higher the sooner.
    ``delay`` is whole seconds from now, or a timedelta; ``at`` a Unix time in whole seconds, or an aware datetime; at
    most a year ahead.
    ``max_attempts`` is how often it is tried: once for a function, 50 times for a worker class. ``timeout`` is seconds,
    a timedelta, or text as ``"90s"``. ``backoff`` is a name (``"none"``, ``"linear"``, ``"exponential"``) or a mapping
    as in the jobs file. ``unique`` is True, a text as key, or ``Unique(...)``: a run that stands for this one already
    is given instead of another.
    """

    queue: str | None
    priority: int | None
    delay: int | timedelta | None
    at: int | datetime | None
    max_attempts: int | None
    timeout: int | str | timedelta | None
    backoff: str | Mapping[str, Any] | None
    unique: bool | str | Unique | None


def order_of(named: NamedWork, options: Options, now: datetime, queues: Queues) -> Order:
    """Return what runs of this work have in common; ``queues`` tells those in the store, if they must be known.

    Raises SubmissionErrors and InvalidValueError.
    """
    _require_known(options)
    worker = named.worker
    usual: Options = {"queue": DEFAULT_QUEUE, "priority": 0, "max_attempts": 1}
    if worker is not None:
        usual = {
            "queue": getattr(worker, "queue", None),
            "priority": worker.priority,
            "max_attempts": worker.max_attempts,
            "backoff": worker.backoff,
            "timeout": worker.timeout,
        }
    chosen = _joined(usual, options)
    if chosen.get("queue") is None:
        raise UnknownQueueError(
            f"{named.identifier}: the worker class names no queue; accepted: queue = {DEFAULT_QUEUE!r}, or another, in"
            " the class, or queue= where it is submitted"
        )
    if worker is not None and worker.perform is Worker.perform:
        raise UnknownWorkError(f"{named.identifier}: the worker class has no method perform of its own")
    work: dict[str, Json] = {"path": named.module, "function_name": named.name}
    attempts = parse_max_attempts(usual["max_attempts"])
    return _order(named.identifier, work, named.folder, (chosen, attempts, now), queues)


def command_order(identifier: str, line: str, options: Options, now: datetime, queues: Queues) -> Order:
    """Return the order to run a line of the shell, in the working directory; else as ``order_of``."""
    _require_known(options)
    _require_line(line)
    chosen = _joined({"queue": DEFAULT_QUEUE, "priority": 0, "max_attempts": 1}, options)
    return _order(
        identifier, {"command": line, "working_directory": "."}, working_directory(), (chosen, 1, now), queues
    )


def _order(
    identifier: str, work: Mapping[str, Json], folder: Path, how: tuple[Options, int, datetime], queues: Queues
) -> Order:
    chosen, usual_attempts, now = how
    attempts = parse_max_attempts(chosen["max_attempts"])
    backoff = chosen.get("backoff")
    definition = definition_for(
        identifier,
        work,
        folder,
        _queue(chosen["queue"], queues),
        max_attempts=usual_attempts,
        timeout=timeout_text(chosen.get("timeout")),
        backoff=None if backoff is None else json_value(backoff, "backoff"),
    )
    return Order(
        definition=definition,
        priority=parse_priority(chosen["priority"]),
        max_attempts=None if attempts == usual_attempts else attempts,
        scheduled_at=available_at(chosen.get("delay"), chosen.get("at"), now),
        unique=parse_unique(chosen.get("unique")),
    )


def _queue(name: object, queues: Queues) -> str:
    """Return the name of a queue; the store is asked only for one that is not built in."""
    return known_queue(name, () if name in _BUILT_IN else queues())


def _joined(usual: Options, options: Options) -> Options:
    given: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    joined: dict[str, Any] = {**usual, **given}
    result: Options = joined  # type: ignore[assignment] # the keys of both are those of options
    return result


def _require_line(line: object) -> None:
    if not isinstance(line, str) or not line.strip():
        raise SubmissionError(f"command: found {quote(line)}; accepted: a line for the shell")
    for _, _, fault in unusable_texts(line):
        raise SubmissionError(f"command: {fault}")


def _require_known(options: Options) -> None:
    known = list(Options.__annotations__)
    for name in options:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {quote(close[0])}?" if close else ""
            raise SubmissionError(f"unknown option {quote(name)}{hint}; accepted: {', '.join(known)}")
