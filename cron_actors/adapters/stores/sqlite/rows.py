"""The rows of the database as values of the model, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cron_actors.model.job import Json
from cron_actors.model.records import JobRecord, NodeRecord, Pause, Request, RequestKind
from cron_actors.model.run import Attempt, Cause, Identity, Outcome, Run, RunState
from cron_actors.ports.store import NameLog

Row = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_ARGS = json.dumps({"args": [], "kwargs": {}})
# To look up a member takes a fifth of the time of Enum(...).
_CAUSES = {cause.value: cause for cause in Cause}
_STATES = {state.value: state for state in RunState}


def micros(moment: datetime) -> int:
    """Return the aware moment as whole microseconds since the Unix epoch."""
    return (moment - _EPOCH) // _MICROSECOND


def micros_of(length: timedelta) -> int:
    """Return the length of time as whole microseconds."""
    return length // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """Return the moment as whole microseconds since the Unix epoch; None stays None."""
    return None if moment is None else micros(moment)


def moment_of(number: int) -> datetime:
    """Return the moment, in UTC, that lies this many microseconds after the Unix epoch."""
    return _EPOCH + timedelta(0, 0, number)  # by its name the number takes half as long again


def moment_or_none(number: int | None) -> datetime | None:
    """Return the moment of this number of microseconds; None stays None."""
    return None if number is None else moment_of(number)


def storable(text: str | None) -> str | None:
    r"""Return the text with what UTF-8 cannot hold written as escapes (a lone surrogate becomes ``\udc80``).

    Output of programs and names of files may hold anything; one odd byte must not keep a batch from being written.
    """
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def json_or_none(value: Json) -> str | None:
    """Return the value as JSON text; None stays None."""
    return None if value is None else json.dumps(value)


def json_list(values: Sequence[str | int]) -> str:
    """Return the values as a JSON array, which ``json_each`` takes as one parameter of a constant statement."""
    return json.dumps(values)


def _args_of(text: str | None) -> Json:
    if text is None:
        return None
    return {"args": [], "kwargs": {}} if text == _NO_ARGS else json.loads(text)  # most have none


RUN_COLUMNS = (
    "run_id, job, due_at, last_due_at, count, cause, state, reason, queue, priority, definition, attempt, deaths,"
    " node, lease_token, started_at, finished_at, outcome, exit_code, error, log, cancel_requested, exempt, args,"
    " duration, scheduled_at, max_attempts, unique_key, inserted_at, cause_run_id, result, dismissed_at"
)
RUN_WIDTH = RUN_COLUMNS.count(",") + 1


def run_of(row: Row) -> Run:
    """Return the run of a row of RUN_COLUMNS."""
    return Run(
        run_id=row[0],
        job=row[1],
        due_at=moment_of(row[2]),
        last_due_at=moment_of(row[3]),
        count=row[4],
        cause=_CAUSES[row[5]],
        state=_STATES[row[6]],
        reason=row[7],
        queue=row[8],
        priority=row[9],
        definition=row[10],
        attempt=row[11],
        deaths=row[12],
        node=row[13],
        lease_token=row[14],
        started_at=moment_or_none(row[15]),
        finished_at=moment_or_none(row[16]),
        outcome=None if row[17] is None else Outcome(row[17]),
        exit_code=row[18],
        error=row[19],
        log=row[20],
        cancel_requested=bool(row[21]),
        exempt=bool(row[22]),
        args=_args_of(row[23]),
        duration=None if row[24] is None else timedelta(microseconds=row[24]),
        scheduled_at=moment_or_none(row[25]),
        max_attempts=row[26],
        unique_key=row[27],
        inserted_at=moment_or_none(row[28]),
        cause_run_id=row[29],
        result=row[30],
        dismissed_at=moment_or_none(row[31]),
    )


def claimed_run_of(row: Row, node: str, token: str, at: datetime, log_of: NameLog) -> Run:
    """Return the run of a row of RUN_COLUMNS that waits, as it is once the node has claimed it at this moment."""
    run_id, job, due_at, inserted = row[0], row[1], moment_of(row[2]), row[28]
    return Run(
        run_id=run_id,
        job=job,
        due_at=due_at,
        last_due_at=due_at,
        count=1,
        cause=_CAUSES[row[5]],
        state=RunState.EXECUTING,
        reason=None,
        queue=row[8],
        priority=row[9],
        definition=row[10],
        attempt=row[11] + 1,
        deaths=row[12],
        node=node,
        lease_token=token,
        started_at=at,
        log=row[20] or log_of(job, due_at, run_id),
        cancel_requested=bool(row[21]),
        exempt=bool(row[22]),
        args=_args_of(row[23]),
        scheduled_at=moment_or_none(row[25]),
        max_attempts=row[26],
        unique_key=row[27],
        inserted_at=due_at if inserted == row[2] else moment_or_none(inserted),
        cause_run_id=row[29],
    )


ATTEMPT_COLUMNS = (
    "run_id, attempt, node, started_at, finished_at, pid, start_time, boot_id, outcome, exit_code, error, output_tail,"
    " cpu_seconds, peak_memory, counted, callback_error"
)


def attempt_of(row: Row) -> Attempt:
    """Return the attempt of a row of ATTEMPT_COLUMNS."""
    run_id, attempt, node, started_at, finished_at, pid, start_time, boot_id, outcome, *rest = row
    exit_code, error, output_tail, cpu_seconds, peak_memory, counted, callback_error = rest
    return Attempt(
        run_id=run_id,
        attempt=attempt,
        node=node,
        started_at=moment_of(started_at),
        finished_at=moment_or_none(finished_at),
        identity=None if pid is None else Identity(pid=pid, start_time=start_time, boot_id=boot_id),
        outcome=None if outcome is None else Outcome(outcome),
        exit_code=exit_code,
        error=error,
        output_tail=output_tail,
        cpu_seconds=cpu_seconds,
        peak_memory=peak_memory,
        counted=bool(counted),
        callback_error=callback_error,
    )


def job_of(row: Row, pauses: tuple[Pause, ...] = ()) -> JobRecord:
    """Return the job of a row of the table, in its order."""
    identifier, source, definition, first_seen_at, changed_at, cursor_at, next_due_at, removed_at = row
    return JobRecord(
        identifier=identifier,
        source=source,
        definition=definition,
        first_seen_at=moment_of(first_seen_at),
        changed_at=moment_of(changed_at),
        cursor_at=moment_or_none(cursor_at),
        next_due_at=moment_or_none(next_due_at),
        removed_at=moment_or_none(removed_at),
        pauses=pauses,
    )


def pause_of(row: Row) -> Pause:
    """Return the pause of a row: when, by whom, until when."""
    paused_at, paused_by, until_at = row
    return Pause(paused_at=moment_of(paused_at), paused_by=paused_by, until_at=moment_or_none(until_at))


def node_of(row: Row) -> NodeRecord:
    """Return the node of a row of the table, in its order."""
    node, pid, boot_id, host, started_at, heartbeat_at, stopped_at, ticks, trouble = row
    return NodeRecord(
        node=node,
        pid=pid,
        boot_id=boot_id,
        host=host,
        started_at=moment_of(started_at),
        heartbeat_at=moment_of(heartbeat_at),
        stopped_at=moment_or_none(stopped_at),
        ticks=ticks,
        trouble=trouble,
    )


def request_of(row: Row) -> Request:
    """Return the request of a row of the table, in its order."""
    request_id, kind, requested_at, requested_by, job, run_id, force, handled_at, answer, until_at, payload = row
    return Request(
        request_id=request_id,
        kind=RequestKind(kind),
        requested_at=moment_of(requested_at),
        requested_by=requested_by,
        job=job,
        run_id=run_id,
        force=bool(force),
        handled_at=moment_or_none(handled_at),
        answer=answer,
        until_at=moment_or_none(until_at),
        payload=None if payload is None else json.loads(payload),
    )
