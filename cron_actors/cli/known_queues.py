"""Which queues there are: those of the store and, before a daemon has put any there, what is built in and written."""

from __future__ import annotations

from cron_actors.cli.surroundings import Surroundings
from cron_actors.core.queue_names import unknown_queue
from cron_actors.core.queue_reader import built_in_records
from cron_actors.errors import JobsFileError, UsageError
from cron_actors.model.queue import QueueRecord
from cron_actors.ports.store import Reader


def known_queues(around: Surroundings, reader: Reader | None) -> dict[str, QueueRecord]:
    """Return every queue in force by name, the built-in ones first."""
    stored = [] if reader is None else reader.queues()
    known = {record.name: record for record in built_in_records()}
    known.update((record.name, record) for record in stored or _written(around))
    return {name: record for name, record in known.items() if record.removed_at is None}


def require_queue(around: Surroundings, reader: Reader | None, name: str) -> QueueRecord:
    """Return the row of the queue; raises UsageError, with the nearest name, if there is none."""
    known = known_queues(around, reader)
    if name not in known:
        raise UsageError(f"queue: {unknown_queue(name, known)}")
    return known[name]


def _written(around: Surroundings) -> list[QueueRecord]:
    """Return what the jobs files declare, nothing if any is missing or faulty."""
    from cron_actors.loading import load  # noqa: PLC0415 - the JSON Schema library takes its time

    try:
        sources = load(None, around.settings)
    except JobsFileError:
        return []
    return [
        QueueRecord(name=declared.queue.name, source=loaded.source, declared=declared.text)
        for loaded in sources
        for declared in loaded.queues
    ]
