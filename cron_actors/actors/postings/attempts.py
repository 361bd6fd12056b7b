"""Posting claims, starts and ends of attempts, and the rescue of what dead nodes left behind."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from cron_actors.actors.postings.overlaps import ease
from cron_actors.actors.postings.posting import Posting, key_of
from cron_actors.core.run_states import check_step
from cron_actors.core.settlement import Verdict, judge, judge_death, not_begun, settled, settlement
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Claim, Claimed, FinishedExecution, Held, Launch, Performing
from cron_actors.model.run import AttemptKey, Ending, Outcome, Reason, Run, RunState

log = logging.getLogger(__name__)

HELD = {RunState.EXECUTING, RunState.LAUNCHED}


def post_claim(posting: Posting, claim: Claim) -> Claimed:
    """Give the queue as many runs as it asked for, or all that wait; their attempts count from here on."""
    runs = posting.claim(claim.queue, claim.slots)
    launches: list[Launch] = []
    for run in runs:
        posting.note(run)
        try:
            launches.append(posting.launch(run))
        except InvalidValueError as error:
            _discard(posting, run, f"its definition cannot be read any more: {error}")
    # What could not be read counts as given: the queue must not take it for the end of the backlog.
    asked = claim.slots - (len(runs) - len(launches))
    return Claimed(asked=asked, launches=tuple(launches))


def post_performing(posting: Posting, performing: Performing) -> None:
    """Note the process of the attempt, so that it can be ended should this daemon die."""
    posting.begun[performing.key] = performing.identity


def post_finished(posting: Posting, finished: FinishedExecution) -> Run | None:
    """Settle the attempt; return its run, None if the claim is not in force any more."""
    key = finished.key
    run = posting.held(key.run_id)
    if run is None or run.lease_token != key.token or run.state not in HELD:
        log.warning("run %d of %s: a late report of attempt %d changes nothing", key.run_id, finished.job, key.attempt)
        return None
    outcome = finished.ending.outcome
    if outcome is Outcome.INTERRUPTED and run.cancel_requested:
        outcome = Outcome.CANCELLED
    reason = finished.reason
    if outcome is Outcome.CANCELLED and run.cancel_requested:
        reason = run.reason  # why a newer run, or nobody, asked for it
    verdict = judge(posting.job(run.definition), outcome, reason)
    if not finished.begun and outcome is Outcome.INTERRUPTED:
        verdict = not_begun()
    return _settle(posting, run, key, finished.ending, verdict)


def post_rescue(posting: Posting) -> int:
    """Settle what nodes other than ours have left executing: they are dead. Return how many runs that were."""
    left = posting.transaction.held(excluding=posting.node.node)
    for run, attempt in left:
        died_at = _died_at(posting, run, attempt.started_at)
        ending = Ending(
            outcome=Outcome.LOST, error="the daemon died", duration=max(died_at - attempt.started_at, timedelta(0))
        )
        try:
            verdict = judge_death(posting.job(run.definition), run, died_at)
        except InvalidValueError:
            verdict = Verdict(state=RunState.DISCARDED, reason=Reason.RESCUED)
        if run.cancel_requested:
            verdict = Verdict(state=RunState.CANCELLED, reason=run.reason or Reason.BY_REQUEST)
        _settle(posting, run, key_of(run), ending, verdict)
    return len(left)


def held(posting: Posting, queue: str) -> Held:
    """Return the runs of the queue that are executing on this node."""
    runs = [run for run, _ in posting.transaction.held() if run.node == posting.node.node and run.queue == queue]
    return Held(launches=tuple(posting.launch(run) for run in runs))


def _died_at(posting: Posting, run: Run, started_at: datetime) -> datetime:
    """Return when the node of the run was last known to live."""
    node = None if run.node is None else posting.transaction.node(run.node)
    return started_at if node is None else max(node.heartbeat_at, started_at)


def _settle(posting: Posting, run: Run, key: AttemptKey, ending: Ending, verdict: Verdict) -> Run | None:
    check_step(run.state, verdict.state)
    posting.forget(run.run_id)
    ended = settlement(key, ending, verdict, posting.at, posting.begun.pop(key, None))
    if not posting.transaction.settle(ended):
        return None
    after = settled(run, ended)
    posting.note(after, ending, held=run)
    ease(posting, after.job)
    return after


def _discard(posting: Posting, run: Run, error: str) -> None:
    verdict = Verdict(state=RunState.DISCARDED, reason=Reason.FAILED)
    _settle(posting, run, key_of(run), Ending(outcome=Outcome.FAILURE, error=error), verdict)
