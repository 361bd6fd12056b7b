"""Posting what other processes have submitted: they write the rows of their runs themselves."""

from __future__ import annotations

from cron_actors.actors.postings.posting import Posting

TAKEN_AT_ONCE = 1_000


def post_arrivals(posting: Posting) -> bool:
    """Let everybody know of runs that were submitted since the last look; say whether there may be more."""
    arrived = posting.transaction.arrivals(posting.node.arrived, TAKEN_AT_ONCE)
    for run in arrived:
        if not posting.knows(run.run_id):
            posting.note(run)
    if len(arrived) == TAKEN_AT_ONCE:
        posting.arrived = arrived[-1].run_id
        posting.left_waiting = True  # what is still to be looked at may wait for an instant before that
        return True
    posting.arrived = posting.transaction.last_run_id()
    return False
