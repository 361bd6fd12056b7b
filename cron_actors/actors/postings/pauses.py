"""Posting requests to pause jobs and to let them go on."""

from __future__ import annotations

from collections.abc import Sequence

from cron_actors.actors.postings.posting import Posting
from cron_actors.core.moments import iso
from cron_actors.core.pausing import paused, resumed, with_pause
from cron_actors.model.records import JobRecord, Pause, Request


def post_pause(posting: Posting, request: Request, records: Sequence[JobRecord]) -> list[JobRecord]:
    """Pause the jobs from the moment of the request on, answer it, and return their rows as they are now."""
    asked_at = min(request.requested_at, posting.at)
    rows = [
        _put(posting, record, paused(record, asked_at, request.until_at, request.requested_by)) for record in records
    ]
    until = "until resumed" if request.until_at is None else f"until {iso(request.until_at)}"
    _answer(posting, request, f"{_jobs(rows)} paused {until}")
    return rows


def post_resume(posting: Posting, request: Request, records: Sequence[JobRecord]) -> list[JobRecord]:
    """End the pauses of the jobs at the moment of the request, answer it, and return the rows that changed."""
    asked_at = min(request.requested_at, posting.at)
    ended = [(record, pause) for record in records if (pause := resumed(record, asked_at)) is not None]
    rows = [_put(posting, record, pause) for record, pause in ended]
    if rows:
        _answer(posting, request, f"{_jobs(rows)} not paused any more")
    else:
        _answer(posting, request, f"{_jobs(records)} not paused" if request.job else "no job is paused")
    return rows


def _put(posting: Posting, record: JobRecord, pause: Pause) -> JobRecord:
    posting.transaction.put_pause(record.identifier, pause)
    row = with_pause(record, pause)
    posting.revise(row)
    return row


def _jobs(records: Sequence[JobRecord]) -> str:
    if len(records) == 1:
        return f"job '{records[0].identifier}' is"
    return f"{len(records)} jobs are"


def _answer(posting: Posting, request: Request, text: str) -> None:
    posting.transaction.answer(request.request_id, text, posting.at)
