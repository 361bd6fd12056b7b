"""Queues read from their entries: those of a jobs file, of a command, and of both laid over what is built in (E1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from cron_actors.core.backoff_reader import read_backoff
from cron_actors.core.definitions import canonical
from cron_actors.core.durations import parse_duration
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.problems import Problem
from cron_actors.core.quotation import quote
from cron_actors.core.rate_reader import parse_rate
from cron_actors.core.sizes import parse_size
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json
from cron_actors.model.queue import (
    BUILT_IN,
    WEIGHTS,
    Isolation,
    Queue,
    QueueDeclaration,
    QueueRecord,
    QueueState,
    Recycling,
)

BUILT_IN_SOURCE = "built-in"
COMMAND_SOURCE = "command"
MOST = 1_000_000
"""The greatest parallelism, number of workers and number of runs that can be asked for."""
HEAVIEST = 1_000

_BUILT_IN = {queue.name: queue for queue in BUILT_IN}
_OTHER_PLACE = {"weight": "priority_level", "priority_level": "weight"}
_ONE_OF_TWO = "stands beside weight; accepted: one or the other"


def read_queue(name: str, entry: Mapping[str, Json]) -> tuple[Queue, list[Problem]]:
    """Return the queue that the entry says, and every value that cannot be read, with pointers that start at the entry.

    What it does not say, and what is null in it, a built-in queue has from itself, another one by default.
    """
    usual = _BUILT_IN.get(name, Queue(name=name))
    reader = FieldReader(entry)
    level, weight = _place(reader, usual)
    parallelism = reader.read(_from_to(1, MOST), "parallelism", default=usual.parallelism)
    queue = Queue(
        name=name,
        weight=weight,
        priority_level=level,
        min_workers=_min_workers(reader, usual, parallelism),
        parallelism=parallelism,
        backoff=read_backoff(reader),
        rate_limit=reader.read(parse_rate, "rate_limit", default=usual.rate_limit),
        poll_interval=reader.read(parse_duration, "poll_interval", default=usual.poll_interval),
        isolation=reader.read(_isolation, "isolation", default=usual.isolation),
        recycling=Recycling(
            runs=reader.read(_from_to(1, MOST), "recycle", "runs", default=usual.recycling.runs),
            memory=reader.read(parse_size, "recycle", "memory", default=usual.recycling.memory),
        ),
    )
    return queue, reader.problems


def queue_from(name: str, entry: Mapping[str, Json]) -> Queue:
    """Return the queue that the entry says; raises InvalidValueError with the first value that cannot be read."""
    queue, problems = read_queue(name, entry)
    if problems:
        raise InvalidValueError(f"{problems[0].field}: {problems[0].message}")
    return queue


def declaration(name: str, entry: Mapping[str, Json]) -> QueueDeclaration:
    """Return what a source says of a queue; raises InvalidValueError."""
    return QueueDeclaration(queue=queue_from(name, entry), text=entry_text(entry))


def entry_text(entry: Mapping[str, Json]) -> str:
    """Return the canonical JSON of an entry, without the user's own keys.

    >>> entry_text({"weight": 3, "x-owner": "shop", "parallelism": 2})
    '{"parallelism":2,"weight":3}'
    """
    return canonical({key: value for key, value in entry.items() if not key.startswith("x-")})


def joined_entry(entry: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    """Return the entry with the changes on top; of weight and priority level stays the one that was changed.

    >>> joined_entry({"weight": 3, "recycle": {"runs": 5}}, {"priority_level": 1, "recycle": {"memory": 9}})
    {'recycle': {'runs': 5, 'memory': 9}, 'priority_level': 1}
    """
    others = {_OTHER_PLACE[key] for key in changes if key in _OTHER_PLACE}
    joined = {key: value for key, value in entry.items() if key not in others or key in changes}
    for key, value in changes.items():
        before = joined.get(key)
        if key == "recycle" and isinstance(before, dict) and isinstance(value, dict):
            joined[key] = {**before, **value}
        else:
            joined[key] = value
    return joined


def changes_text(record: QueueRecord, changes: Mapping[str, Json]) -> str:
    """Return the ``changes`` of the record once these are among them; raises InvalidValueError if none can be so."""
    joined = joined_entry(json.loads(record.changes), changes)
    queue_from(record.name, joined_entry(json.loads(record.declared), joined))
    return entry_text(joined)


def queue_in_force(record: QueueRecord) -> QueueState:
    """Return the queue as it is in force: its declaration, and what was changed since on top.

    Raises InvalidValueError if what is stored cannot be read any more.
    """
    entry = joined_entry(json.loads(record.declared), json.loads(record.changes))
    return QueueState(queue=queue_from(record.name, entry), paused=record.paused_at is not None, share=record.share)


def built_in_records() -> tuple[QueueRecord, ...]:
    """Return the rows of the queues that are there without being declared."""
    return tuple(QueueRecord(name=queue.name, source=BUILT_IN_SOURCE, declared=entry_text({})) for queue in BUILT_IN)


def _place(reader: FieldReader, usual: Queue) -> tuple[int | None, int]:
    """Return the priority level, None where the weight was said itself, and the weight."""
    written = reader.value(("weight",))
    level = reader.read(_from_to(0, len(WEIGHTS) - 1), "priority_level", default=None)
    weight = reader.read(_from_to(1, HEAVIEST), "weight", default=None)
    if written is not None and reader.value(("priority_level",)) is not None:
        reader.refuse(("priority_level",), _ONE_OF_TWO)
    if weight is not None:
        return None, weight
    return (usual.priority_level, usual.weight) if level is None else (level, WEIGHTS[level])


def _min_workers(reader: FieldReader, usual: Queue, parallelism: int | None) -> int:
    """Return the minimum: the usual one is no more than the parallelism, and a written one must not be."""
    least = reader.read(_from_to(0, MOST), "min_workers", default=None)
    if least is None:
        return usual.min_workers if parallelism is None else min(usual.min_workers, parallelism)
    if parallelism is not None and least > parallelism:
        reader.refuse(
            ("min_workers",), f"found {least}, more than the parallelism of {parallelism}; accepted: at most as many"
        )
    return least


def _from_to(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most or value % 1:
            raise InvalidValueError(f"found {quote(value)}; accepted: a whole number from {least} to {most}")
        return int(value)

    return read


def _isolation(value: object) -> Isolation:
    if isinstance(value, str) and value in tuple(Isolation):
        return Isolation(value)
    raise InvalidValueError(f"found {quote(value)}; accepted: {', '.join(Isolation)}")
