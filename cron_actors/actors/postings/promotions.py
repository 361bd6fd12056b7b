"""Posting that runs have waited long enough for their instant, and telling the Scheduler of the next one."""

from __future__ import annotations

from datetime import datetime

from cron_actors.actors.postings.overlaps import withhold
from cron_actors.actors.postings.posting import Posting
from cron_actors.messages import Delayed, Promote
from cron_actors.model.run import RunState

PROMOTED_AT_ONCE = 500


def post_promote(posting: Posting, order: Promote) -> None:
    """Make available what waits for an instant up to this; what is more than one transaction takes comes next."""
    if promote(posting, order.until_at):
        posting.left_waiting = True
        posting.delayed = Delayed(at=None)  # the Scheduler is to be told whatever it was told before


def promote(posting: Posting, until_at: datetime) -> bool:
    """Make some available; False if there may be more, which the ledger is then reminded of."""
    runs = posting.transaction.promote(until_at, PROMOTED_AT_ONCE)
    for run in reversed(runs):  # of several that may not run together, the one that has waited longest goes first
        standing = withhold(posting, run) or run
        # Only what failed has an outcome while it waits.
        posting.note(standing, was=RunState.SCHEDULED if run.outcome is None else RunState.RETRYABLE)
    if len(runs) < PROMOTED_AT_ONCE:
        return True
    posting.reminders.append(Promote(until_at=until_at))
    return False


def note_delay(posting: Posting) -> None:
    """Find out for which instant a run waits first, if that may have changed, and have the Scheduler told."""
    known = posting.node.delayed_at
    if posting.left_waiting:
        first = posting.transaction.next_scheduled()
    elif posting.earliest is not None:
        first = posting.earliest if known is None else min(known, posting.earliest)
    else:
        first = known
    if first != known or posting.delayed is not None:
        posting.delayed = Delayed(at=first)
