"""Posting what became due, and what a load of jobs changes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from cron_actors.actors.postings.posting import Posting
from cron_actors.core.due import due_run
from cron_actors.core.evaluation import evaluate
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


def post_due(posting: Posting, due: Due) -> None:
    """Write the due runs as the overlap policies say, the instants not run, and the cursors that move with them."""
    insert_runs(posting, due.runs)
    _insert_accounts(posting, due.accounts)
    posting.transaction.move_cursors(due.moves)


def insert_runs(posting: Posting, runs: Iterable[NewRun], *, force: bool = False) -> list[Run | None]:
    """Write the runs, each available or skipped as its job's overlap policy says (``force`` asks no policy)."""
    runs = list(runs)
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


def _insert_accounts(posting: Posting, accounts: Iterable[Account]) -> None:
    for run in posting.transaction.insert_accounts(list(accounts)):
        posting.note(run)


def post_load(posting: Posting, load: Load) -> None:
    """Bring the stored jobs in line with what the source holds now."""
    transaction = posting.transaction
    definitions = []
    for definition in load.definitions:
        key = transaction.put_definition(definition.text)
        posting.node.jobs[key] = definition.job
        definitions.append((definition.job.identifier, key))
    records = {record.identifier: record for record in transaction.jobs()}
    changes = reconcile(records, definitions, load.source, load.at)
    for record in changes.closing:
        _close_account(posting, record, load)
    for record in changes.rows:
        transaction.put_job(record)
    for identifier in changes.removed:
        _cancel_pending(posting, identifier)


def _close_account(posting: Posting, record: JobRecord, load: Load) -> None:
    """Write down what the old definition still owes up to the load."""
    try:
        job = posting.job(record.definition)
        schedule = Schedule.of(job.when, seed=job.identifier, changed_at=record.changed_at)
    except InvalidValueError as error:  # an older version took it: the new jobs must not wait for that
        log.error("%s: what its old definition owed is not accounted for: %s", record.identifier, error)  # noqa: TRY400 # one line is enough
        return
    cursor_at = record.cursor_at
    while cursor_at is not None and cursor_at < load.at:
        evaluation = evaluate(
            job,
            schedule,
            cursor_at=cursor_at,
            first_seen_at=record.first_seen_at,
            until=load.at,
            evaluated_at=load.at,
        )
        insert_runs(posting, [due_run(job, record.definition, due.at, exempt=due.exempt) for due in evaluation.due])
        _insert_accounts(posting, evaluation.accounts)
        cursor_at = evaluation.cursor_at
        if evaluation.complete:
            break


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
