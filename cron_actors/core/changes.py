"""What is told of a run that went from one state to another."""

from __future__ import annotations

from datetime import datetime, timedelta

from cron_actors.messages import RunChanged
from cron_actors.model.run import Cause, Run, RunState, Settlement


def change_of(run: Run, at: datetime, was: RunState | None = None) -> RunChanged:
    """Return that the run stands where it stands since ``at``, and stood in ``was`` before."""
    return RunChanged(
        run_id=run.run_id,
        job=run.job,
        due_at=run.due_at,
        last_due_at=run.last_due_at,
        count=run.count,
        cause=run.cause,
        state=run.state,
        reason=run.reason,
        attempt=run.attempt,
        at=at,
        started_at=run.started_at,
        lateness=_lateness(run),
        queue=run.queue,
        was=was,
    )


def submission_of(run: Run, at: datetime, state: RunState, reason: str | None) -> RunChanged:
    """Return that the run was submitted and stood in ``state``, of one that stands elsewhere by now."""
    return RunChanged(
        run_id=run.run_id,
        job=run.job,
        due_at=run.due_at,
        last_due_at=run.last_due_at,
        count=run.count,
        cause=run.cause,
        state=state,
        reason=reason,
        attempt=0,
        at=at,
        queue=run.queue,
    )


def end_of(held: Run, settlement: Settlement) -> RunChanged:
    """Return that the attempt which held the run has ended; the run itself may forget that it was ever begun."""
    ending = settlement.ending
    return RunChanged(
        run_id=held.run_id,
        job=held.job,
        due_at=held.due_at,
        last_due_at=held.last_due_at,
        count=held.count,
        cause=held.cause,
        state=settlement.state,
        reason=settlement.reason,
        attempt=held.attempt,
        at=settlement.at,
        outcome=ending.outcome,
        error=ending.error,
        duration=ending.duration,
        started_at=held.started_at,
        lateness=_lateness(held),
        queue=held.queue,
        was=held.state,
    )


def _lateness(run: Run) -> timedelta | None:
    """Return how late a first attempt began; neither an exempt run nor one that somebody asked for can be late."""
    if run.attempt != 1 or run.started_at is None or run.exempt or run.cause is not Cause.SCHEDULE:
        return None
    return run.started_at - run.due_at
