"""Posting what became due, and what a load of jobs changes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from cron_actors.actors.postings.posting import Posting
from cron_actors.core.accounting import Batch, Entry
from cron_actors.core.overlap import admit
from cron_actors.core.reconciliation import reconcile
from cron_actors.core.run_states import FINAL
from cron_actors.core.schedule import Schedule
from cron_actors.errors import InvalidValueError
from cron_actors.messages import ActiveJob, ActiveRun, Due, Load, Loaded
from cron_actors.model.job import Overlap
from cron_actors.model.records import JobRecord
from cron_actors.model.run import Account, NewRun, Reason, Run, RunState

log = logging.getLogger(__name__)

WALKED_AT_ONCE = 20_000  # instants of old schedules accounted for in one transaction, about: half a second's work


def post_due(posting: Posting, due: Due) -> None:
    """Write the due runs as the overlap policies say, the instants not run, and the cursors that move with them."""
    insert_runs(posting, due.runs)
    _insert_accounts(posting, due.accounts)
    posting.transaction.move_cursors(due.moves)


def insert_runs(posting: Posting, runs: Iterable[NewRun], *, force: bool = False) -> list[Run | None]:
    """Write the runs, each available or skipped as its job's overlap policy says (``force`` asks no policy).

    What calls a function that there is not is missed, and stands in nobody's way.
    """
    runs = [_missed(run) if run.job in posting.node.unresolved else run for run in runs]
    if not force:
        policies = {run.job: posting.job(run.definition).overlap for run in runs}
        strict = [job for job, overlap in policies.items() if overlap is not Overlap.ALLOW]
        runs = admit(runs, policies, posting.transaction.occupied(strict) if strict else {})
    runs = [replace(run, finished_at=posting.at) if run.state in FINAL else run for run in runs]
    written = posting.transaction.insert_runs(runs)
    for run in written:
        if run is not None:
            posting.note(run)
    return written


def _missed(run: NewRun) -> NewRun:
    return replace(run, state=RunState.MISSED, reason=Reason.NO_FUNCTION)


def _insert_accounts(posting: Posting, accounts: Iterable[Account]) -> None:
    for run in posting.transaction.insert_accounts(list(accounts)):
        posting.note(run)


def post_load(posting: Posting, load: Load) -> bool:
    """Bring the stored jobs in line with what the source holds now; False if that takes another posting.

    What changed or removed schedules still owe is written down first, a bounded number of instants at a time.
    """
    transaction = posting.transaction
    definitions = []
    for definition in load.definitions:
        key = transaction.put_definition(definition.text)
        posting.node.jobs[key] = definition.job
        definitions.append((definition.job.identifier, key))
    records = {record.identifier: record for record in transaction.jobs()}
    same = {
        identifier
        for identifier, key in definitions
        if identifier in records and _same_schedule(posting, records[identifier].definition, key)
    }
    changes = reconcile(records, definitions, load.source, load.at, same)
    if not _close_accounts(posting, changes.closing, load.at):
        return False
    for record in changes.rows:
        transaction.put_job(_foretold(posting, record))
    for identifier in changes.removed:
        _cancel_pending(posting, identifier)
    posting.node.unresolved = load.unresolved
    return True


def _same_schedule(posting: Posting, before: str, after: str) -> bool:
    try:
        return before == after or posting.job(before).when == posting.job(after).when
    except InvalidValueError:
        return False


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
            batch.add(entry, entry.advance(at, WALKED_AT_ONCE))
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
    )


def _write(posting: Posting, batch: Batch) -> None:
    due = batch.due()
    if due is not None:
        post_due(posting, due)


def _cancel_pending(posting: Posting, identifier: str) -> None:
    for run in posting.transaction.pending(identifier):
        ended = posting.transaction.finish(run.run_id, run.state, RunState.CANCELLED, Reason.REMOVED, posting.at)
        if ended is not None:
            posting.note(ended)


def recall(posting: Posting) -> Loaded:
    """Return all that the Scheduler needs from the store."""
    transaction = posting.transaction
    jobs = tuple(
        ActiveJob(record=record, job=posting.job(record.definition))
        for record in transaction.jobs()
        if record.removed_at is None
    )
    running = tuple(
        ActiveRun(
            key=launch.key,
            job=run.job,
            queue=run.queue,
            started_at=attempt.started_at,
            timeout=launch.job.timeout,
        )
        for run, attempt in transaction.held()
        if run.node == posting.node.node
        for launch in [posting.launch(run)]
    )
    return Loaded(jobs=jobs, statistics=dict(transaction.statistics()), running=running)
