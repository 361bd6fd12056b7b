"""What is told of a run that went from one state to another."""

from __future__ import annotations

from datetime import datetime, timedelta

from cron_actors.messages import RunChanged
from cron_actors.model.run import Cause, Ending, Run, RunState


def change_of(
    run: Run, at: datetime, ending: Ending | None = None, held: Run | None = None, was: RunState | None = None
) -> RunChanged:
    """Return that the run stands where it stands since ``at``, and stood in ``was`` before.

    At the end of an attempt ``ending`` says how it ended and ``held`` is the run as it was meanwhile: where it stands
    now may have forgotten when it was begun.
    """
    tried = held or run
    return RunChanged(
        run_id=run.run_id,
        job=run.job,
        due_at=run.due_at,
        last_due_at=run.last_due_at,
        count=run.count,
        cause=run.cause,
        state=run.state,
        reason=run.reason,
        attempt=tried.attempt,
        at=at,
        outcome=None if ending is None else ending.outcome,
        error=None if ending is None else ending.error,
        duration=None if ending is None else ending.duration,
        started_at=tried.started_at,
        lateness=_lateness(tried),
        queue=run.queue,
        was=was if held is None else held.state,
    )


def _lateness(run: Run) -> timedelta | None:
    """Return how late a first attempt began; neither an exempt run nor one that somebody asked for can be late."""
    if run.attempt != 1 or run.started_at is None or run.exempt or run.cause is not Cause.SCHEDULE:
        return None
    return run.started_at - run.due_at
