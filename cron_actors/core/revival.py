"""Whether a changed definition gives a dead run another attempt (A18).

Whoever repairs a job wants what failed to be done after all, not only what comes next; whoever corrects its description
does not. What died too long ago to be caught up stays dead, and so does what somebody has dismissed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cron_actors.model.job import Job
from cron_actors.model.run import Run, RunState


def revives(before: Job | None, after: Job, newest: Run, at: datetime) -> bool:
    """Say whether ``newest``, of all runs of the job that were tried, is dead and is to be tried as ``after`` says.

    ``before`` is None if the old definition cannot be read any more. The moment is that of the change.
    """
    if newest.state is not RunState.DISCARDED or newest.finished_at is None or newest.dismissed_at is not None:
        return False
    if before is not None and _without_words(before) == _without_words(after):
        return False
    return at - newest.finished_at <= after.catch_up.within


def _without_words(job: Job) -> Job:
    """Return the job without what only people read."""
    return replace(job, description=None, owner=None, calendar_id=None, tags=())
