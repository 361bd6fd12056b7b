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
    closing, rows = [], []
    named = [(identifier, definition, source) for source, jobs in sources.items() for identifier, definition in jobs]
    for identifier, definition, source in named:
        record = records.get(identifier)
        if record is None:
            rows.append(_new(identifier, definition, source, at))
        elif record.removed_at is not None:
            back = _new(identifier, definition, source, at)
            rows.append(replace(back, cursor_at=_not_before(record, at), pauses=record.pauses))
        elif record.definition != definition and record.cursor_at is None:
            first = _new(identifier, definition, source, at)  # never evaluated: still a first sight
            rows.append(replace(first, pauses=record.pauses))
        elif record.definition != definition and identifier in same_schedule:
            rows.append(replace(record, source=source, definition=definition))  # only what is done has changed
        elif record.definition != definition:
            closing.append(record)
            rows.append(
                replace(
                    record,
                    source=source,
                    definition=definition,
                    changed_at=at,
                    cursor_at=_not_before(record, at),
                    next_due_at=None,
                )
            )
        elif record.cursor_at is None and at - record.first_seen_at > FIRST_SIGHT:
            # The daemon that saw it first died before the first tick: from then on it is owed like everything else.
            rows.append(replace(record, source=source, cursor_at=record.first_seen_at))
        elif record.source != source:
            rows.append(replace(record, source=source))
    identifiers = {identifier for identifier, _, _ in named}
    gone = [
        record
        for record in records.values()
        if record.source in sources and record.removed_at is None and record.identifier not in identifiers
    ]
    rows += [replace(record, removed_at=at, cursor_at=_not_before(record, at), next_due_at=None) for record in gone]
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


def _not_before(record: JobRecord, at: datetime) -> datetime:
    """Return ``at``, or the cursor if the clock was set back behind it: what is accounted for stays so."""
    return at if record.cursor_at is None else max(at, record.cursor_at)
