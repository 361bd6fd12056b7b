"""Chains: which jobs the end of a run starts, and the run that each of them owes for it (E15)."""

from __future__ import annotations

from datetime import datetime

from cron_actors.model.job import Job
from cron_actors.model.run import Cause, NewRun, Run, RunState


def successors(job: Job, state: RunState) -> tuple[str, ...]:
    """Return the jobs that are to run once a run of the job has come to this state.

    A run that was cancelled has neither succeeded nor failed.
    """
    match state:
        case RunState.COMPLETED:
            return job.on_success
        case RunState.DISCARDED:
            return job.on_failure
        case _:
            return ()


def chained_run(job: Job, definition: str, ended: Run, at: datetime) -> NewRun:
    """Return the run of the job that the end of ``ended`` makes due now; its key makes it the only one for that run."""
    return NewRun(
        job=job.identifier,
        due_at=at,
        cause=Cause.CHAIN,
        key=f"after:{ended.run_id}",
        definition=definition,
        queue=job.queue,
        priority=job.priority,
        cause_run_id=ended.run_id,
    )
