"""Posting claims of runs, the begins of attempts, and processes that attempts leave to go on by themselves."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from cron_actors.actors.postings.node import Pace
from cron_actors.actors.postings.posting import Posting, key_of
from cron_actors.actors.postings.settling import late, note_end
from cron_actors.core.rate_limit import allowance
from cron_actors.core.run_states import check_step
from cron_actors.core.settlement import Verdict
from cron_actors.errors import InvalidValueError
from cron_actors.messages import ActiveRun, Claim, Claimed, Granted, Launch, LeftRunning, Performing, Want
from cron_actors.model.queue import RateLimit
from cron_actors.model.run import Ending, Outcome, Reason, Run, RunState

log = logging.getLogger(__name__)


def post_claim(posting: Posting, claim: Claim) -> Claimed:
    """Give each queue as many runs as it asked for, or all that wait; their attempts count from here on."""
    return Claimed(granted=tuple([_grant(posting, want) for want in claim.wants]))


def post_performing(posting: Posting, performing: Performing) -> None:
    """Note the process of the attempt, so that it can be ended should this daemon die."""
    posting.begun[performing.key] = performing.identity


def post_left_running(posting: Posting, left: LeftRunning) -> None:
    """Note that the attempt goes on in a process of its own: it is not over before that is."""
    run = posting.held(left.key.run_id)
    if run is None or run.lease_token != left.key.token or not posting.transaction.launch(left.key, left.identity):
        late(left.key, left.job)
        return
    check_step(run.state, RunState.LAUNCHED)
    posting.begun.pop(left.key, None)
    launched = replace(run, state=RunState.LAUNCHED, reason=None)
    posting.forget(run.run_id)
    if not run.cancel_requested:
        posting.claimed[run.run_id] = launched
    posting.note(launched, was=run.state)
    timeout = posting.job(run.definition).timeout
    if timeout is not None and run.started_at is not None:  # of what ended so soon nobody has told the Scheduler
        posting.to_scheduler.append(
            ActiveRun(key=left.key, job=run.job, queue=run.queue, started_at=run.started_at, timeout=timeout)
        )


def _grant(posting: Posting, want: Want) -> Granted:
    queue = posting.queue(want.queue)
    limit = None if queue is None else queue.queue.rate_limit
    if limit is None:
        return _granted(posting, want, posting.claim(want.queue, want.runs))
    begun = _begun(posting, want.queue, limit)
    allowed, again_at = allowance(limit, begun, posting.at)
    slots = min(want.runs, allowed)
    runs = posting.claim(want.queue, slots) if slots else []
    latest = [*begun, *([posting.at] * len(runs))][-limit.count :]
    posting.paces[want.queue] = Pace(limit=limit, begun=latest)
    held_back = len(runs) == slots < want.runs
    return _granted(posting, want, runs, again_at if held_back else None)


def _granted(posting: Posting, want: Want, runs: list[Run], again_at: datetime | None = None) -> Granted:
    launches: list[Launch] = []
    for run in runs:
        posting.note(run, was=RunState.AVAILABLE)
        try:
            launches.append(posting.launch(run))
        except InvalidValueError as error:
            _discard(posting, run, f"its definition cannot be read any more: {error}")
    # What could not be read counts as given: the queue must not take it for the end of the backlog.
    asked = want.runs - (len(runs) - len(launches))
    return Granted(queue=want.queue, asked=asked, launches=tuple(launches), again_at=again_at)


def _begun(posting: Posting, queue: str, limit: RateLimit) -> list[datetime]:
    """Return when the latest runs of the queue began; another limit, or a daemon just started, asks the store."""
    pace = posting.paces.get(queue) or posting.node.paces.get(queue)
    if pace is None or pace.limit != limit:
        return posting.transaction.begun_since(queue, posting.at - limit.per, limit.count)
    return list(pace.begun)


def _discard(posting: Posting, run: Run, error: str) -> None:
    verdict = Verdict(state=RunState.DISCARDED, reason=Reason.FAILED)
    note_end(posting, run, key_of(run), Ending(outcome=Outcome.FAILURE, error=error), verdict)
