"""Posting what other processes asked for: each request by its kind, triggers, cancels and resets of cursors here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from cron_actors.actors.postings.dead_letters import post_dead_letters
from cron_actors.actors.postings.instants import insert_runs
from cron_actors.actors.postings.pauses import post_pause, post_resume
from cron_actors.actors.postings.posting import Posting
from cron_actors.actors.postings.queue_requests import post_queue_request
from cron_actors.actors.postings.settling import HELD, answer_cancels
from cron_actors.core.moments import iso
from cron_actors.core.run_states import FINAL, describe
from cron_actors.messages import Balance, Cancel
from cron_actors.model.records import JobRecord, Request, RequestKind
from cron_actors.model.run import Cause, NewRun

PAUSES = frozenset({RequestKind.PAUSE, RequestKind.RESUME})


def post_requests(posting: Posting, requests: Sequence[Request]) -> None:
    """Handle the requests; those to cancel a run that a worker holds stay open until it is over."""
    jobs = {record.identifier: record for record in posting.transaction.jobs()} if requests else {}
    for request in requests:
        match request.kind:
            case RequestKind.TRIGGER:
                _trigger(posting, request, jobs.get(request.job or ""))
            case RequestKind.CANCEL:
                _cancel(posting, request)
            case RequestKind.RESET_CURSOR:
                _reset_cursors(posting, request, jobs)
            case RequestKind.PAUSE | RequestKind.RESUME:
                jobs |= _pause(posting, request, jobs)
            case RequestKind.RETRY_DEAD | RequestKind.DISMISS_DEAD:
                post_dead_letters(posting, request)
            case RequestKind.ADD_QUEUE | RequestKind.RESIZE_QUEUE | RequestKind.PAUSE_QUEUE | RequestKind.RESUME_QUEUE:
                post_queue_request(posting, request)
            case RequestKind.BALANCE:
                posting.to_queue.append(Balance())
                posting.transaction.answer(request.request_id, "the workers are shared out anew", posting.at)
            case _:
                assert_never(request.kind)


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


def _cancel(posting: Posting, request: Request) -> None:
    transaction = posting.transaction
    run = None if request.run_id is None else transaction.run(request.run_id)
    if run is None:
        transaction.answer(request.request_id, f"there is no run {request.run_id}", posting.at)
    elif run.state in FINAL:
        answer_cancels(posting, run, [request.request_id])
    elif run.state in HELD:
        posting.request_cancel(run.run_id)
        posting.awaited.append((run.run_id, request.request_id))
        posting.cancels.append(Cancel(run_id=run.run_id))
    else:
        answer_cancels(posting, run, [request.request_id])


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
