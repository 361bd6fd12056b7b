"""What the daemon has a warm child do, and how it reads what the child tells of it."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from cron_actors.adapters.executors.calls import MAX_ATTEMPTS, folders_of
from cron_actors.adapters.executors.orders import UNORDERABLE, ending
from cron_actors.adapters.executors.warm_wire import frame
from cron_actors.core.run_log import LATEST
from cron_actors.model.job import FunctionCall, Limits, Success
from cron_actors.model.queue import Recycling
from cron_actors.model.run import Ending, Outcome
from cron_actors.ports.executor import ChildEnded, Execution

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NOT_BEGUN = "it was not begun"
_NO_LIMITS = Limits()
_USUAL_SUCCESS = Success()


def check_shareable(executions: Sequence[Execution]) -> None:
    """Raise ValueError if one of these cannot be performed in a process that performs others before and after."""
    before: Execution | None = None
    for execution in executions:
        work = execution.work
        if not isinstance(work, FunctionCall) or work.python is not None:
            raise ValueError("only functions of this interpreter share a process")
        if execution.callback is not None:
            raise ValueError("a callback has a process of its own")
        if before is None or execution.process is not before.process or execution.success is not before.success:
            _check_settings(execution)  # once for runs of one job
        before = execution


def _check_settings(execution: Execution) -> None:
    process = execution.process
    if (process.user, process.group, process.umask, process.env_file, process.stdin) != (None,) * 5:
        raise ValueError("a job with rights, an env file or standard input has a process of its own")
    if process.limits != _NO_LIMITS or execution.success != _USUAL_SUCCESS:
        raise ValueError("a job with limits or its own success has a process of its own")


def batch_order(executions: Sequence[Execution], recycling: Recycling, working_directory: str) -> bytes:
    """Return what is sent to the child for these executions, all of one folder."""
    works: dict[tuple[str, str, int], int] = {}  # what runs of one job have in common is sent once
    described: list[dict[str, Any]] = []
    runs = []
    for execution in executions:
        work, key = cast("FunctionCall", execution.work), execution.key  # as check_shareable has seen to it
        mark = (work.path, work.function_name, id(execution.process))
        number = works.setdefault(mark, len(described))
        if number == len(described):
            described.append(_described(work, execution))
        max_attempts = int(execution.variables.get(MAX_ATTEMPTS, "1"))
        attempt = (key.run_id, key.attempt, max_attempts)
        own = (work.args, dict(work.kwargs), execution.variables, execution.keep_result)
        runs.append((number, attempt, execution.log, execution.header, *own))
    return frame(
        {
            "works": described,
            "folders": folders_of(executions[0], working_directory),
            "runs": runs,
            "latest": LATEST,
            "most_runs": recycling.runs,
            "most_memory": recycling.memory,
        }
    )


def unorderable(
    executions: Sequence[Execution], recycling: Recycling, working_directory: str
) -> Iterator[tuple[Execution, str]]:
    """Yield those that no child can be sent, and why."""
    for execution in executions:
        try:
            batch_order([execution], recycling, working_directory)
        except UNORDERABLE as error:
            yield execution, str(error)


def not_begun(execution: Execution) -> ChildEnded:
    """Return the report of an execution that was not begun."""
    ending = Ending(outcome=Outcome.INTERRUPTED, error=_NOT_BEGUN)
    return ChildEnded(key=execution.key, ending=ending, begun=False)


def told_end(execution: Execution, told: Sequence[Any], asked_at: int | None) -> ChildEnded:
    """Read the line on a run that is over; ``asked_at`` (nanoseconds) is when its end was asked for, None if never."""
    _, ended, duration, cpu, memory, logged, tail, record = told
    by_itself = asked_at is None or ended <= asked_at
    if record is None:
        plain = Ending(
            outcome=Outcome.SUCCESS,
            exit_code=0,
            output_tail=tail,
            duration=timedelta(microseconds=duration),
            cpu_seconds=cpu / 1_000_000,
            peak_memory=memory,
            by_itself=by_itself,
            logged=by_itself and bool(logged),  # else its log is to say what it counts as
        )
        return ChildEnded(key=execution.key, ending=plain)
    if record.get("errno") in _NO_ROOM:
        return not_begun(execution)
    message = {
        "duration": duration / 1_000_000,
        "cpu_seconds": cpu / 1_000_000,
        "peak_memory": memory,
        "by_itself": by_itself,
        "exit_code": record["exit_code"],
        "error": record.get("error"),
        **({"unborn": True} if record.get("unborn") else {"record": record}),
    }
    how = ending(message, tail, execution)
    return ChildEnded(key=execution.key, ending=replace(how, logged=by_itself and bool(logged)))


def _described(work: FunctionCall, execution: Execution) -> dict[str, Any]:
    process = execution.process
    folder = process.working_directory
    return {
        "path": work.path,
        "function_name": work.function_name,
        "env": dict(process.env),
        "folder": None if folder is None else str(execution.folder / folder),
    }
