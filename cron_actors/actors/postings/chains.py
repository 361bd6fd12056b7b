"""Posting the runs that the end of another one starts, in the transaction that ends it."""

from __future__ import annotations

import logging

from cron_actors.actors.postings.instants import insert_runs
from cron_actors.actors.postings.posting import Posting
from cron_actors.core.chains import chained_run, successors
from cron_actors.errors import InvalidValueError
from cron_actors.model.run import NewRun, Run, RunState

log = logging.getLogger(__name__)

CHAINING = frozenset({RunState.COMPLETED, RunState.DISCARDED})


def post_chain(posting: Posting, ended: Run, state: RunState) -> None:
    """Write a run of each job that the end of this one starts, as its overlap policy says; none of one that is gone."""
    if state not in CHAINING:
        return
    try:
        names = successors(posting.job(ended.definition), state)
    except InvalidValueError:  # an older version took it: it is known by now
        return
    runs = [run for name in names if (run := _run_of(posting, name, ended)) is not None]
    if runs:
        insert_runs(posting, runs)


def _run_of(posting: Posting, name: str, ended: Run) -> NewRun | None:
    record = posting.transaction.job(name)
    if record is not None and record.removed_at is None:
        posting.node.unknown.discard(name)
        return chained_run(posting.job(record.definition), record.definition, ended, posting.at)
    if name not in posting.node.unknown:
        posting.node.unknown.add(name)
        log.warning("%s: what its end is to start is not there: no job %r is in force", ended.job, name)
    return None
