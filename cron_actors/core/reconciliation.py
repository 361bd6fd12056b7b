"""What a load of jobs changes: new, changed, unchanged and removed jobs, by difference, for each source (A18).

A change closes the old definition's account at the load instant, and the new one starts there; a removal closes it for
good; a job that comes back starts anew at its return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cron_actors.model.records import JobRecord

FIRST_SIGHT = timedelta(minutes=1)  # the first tick follows the load by much less


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """``closing``: rows whose old definitions owe instants up to the load; ``rows``: what is written after that.

    ``retimed`` are the jobs that go on with another schedule, ``removed`` those that no source names any more.
    """

    closing: tuple[JobRecord, ...]
    rows: tuple[JobRecord, ...]
    retimed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def reconcile(
    records: Mapping[str, JobRecord],
    sources: Mapping[str, Sequence[tuple[str, str]]],
    at: datetime,
    same_schedule: AbstractSet[str] = frozenset(),
) -> Reconciliation:
    """Return what becomes of the rows when each of ``sources`` holds these jobs (identifier, key of the definition).

    ``same_schedule`` names the jobs that are due when they were due before, whatever else of them has changed. Jobs of
    other sources are left alone, except that an identifier belongs to the source that named it last: a job that moves
    from one file to another is not removed and new, if both are loaded together.
    """
    closing: list[JobRecord] = []
    rows: list[JobRecord] = []
    named = [_new(identifier, key, source, at) for source, jobs in sources.items() for identifier, key in jobs]
    for new in named:
        record = records.get(new.identifier)
        if record is None:
            rows.append(new)
        elif record.removed_at is not None:
            rows.append(replace(new, cursor_at=record.not_before_cursor(at), pauses=record.pauses))
        elif record.definition == new.definition:
            rows += _unchanged(record, new)
        elif record.cursor_at is None:
            rows.append(replace(new, pauses=record.pauses))  # never evaluated: still a first sight
        elif new.identifier in same_schedule:
            rows.append(replace(record, source=new.source, definition=new.definition))  # only what is done has changed
        else:
            closing.append(record)
            rows.append(_retimed(record, new))
    identifiers = {new.identifier for new in named}
    gone = [
        record
        for record in records.values()
        if record.source in sources and record.removed_at is None and record.identifier not in identifiers
    ]
    rows += [
        replace(record, removed_at=at, cursor_at=record.not_before_cursor(at), next_due_at=None) for record in gone
    ]
    return Reconciliation(
        closing=(*closing, *gone),
        rows=tuple(rows),
        retimed=tuple(record.identifier for record in closing),
        removed=tuple(record.identifier for record in gone),
    )


def is_of_files(source: str) -> bool:
    """Say whether a row's source is a jobs file (an absolute path) or what stands for one.

    That is a mapping in memory, and ``file``, which is what early databases say of the only file there was.
    """
    return source.startswith("/") or source in {"file", "memory"}


def _new(identifier: str, definition: str, source: str, at: datetime) -> JobRecord:
    return JobRecord(identifier=identifier, source=source, definition=definition, first_seen_at=at, changed_at=at)


def _unchanged(record: JobRecord, new: JobRecord) -> list[JobRecord]:
    """Return the row of a job whose definition is what it was, if anything of it is to be written at all."""
    if record.cursor_at is None and new.changed_at - record.first_seen_at > FIRST_SIGHT:
        # The daemon that saw it first died before the first tick: from then on it is owed like everything else.
        return [replace(record, source=new.source, cursor_at=record.first_seen_at)]
    return [] if record.source == new.source else [replace(record, source=new.source)]


def _retimed(record: JobRecord, new: JobRecord) -> JobRecord:
    return replace(
        record,
        source=new.source,
        definition=new.definition,
        changed_at=new.changed_at,
        cursor_at=record.not_before_cursor(new.changed_at),
        next_due_at=None,
    )
