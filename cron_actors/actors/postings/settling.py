"""Posting the ends of attempts: judged one by one, written all at once, and then what follows from each."""

from __future__ import annotations

import logging

from cron_actors.actors.postings.chains import post_chain
from cron_actors.actors.postings.overlaps import ease, finish
from cron_actors.actors.postings.posting import Posting
from cron_actors.actors.postings.promotions import promote
from cron_actors.core.run_states import check_step, describe
from cron_actors.core.settlement import ANEW, Verdict, judge, judge_cancelled, not_begun, settled, settlement
from cron_actors.messages import FinishedExecution
from cron_actors.model.run import AttemptKey, Ending, Outcome, Reason, Run, RunState, Settlement

log = logging.getLogger(__name__)

HELD = frozenset({RunState.EXECUTING, RunState.LAUNCHED})


def post_finished(posting: Posting, finished: FinishedExecution) -> None:
    """Judge the end of the attempt, unless its claim is not in force any more; ``write_ended`` writes it."""
    key = finished.key
    run = posting.held(key.run_id)
    if run is None or run.lease_token != key.token or run.state not in HELD:
        late(key, finished.job)
        return
    if finished.identity is not None:
        posting.begun[key] = finished.identity
    if not finished.begun and finished.ending.outcome is Outcome.INTERRUPTED:
        verdict = not_begun()
    else:
        queue = posting.queue(run.queue)
        backoff = None if queue is None else queue.queue.backoff
        verdict = judge(posting.job(run.definition), run, finished.ending, posting.at, finished.reason, backoff)
    if run.cancel_requested:
        verdict = judge_cancelled(verdict, run, finished.ending.outcome)
    note_end(posting, run, key, finished.ending, verdict)


def note_end(posting: Posting, run: Run, key: AttemptKey, ending: Ending, verdict: Verdict) -> None:
    """Have the end of the attempt written with the others of this posting."""
    check_step(run.state, verdict.state)
    posting.forget(run.run_id)
    posting.ended.append((run, settlement(key, ending, verdict, posting.at, posting.begun.pop(key, None))))


def write_ended(posting: Posting) -> None:
    """Write the ends of attempts noted so far, and what follows from them: before anything that looks at their runs."""
    if not posting.ended:
        return
    ended, posting.ended = posting.ended, []
    written = posting.transaction.settle([end for _, end in ended])
    for (run, end), known in zip(ended, written, strict=True):
        if known:
            _follow(posting, run, end)
        else:
            late(end.key, run.job)
    if posting.earliest is not None and posting.earliest <= posting.at:  # some wait no longer than until now
        promote(posting, posting.at)


def late(key: AttemptKey, job: str) -> None:
    """Say that a report came after the claim it is about had ended."""
    log.warning("run %d of %s: a late report of attempt %d changes nothing", key.run_id, job, key.attempt)


def answer_cancels(posting: Posting, run: Run, waiting: list[int]) -> None:
    """Answer the requests to cancel a run that is over, or that waits, anew or still, and is cancelled now."""
    if run.state in ANEW and waiting:
        run = finish(posting, run, RunState.CANCELLED, Reason.BY_REQUEST) or run
    text = "cancelled" if run.state is RunState.CANCELLED else f"too late: {describe(run.state, run.reason)}"
    for request_id in waiting:
        posting.transaction.answer(request_id, f"run {run.run_id}: {text}", posting.at, run.run_id)


def _follow(posting: Posting, held: Run, end: Settlement) -> None:
    posting.note_end(held, end)
    waiting = posting.node.cancelling.get(held.run_id)
    if waiting:
        posting.answered.append(held.run_id)
        answer_cancels(posting, settled(held, end), sorted(waiting))
    ease(posting, held.job)
    post_chain(posting, held, end.state)
