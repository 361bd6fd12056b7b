"""Values to begin a test with: jobs, runs and orders that differ from the usual in what the test names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cron_actors.core.run_log import log_name
from cron_actors.messages import FinishedExecution, Launch, RunChanged
from cron_actors.model.job import Command, Job, When
from cron_actors.model.run import AttemptKey, Cause, Ending, Identity, NewRun, Outcome, Run, RunState

IDENTITY = Identity(pid=4711, start_time=99, boot_id="boot")
QUEUE = "default"


def at(text: str) -> datetime:
    """Return the moment, in UTC, that ISO 8601 text without a zone says."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOON = at("2026-11-21T12:00:00")


def a_job(identifier: str = "backup", **fields: Any) -> Job:  # noqa: ANN401 # any field of a job
    """Return a job that runs ``true`` every minute."""
    usual = Job(
        identifier=identifier,
        work=Command(line="true"),
        when=When(periodicity=timedelta(minutes=1)),
        folder=Path("/nowhere"),
    )
    return replace(usual, **fields)


def a_run(run_id: int = 1, **fields: Any) -> Run:  # noqa: ANN401 # any field of a run
    """Return a claimed run of ``backup``, due at noon."""
    usual = Run(
        run_id=run_id,
        job="backup",
        due_at=NOON,
        last_due_at=NOON,
        count=1,
        cause=Cause.SCHEDULE,
        state=RunState.EXECUTING,
        reason=None,
        queue=QUEUE,
        priority=0,
        definition="definition",
        attempt=1,
        node="node",
        lease_token=f"token-{run_id}",
        started_at=NOON,
    )
    return replace(usual, **fields)


def a_new_run(job: str = "backup", **fields: Any) -> NewRun:  # noqa: ANN401 # any field of a run
    """Return a run about to be written, due at noon."""
    usual = NewRun(
        job=job, due_at=NOON, cause=Cause.SCHEDULE, key="2026-11-21T12:00:00Z", definition="definition", queue=QUEUE
    )
    return replace(usual, **fields)


def a_launch(run_id: int = 1, job: Job | None = None, **fields: Any) -> Launch:  # noqa: ANN401 # any field of a run
    """Return the order to perform a claimed run."""
    job = job or a_job()
    run = a_run(run_id, job=job.identifier, **fields)
    key = AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token or "")
    return Launch(run=run, key=key, job=job, log=f"/logs/{log_name(run.job, run.due_at, run.run_id)}", node="node")


def an_ending(outcome: Outcome = Outcome.SUCCESS, **fields: Any) -> Ending:  # noqa: ANN401 # any field of an ending
    """Return how an attempt of two seconds ended."""
    return replace(Ending(outcome=outcome, duration=timedelta(seconds=2)), **fields)


def finished(launch: Launch, outcome: Outcome = Outcome.SUCCESS, reason: str | None = None) -> FinishedExecution:
    """Return the report that a launched run ended."""
    return FinishedExecution(
        key=launch.key, job=launch.job.identifier, ending=an_ending(outcome), log=launch.log, reason=reason
    )


def a_change(state: RunState, **fields: Any) -> RunChanged:  # noqa: ANN401 # any field of a change
    """Return the news that run 1 of ``backup``, due at noon, went to ``state``."""
    usual = RunChanged(
        run_id=1,
        job="backup",
        due_at=NOON,
        last_due_at=NOON,
        count=1,
        cause=Cause.SCHEDULE,
        state=state,
        reason=None,
        attempt=1,
        at=NOON,
    )
    return replace(usual, **fields)
