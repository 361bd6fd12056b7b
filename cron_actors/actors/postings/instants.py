"""Posting what became due, and telling the Scheduler all that stands in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cron_actors.actors.postings.overlaps import admit_runs
from cron_actors.actors.postings.posting import Posting
from cron_actors.core.changes import change_of
from cron_actors.core.run_states import FINAL
from cron_actors.messages import ActiveJob, ActiveRun, Due, Loaded
from cron_actors.model.run import Account, NewRun, Reason, Run, RunState


def post_due(posting: Posting, due: Due) -> None:
    """Write what became due, but nothing of jobs that were re-timed or removed behind the Scheduler's back.

    What their old schedules owed was accounted for up to the load.
    """
    outdated = {move.job for move in due.moves if posting.node.revised.get(move.job, 0) > due.load}
    if outdated:
        runs = tuple(run for run in due.runs if run.job not in outdated)
        accounts = tuple(account for account in due.accounts if account.job not in outdated)
        moves = tuple(move for move in due.moves if move.job not in outdated)
        due = replace(due, runs=runs, accounts=accounts, moves=moves)
    write_due(posting, due)


def write_due(posting: Posting, due: Due) -> None:
    """Write the due runs as the overlap policies say, the instants not run, and the cursors that move with them."""
    insert_runs(posting, due.runs)
    _insert_accounts(posting, due.accounts)
    posting.transaction.move_cursors(due.moves)


def insert_runs(posting: Posting, runs: Iterable[NewRun], *, force: bool = False) -> list[Run | None]:
    """Write the runs as their jobs' overlap policies say (``force`` asks no policy); None in the place of known ones.

    What calls a function that there is not is missed, and stands in nobody's way.
    """
    runs = [_missed(run) if run.job in posting.node.unresolved else run for run in runs]
    if not force:
        runs = admit_runs(posting, runs)
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


def recall(posting: Posting) -> Loaded:
    """Return all that the Scheduler needs from the store."""
    transaction = posting.transaction
    jobs = tuple(
        ActiveJob(record=record, job=posting.job(record.definition))
        for record in transaction.jobs()
        if record.removed_at is None
    )
    held = [(run, attempt) for run, attempt in transaction.held() if run.node == posting.node.node]
    running = tuple(
        ActiveRun(
            key=launch.key,
            job=run.job,
            queue=run.queue,
            started_at=attempt.started_at,
            timeout=launch.job.timeout,
        )
        for run, attempt in held
        for launch in [posting.launch(run)]
    )
    begun = tuple(change_of(run, attempt.started_at) for run, attempt in held)
    return Loaded(
        jobs=jobs,
        statistics=dict(transaction.statistics()),
        running=running,
        begun=begun,
        commit=posting.node.commits,
        load=posting.node.loads,
        order=posting.node.order(),
    )
