"""What a load of a source's jobs changes: new, changed, unchanged and removed jobs, by difference.

A change closes the old definition's account at the load instant, and the new one starts there; a removal closes it for
good; a job that comes back starts anew at its return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cron_actors.model.records import JobRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """``closing``: rows whose old definitions owe instants up to the load; ``rows``: what is written after that."""

    closing: tuple[JobRecord, ...]
    rows: tuple[JobRecord, ...]
    removed: tuple[str, ...]


def reconcile(
    records: Mapping[str, JobRecord], definitions: Sequence[tuple[str, str]], source: str, at: datetime
) -> Reconciliation:
    """Return what becomes of the rows when ``source`` now holds these jobs (identifier, key of the definition).

    Jobs of other sources are left alone, except that an identifier belongs to the source that named it last.
    """
    closing, rows = [], []
    for identifier, definition in definitions:
        record = records.get(identifier)
        if record is None:
            rows.append(_new(identifier, definition, source, at))
        elif record.removed_at is not None:
            rows.append(replace(_new(identifier, definition, source, at), cursor_at=at))
        elif record.definition != definition and record.cursor_at is None:
            rows.append(_new(identifier, definition, source, at))  # never evaluated: still a first sight
        elif record.definition != definition:
            closing.append(record)
            rows.append(replace(record, source=source, definition=definition, changed_at=at, cursor_at=at))
        elif record.source != source:
            rows.append(replace(record, source=source))
    named = {identifier for identifier, _ in definitions}
    gone = [
        record
        for record in records.values()
        if record.source == source and record.removed_at is None and record.identifier not in named
    ]
    closing += gone
    rows += [replace(record, removed_at=at, cursor_at=at, next_due_at=None) for record in gone]
    return Reconciliation(closing=tuple(closing), rows=tuple(rows), removed=tuple(record.identifier for record in gone))


def _new(identifier: str, definition: str, source: str, at: datetime) -> JobRecord:
    return JobRecord(identifier=identifier, source=source, definition=definition, first_seen_at=at, changed_at=at)
