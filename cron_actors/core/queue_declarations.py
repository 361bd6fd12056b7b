"""What a load changes about queues: declared anew, declared otherwise, gone from their source, by difference.

What was changed by command goes before the declaration until that changes. A queue that has gone keeps its row, and
goes on serving what waits in it; a built-in one is then what it was before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cron_actors.core.queue_reader import built_in_records
from cron_actors.model.queue import QueueDeclaration, QueueRecord


def declared(
    records: Mapping[str, QueueRecord], sources: Mapping[str, Sequence[QueueDeclaration]], at: datetime
) -> list[QueueRecord]:
    """Return the rows that change when each of these sources declares these queues, and no others.

    A queue belongs to the source that declared it last; queues of other sources are left alone.
    """
    rows: dict[str, QueueRecord] = {}
    for source, declarations in sources.items():
        for declaration in declarations:
            name = declaration.queue.name
            rows[name] = _declared(records.get(name), name, source, declaration.text)
    built_in = {record.name: record for record in built_in_records()}
    for name, record in records.items():
        if name not in rows and record.source in sources and record.removed_at is None:
            rows[name] = _gone(record, built_in.get(name), at)
    missing = built_in.keys() - records.keys() - rows.keys()
    rows |= {name: built_in[name] for name in built_in if name in missing}
    return [row for name, row in rows.items() if row != records.get(name)]


def _declared(record: QueueRecord | None, name: str, source: str, text: str) -> QueueRecord:
    if record is None:
        return QueueRecord(name=name, source=source, declared=text)
    if record.declared == text:
        return replace(record, source=source, removed_at=None)
    return _without_changes(replace(record, source=source, declared=text, removed_at=None))


def _gone(record: QueueRecord, built_in: QueueRecord | None, at: datetime) -> QueueRecord:
    if built_in is None:
        return replace(record, removed_at=at)
    return _without_changes(replace(record, source=built_in.source, declared=built_in.declared))


def _without_changes(record: QueueRecord) -> QueueRecord:
    return replace(record, changes="{}", changed_at=None, changed_by=None)
