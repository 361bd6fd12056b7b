"""Posting what other processes asked for: triggers, cancels, resets of cursors, pauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from cron_actors.actors.postings.instants import insert_runs
from cron_actors.actors.postings.overlaps import finish
from cron_actors.actors.postings.pauses import post_pause, post_resume
from cron_actors.actors.postings.posting import Posting
from cron_actors.core.moments import iso
from cron_actors.core.run_states import FINAL, describe
from cron_actors.messages import Cancel
from cron_actors.model.records import JobRecord, Request, RequestKind
from cron_actors.model.run import Cause, NewRun, Reason, Run, RunState

PAUSES = frozenset({RequestKind.PAUSE, RequestKind.RESUME})


def post_requests(posting: Posting, requests: Sequence[Request]) -> list[Cancel]:
    """Handle the requests; return the cancels that must reach a worker, whose requests stay open until it is over."""
    jobs = {record.identifier: record for record in posting.transaction.jobs()} if requests else {}
    cancels = []
    for request in requests:
        match request.kind:
            case RequestKind.TRIGGER:
                _trigger(posting, request, jobs.get(request.job or ""))
            case RequestKind.CANCEL:
                cancels += _cancel(posting, request)
            case RequestKind.RESET_CURSOR:
                _reset_cursors(posting, request, jobs)
            case RequestKind.PAUSE | RequestKind.RESUME:
                jobs |= _pause(posting, request, jobs)
            case _:
                assert_never(request.kind)
    return cancels


def post_early_requests(posting: Posting) -> None:
    """Handle what must be known before the jobs are loaded: cancels, and pauses of jobs that the store knows.

    Loading jobs accounts for what their old schedules owe, and a start of the daemon may make them owe more.
    """
    requests = posting.transaction.requests()
    cancels = [request for request in requests if request.kind is RequestKind.CANCEL]
    jobs = {record.identifier: record for record in posting.transaction.jobs()} if requests else {}
    pauses = [request for request in requests if request.kind in PAUSES and _asked(request, jobs)]
    post_requests(posting, [*cancels, *pauses])


def post_pauses(posting: Posting) -> None:
    """Handle the requests to pause jobs and to let them go on."""
    post_requests(posting, [request for request in posting.transaction.requests() if request.kind in PAUSES])


def answer_cancels(posting: Posting, run: Run, waiting: Sequence[int]) -> None:
    """Answer the requests to cancel a run that is over, or that waits anew and is cancelled now."""
    if run.state in {RunState.AVAILABLE, RunState.SCHEDULED} and waiting:
        run = finish(posting, run, RunState.CANCELLED, Reason.BY_REQUEST) or run
    text = "cancelled" if run.state is RunState.CANCELLED else f"too late: {describe(run.state, run.reason)}"
    for request_id in waiting:
        posting.transaction.answer(request_id, f"run {run.run_id}: {text}", posting.at, run.run_id)


def _trigger(posting: Posting, request: Request, record: JobRecord | None) -> None:
    if record is None or record.removed_at is not None:
        posting.transaction.answer(request.request_id, f"there is no job {request.job!r}", posting.at)
        return
    job = posting.job(record.definition)
    new = NewRun(
        job=job.identifier,
        due_at=request.requested_at,
        cause=Cause.MANUAL,
        key=None,
        definition=record.definition,
        queue=job.queue,
        priority=job.priority,
        request_id=request.request_id,
    )
    run = insert_runs(posting, [new], force=request.force)[0]
    if run is None:
        posting.transaction.answer(request.request_id, "this request was carried out before", posting.at)
        return
    text = describe(run.state, run.reason)
    posting.transaction.answer(request.request_id, f"run {run.run_id}: {text}", posting.at, run.run_id)


def _cancel(posting: Posting, request: Request) -> list[Cancel]:
    transaction = posting.transaction
    run = None if request.run_id is None else transaction.run(request.run_id)
    if run is None:
        transaction.answer(request.request_id, f"there is no run {request.run_id}", posting.at)
    elif run.state in FINAL:
        answer_cancels(posting, run, [request.request_id])
    elif run.state is RunState.EXECUTING:
        posting.request_cancel(run.run_id)
        return [Cancel(run_id=run.run_id)]
    else:
        answer_cancels(posting, run, [request.request_id])
    return []


def _pause(posting: Posting, request: Request, jobs: Mapping[str, JobRecord]) -> dict[str, JobRecord]:
    """Pause the jobs or let them go on; return the rows that changed, for the requests that follow."""
    asked = _asked(request, jobs)
    if request.job is not None and not asked:
        posting.transaction.answer(request.request_id, f"there is no job {request.job!r}", posting.at)
        return {}
    post = post_pause if request.kind is RequestKind.PAUSE else post_resume
    return {record.identifier: record for record in post(posting, request, asked)}


def _asked(request: Request, jobs: Mapping[str, JobRecord]) -> list[JobRecord]:
    """Return the jobs in force that the request names: one, none if there is none of this name, or all."""
    return [
        record for record in jobs.values() if record.removed_at is None and request.job in (None, record.identifier)
    ]


def _reset_cursors(posting: Posting, request: Request, jobs: Mapping[str, JobRecord]) -> None:
    """Put cursors that are ahead of the clock back to now.

    One that is not stays: between it and now there may be instants that nobody has accounted for yet.
    """
    asked = _asked(request, jobs)
    if request.job is not None and not asked:
        posting.transaction.answer(request.request_id, f"there is no job {request.job!r}", posting.at)
        return
    ahead = [record for record in asked if record.cursor_at is not None and record.cursor_at > posting.at]
    for record in ahead:
        posting.transaction.put_job(replace(record, cursor_at=posting.at, next_due_at=None))
    posting.rewound = True
    text = f"no cursor was ahead of {iso(posting.at)}"
    if ahead:
        text = f"{len(ahead)} cursor{'' if len(ahead) == 1 else 's'} set back to {iso(posting.at)}"
    posting.transaction.answer(request.request_id, text, posting.at)
