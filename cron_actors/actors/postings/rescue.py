"""Posting what earlier daemons have left: the rescue of what they were executing, the adoption of what goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

from cron_actors.actors.postings.posting import Posting, key_of
from cron_actors.actors.postings.settling import note_end, write_ended
from cron_actors.core.settlement import Verdict, judge_cancelled, judge_death, not_begun
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Adopt, Cancel, Held, Launch, Queues
from cron_actors.model.run import Attempt, Ending, Outcome, Reason, Run, RunState


def post_rescue(posting: Posting) -> int:
    """Settle what nodes other than ours have left executing: they are dead. Return how many runs that were.

    A launched run goes on without them: it is ours from now on.
    """
    rescued = 0
    for run, attempt in posting.transaction.held(excluding=posting.node.node):
        if run.state is RunState.LAUNCHED and _adopted(posting, run, attempt):
            continue
        _rescue(posting, run, attempt)
        rescued += 1
    write_ended(posting)
    return rescued


def recall_queue(posting: Posting) -> None:
    """Tell the Queue which queues there are, which runs are under way on this node, and which of them are to end."""
    node = posting.node
    held = [(run, attempt) for run, attempt in posting.transaction.held() if run.node == node.node]
    launches: list[Launch] = []
    launched: list[Adopt] = []
    for run, attempt in held:
        if run.state is RunState.LAUNCHED and attempt.identity is not None:
            so_far = max(posting.at - attempt.started_at, timedelta(0))
            launched.append(Adopt(launch=posting.launch(run), identity=attempt.identity, so_far=so_far))
        else:
            launches.append(posting.launch(run))
    posting.to_queue.append(Queues(queues=tuple((node.queues if posting.queues is None else posting.queues).values())))
    posting.to_queue.append(Held(launches=tuple(launches), launched=tuple(launched)))
    posting.to_queue += [  # the order may have come before anybody could end it, or have been lost with the one before
        Cancel(run_id=run.run_id, reason=Reason(run.reason or Reason.BY_REQUEST))
        for run, _ in held
        if run.cancel_requested
    ]


def _adopted(posting: Posting, run: Run, attempt: Attempt) -> bool:
    """Make a launched run that of this node; False if nobody could look after it."""
    if attempt.identity is None:
        return False
    try:
        posting.job(run.definition)
    except InvalidValueError:
        return False
    return posting.transaction.adopt(run.run_id, posting.node.node) is not None


def _rescue(posting: Posting, run: Run, attempt: Attempt) -> None:
    died_at = _died_at(posting, run, attempt.started_at)
    ending = Ending(
        outcome=Outcome.LOST, error="the daemon died", duration=max(died_at - attempt.started_at, timedelta(0))
    )
    verdict = _verdict(posting, run, died_at)
    if run.cancel_requested:
        verdict = judge_cancelled(verdict, run, Outcome.LOST)
    note_end(posting, run, key_of(run), ending, verdict)


def _verdict(posting: Posting, run: Run, died_at: datetime) -> Verdict:
    if run.lease_token in posting.node.unbegun:
        return not_begun()
    try:
        return judge_death(posting.job(run.definition), run, died_at)
    except InvalidValueError:
        return Verdict(state=RunState.DISCARDED, reason=Reason.RESCUED)


def _died_at(posting: Posting, run: Run, started_at: datetime) -> datetime:
    """Return when the node of the run was last known to live."""
    node = None if run.node is None else posting.transaction.node(run.node)
    return started_at if node is None else max(node.heartbeat_at, started_at)
