"""Runs and attempts as JSON objects; null where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cron_actors.cli.secrecy import without_secrets
from cron_actors.cli.stretches import OwedInstant
from cron_actors.core.moments import iso
from cron_actors.model.job import Json
from cron_actors.model.records import Request, RunFilter
from cron_actors.model.run import Attempt, Cause, Run
from cron_actors.ports.store import Reader


def run_object(owed: OwedInstant, reader: Reader) -> dict[str, Json]:
    """Return what ``runs --json`` prints of one due instant."""
    run = owed.run
    found: dict[str, Json] = {
        "run_id": run.run_id,
        "job": run.job,
        "due_at": iso(owed.at),
        "queue": run.queue,
        "priority": run.priority,
        "cause": run.cause.value,
        "cause_run_id": run.cause_run_id,
        "state": run.state.value,
        "reason": run.reason,
        "attempt": run.attempt,
        "max_attempts": run.max_attempts,
        "scheduled_at": _iso(run.scheduled_at),
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "duration_s": seconds(run.duration),
        "lateness_s": seconds(lateness(run, reader)),
        "outcome": None if run.outcome is None else run.outcome.value,
        "exit_code": run.exit_code,
        "error": run.error,
        "result": run.result,
        "dismissed_at": _iso(run.dismissed_at),
        "log": run.log,
    }
    if owed.count > 1:
        found |= {"count": owed.count, "last_due_at": iso(run.last_due_at)}
    return found


def full_object(run: Run, attempts: Sequence[Attempt], requests: Sequence[Request], reader: Reader) -> dict[str, Json]:
    """Return what ``runs --run --json`` prints: the run, what was asked of it, and each of its attempts."""
    return run_object(OwedInstant(run.due_at, run, run.count), reader) | {
        "args": without_secrets(run.args) if isinstance(run.args, dict) else run.args,
        "unique_key": run.unique_key,
        "inserted_at": _iso(run.inserted_at),
        "cancel_requested": run.cancel_requested,
        "followed_by": [other.run_id for other in followers(run, reader)],
        "requests": [_request_object(request) for request in requests],
        "attempts": [_attempt_object(attempt) for attempt in attempts],
    }


def followers(run: Run, reader: Reader) -> list[Run]:
    """Return the runs that the end of this one made, oldest first."""
    found = reader.runs(RunFilter(cause_run_id=run.run_id, limit=None))
    return sorted(found, key=lambda other: other.run_id)


def lateness(run: Run, reader: Reader) -> timedelta | None:
    """Return the start of the first attempt minus the due instant; None before it and where it does not count.

    It counts for scheduled runs alone, as in the statistics: what somebody asked for is not due before that.
    """
    if run.exempt or run.started_at is None or run.cause is not Cause.SCHEDULE:
        return None
    again = run.attempt > 1 or run.deaths > 0
    tries = reader.attempts(run.run_id) if again else []
    started_at = tries[0].started_at if tries else run.started_at
    return max(started_at - run.due_at, timedelta(0))  # the clock may have been set back, but nothing starts early


def seconds(length: timedelta | None) -> float | None:
    """Return the length in seconds, None for none."""
    return None if length is None else length.total_seconds()


def _attempt_object(attempt: Attempt) -> dict[str, Json]:
    return {
        "attempt": attempt.attempt,
        "counted": attempt.counted,
        "node": attempt.node,
        "pid": None if attempt.identity is None else attempt.identity.pid,
        "started_at": iso(attempt.started_at),
        "finished_at": _iso(attempt.finished_at),
        "outcome": None if attempt.outcome is None else attempt.outcome.value,
        "exit_code": attempt.exit_code,
        "error": attempt.error,
        "callback_error": attempt.callback_error,
        "cpu_s": attempt.cpu_seconds,
        "peak_memory_bytes": attempt.peak_memory,
        "output_tail": attempt.output_tail,
    }


def _request_object(request: Request) -> dict[str, Json]:
    return {
        "request_id": request.request_id,
        "kind": request.kind.value,
        "requested_by": request.requested_by,
        "requested_at": iso(request.requested_at),
        "answer": request.answer,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
