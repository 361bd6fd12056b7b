"""Posting what becomes of dead letters: another attempt, or put away."""

from __future__ import annotations

from cron_actors.actors.postings.posting import Posting
from cron_actors.core.settlement import most_attempts
from cron_actors.errors import InvalidValueError
from cron_actors.model.records import Request, RequestKind
from cron_actors.model.run import Run, RunState


def post_dead_letters(posting: Posting, request: Request) -> None:
    """Retry or dismiss the dead letters that the request names, and answer it in one line."""
    payload = request.payload if isinstance(request.payload, dict) else {}
    named = payload.get("run_ids")
    run_ids = [number for number in named if type(number) is int] if isinstance(named, list) else []
    retries = request.kind is RequestKind.RETRY_DEAD
    if retries:
        done = [run_id for run_id in run_ids if _retry(posting, run_id)]
    else:
        by = request.requested_by
        done = [run_id for run_id in run_ids if posting.transaction.dismiss(run_id, posting.at, by)]
    answer = _answer(run_ids, len(done), "tried again" if retries else "dismissed")
    posting.transaction.answer(request.request_id, answer, posting.at)


def _retry(posting: Posting, run_id: int) -> bool:
    run = posting.transaction.run(run_id)
    if run is None or run.state is not RunState.DISCARDED:
        return False
    revived = posting.transaction.retry(run_id, max(run.attempt + 1, _most_attempts(posting, run)))
    if revived is None:
        return False
    posting.note(revived, was=RunState.DISCARDED)
    return True


def _most_attempts(posting: Posting, run: Run) -> int:
    try:
        return most_attempts(posting.job(run.definition), run)
    except InvalidValueError:  # an older version took it: it is discarded again when its turn comes
        return 0


def _answer(run_ids: list[int], done: int, what: str) -> str:
    if len(run_ids) == 1:
        return f"run {run_ids[0]}: {what}" if done else f"run {run_ids[0]} is no dead letter"
    text = f"{done} {'run' if done == 1 else 'runs'} {what}"
    others = len(run_ids) - done
    if not others:
        return text
    return f"{text}; {others} {'was' if others == 1 else 'were'} no dead letter{'' if others == 1 else 's'}"
