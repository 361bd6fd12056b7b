"""The run that is owed for one due instant."""

from __future__ import annotations

from datetime import datetime

from cron_actors.core.moments import iso
from cron_actors.model.job import Job
from cron_actors.model.run import Cause, NewRun


def due_run(job: Job, definition: str, due_at: datetime, *, exempt: bool = False) -> NewRun:
    """Return the run owed at ``due_at``; its key, the instant, makes it the only one however many evaluate it."""
    return NewRun(
        job=job.identifier,
        due_at=due_at,
        cause=Cause.SCHEDULE,
        key=iso(due_at),
        definition=definition,
        queue=job.queue,
        priority=job.priority,
        exempt=exempt,
    )
