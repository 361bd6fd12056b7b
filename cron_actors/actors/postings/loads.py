"""Posting what a load of jobs changes, and telling the Scheduler of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cron_actors.actors.postings.instants import insert_runs, write_due
from cron_actors.actors.postings.overlaps import ease_all
from cron_actors.actors.postings.posting import Posting
from cron_actors.actors.postings.revivals import revive
from cron_actors.core.accounting import Batch, Entry
from cron_actors.core.reconciliation import Reconciliation, is_of_files, reconcile
from cron_actors.core.schedule import Schedule
from cron_actors.core.startup import Startup, startup_run
from cron_actors.errors import InvalidValueError
from cron_actors.messages import ActiveJob, Due, Load, Revised
from cron_actors.model.job import Definition
from cron_actors.model.records import JobRecord
from cron_actors.model.run import Cause, Reason, RunState

log = logging.getLogger(__name__)

WALKED_AT_ONCE = 20_000  # instants of old schedules accounted for in one transaction, about: half a second's work

Keys = Sequence[tuple[str, str]]


def post_load(posting: Posting, load: Load) -> Revised | None:
    """Bring the stored jobs in line with what the sources hold now; None if that takes another posting.

    What changed or removed schedules still owe is written down first, a bounded number of instants at a time.
    """
    transaction, node = posting.transaction, posting.node
    records = {record.identifier: record for record in transaction.jobs()}
    sources = {source: _keys(posting, definitions) for source, definitions in load.jobs.items()}
    if load.every_file:
        others = {record.source for record in records.values()} - sources.keys()
        sources |= {source: [] for source in others if is_of_files(source)}
    same = _same_schedules(posting, records, sources)
    changes = reconcile(records, sources, posting.at, same)
    if not load.begun:  # else some of what waits is what the first part has added, which is owed
        _cancel(posting, changes.retimed, Reason.RETIMED, (Cause.SCHEDULE,))
    if not _close_accounts(posting, changes.closing, posting.at):
        return None
    for record in changes.rows:
        transaction.put_job(_foretold(posting, record))
        before = records.get(record.identifier)
        if before is not None and _goes_on_changed(before, record):
            _owe_past_moment(posting, before, record)
            if record.identifier not in load.unresolved:
                revive(posting, record.identifier, before.definition, record.definition)
    _cancel(posting, changes.removed, Reason.REMOVED, tuple(Cause))
    node.loads += 1
    node.named |= {source: tuple(identifier for identifier, _ in keys) for source, keys in sources.items()}
    node.revised |= {record.identifier: node.loads for record in changes.rows if record.identifier not in same}
    ease_all(posting, {identifier: posting.job(key).overlap for keys in sources.values() for identifier, key in keys})
    loaded = {identifier for keys in sources.values() for identifier, _ in keys}
    node.unresolved = (node.unresolved - loaded) | load.unresolved
    if load.every_file:
        _start_up(posting, [key for keys in sources.values() for _, key in keys])
    return _revised(posting, changes)


def _goes_on_changed(before: JobRecord, now: JobRecord) -> bool:
    return before.removed_at is None and now.removed_at is None and before.definition != now.definition


def _owe_past_moment(posting: Posting, before: JobRecord, now: JobRecord) -> None:
    """Write what a ``run_at`` owes that had passed already when the job was given it: the same as that of a new job."""
    job = posting.job(now.definition)
    if job.when.run_at is None or job.when.run_at > posting.at or job.when.run_at == _run_at(posting, before):
        return
    entry = _entry(posting, now)
    entry.job = replace(job, when=replace(job.when, periodicity=None, cron=(), run_in=None))
    entry.schedule = Schedule.of(entry.job.when, seed=job.identifier, changed_at=now.changed_at)
    entry.cursor_at = None
    batch = Batch()
    batch.add(entry.advance(posting.at, WALKED_AT_ONCE))
    write_due(posting, Due(runs=tuple(batch.runs), accounts=tuple(batch.accounts), moves=()))


def _run_at(posting: Posting, record: JobRecord) -> datetime | None:
    try:
        return posting.job(record.definition).when.run_at
    except InvalidValueError:  # an older version took it
        return None


def _start_up(posting: Posting, definitions: Iterable[str]) -> None:
    """Write what the start of this daemon makes the jobs owe; what this boot owed is not written again."""
    node = posting.node
    startup = Startup(node=node.node, boot=node.boot, at=node.record.started_at)
    starting = {key: job for key in definitions if (job := posting.job(key)).when.at_startup is not None}
    if not starting:
        return
    pauses = {record.identifier: record.pauses for record in posting.transaction.jobs()}
    runs = [startup_run(job, key, startup, pauses.get(job.identifier, ())) for key, job in starting.items()]
    insert_runs(posting, [run for run in runs if run is not None])


def _keys(posting: Posting, definitions: Iterable[Definition]) -> Keys:
    """Store the definitions and return identifier and key of each."""
    keys = []
    for definition in definitions:
        key = posting.transaction.put_definition(definition.text)
        posting.node.jobs[key] = definition.job
        keys.append((definition.job.identifier, key))
    return keys


def _same_schedules(posting: Posting, records: Mapping[str, JobRecord], sources: Mapping[str, Keys]) -> set[str]:
    return {
        identifier
        for keys in sources.values()
        for identifier, key in keys
        if identifier in records and _same_schedule(posting, records[identifier].definition, key)
    }


def _same_schedule(posting: Posting, before: str, after: str) -> bool:
    try:
        return before == after or posting.job(before).when == posting.job(after).when
    except InvalidValueError:
        return False


def _cancel(posting: Posting, jobs: Iterable[str], reason: Reason, causes: Sequence[Cause]) -> None:
    """Cancel what waits of these jobs for one of these causes."""
    for run in [run for job in jobs for run in posting.transaction.pending(job) if run.cause in causes]:
        ended = posting.transaction.finish(run.run_id, run.state, RunState.CANCELLED, reason, posting.at)
        if ended is not None:
            posting.note(ended, was=run.state)


def _foretold(posting: Posting, record: JobRecord) -> JobRecord:
    """Return the row with the instant that is due next, where that is known before the first window."""
    if record.removed_at is not None or record.cursor_at is None:
        return record
    schedule = Schedule.of(posting.job(record.definition).when, seed=record.identifier, changed_at=record.changed_at)
    return replace(record, next_due_at=schedule.next_after(record.cursor_at))


def _close_accounts(posting: Posting, records: Iterable[JobRecord], at: datetime) -> bool:
    """Write down what old definitions still owe up to ``at``; False if there is more than one transaction takes."""
    batch = Batch()
    for record in records:
        try:
            entry = _entry(posting, record)
        except InvalidValueError as error:  # an older version took it: the new jobs must not wait for that
            log.error("%s: what its old definition owed is not accounted for: %s", record.identifier, error)  # noqa: TRY400 # one line is enough
            continue
        while entry.cursor_at is not None and entry.cursor_at < at:
            if batch.walked >= WALKED_AT_ONCE:
                _write(posting, batch)
                return False
            batch.add(entry.advance(at, WALKED_AT_ONCE))
    _write(posting, batch)
    return True


def _entry(posting: Posting, record: JobRecord) -> Entry:
    job = posting.job(record.definition)
    return Entry(
        job=job,
        schedule=Schedule.of(job.when, seed=job.identifier, changed_at=record.changed_at),
        definition=record.definition,
        first_seen_at=record.first_seen_at,
        cursor_at=record.cursor_at,
        next_due_at=record.next_due_at,
        pauses=record.pauses,
    )


def _write(posting: Posting, batch: Batch) -> None:
    due = batch.due()
    if due is not None:
        write_due(posting, due)


def revised(posting: Posting) -> Revised:
    """Return what the Scheduler has to learn of jobs that a request changed."""
    rows = posting.revised.values()
    jobs = tuple(ActiveJob(record=record, job=posting.job(record.definition)) for record in rows)
    return Revised(jobs=jobs, removed=(), load=posting.node.loads, order=posting.node.order())


def _revised(posting: Posting, changes: Reconciliation) -> Revised:
    jobs = tuple(
        ActiveJob(record=record, job=posting.job(record.definition))
        for record in changes.rows
        if record.removed_at is None
    )
    return Revised(jobs=jobs, removed=changes.removed, load=posting.node.loads, order=posting.node.order())
