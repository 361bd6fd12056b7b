"""What the daemon tells the template process, and how it reads what the template tells it."""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from cron_actors.adapters.executors.calls import call_of
from cron_actors.adapters.executors.records import end_seen, sound, with_record
from cron_actors.adapters.executors.wire import encode
from cron_actors.core.success import ProcessEnd, judge_end
from cron_actors.model.job import Command, FunctionCall, ProcessSettings
from cron_actors.model.run import AttemptKey, Ending, Outcome
from cron_actors.ports.executor import Execution

# Not imported: the daemon need not carry what the function's process needs.
_FUNCTION_CALL = str(Path(__file__).with_name("function_call.py"))

UNORDERABLE = (TypeError, ValueError, RecursionError)
"""What is raised by an order that no JSON can hold, or that no process could take."""


def wire_key(key: AttemptKey) -> str:
    """Return the name that an attempt has on the wire."""
    return f"{key.run_id}.{key.attempt}.{key.token}"


def start_order(execution: Execution, working_directory: str, log_start: int = 0) -> bytes:
    """Return the packet that starts the attempt.

    ``working_directory`` is the daemon's own; ``log_start`` is where in the log this attempt's output begins.
    """
    made = order(execution, working_directory, log_start)
    _add_watch(made, execution, log_start)
    return encode(made)


def order(execution: Execution, working_directory: str, log_start: int = 0) -> dict[str, Any]:
    """Return what is to be started, and what it is to find."""
    process = execution.process
    made: dict[str, Any] = {
        "key": wire_key(execution.key),
        "log": execution.log,
        "env": {**process.env, **execution.variables},
        "stdin": process.stdin,
        "folder": None if process.working_directory is None else str(execution.folder / process.working_directory),
    }
    match execution.work:
        case Command(line=str(line), shell=shell):
            made["argv"] = [shell, "-c", line]
        case Command(line=words):
            made["argv"] = list(words)
        case FunctionCall(python=None) as call:
            made["call"] = call_of(call, execution, working_directory, log_start)
        case FunctionCall(python=str(python)) as call:
            made["argv"] = [interpreter(python, execution.folder), _FUNCTION_CALL]
            made["description"] = json.dumps(call_of(call, execution, working_directory, log_start))
    _add_rights(made, process, execution.folder)
    return made


def interpreter(python: str, folder: os.PathLike[str]) -> str:
    """Return the interpreter to run: a name is looked up in PATH, a relative path starts at the jobs folder."""
    return os.path.join(folder, python) if "/" in python else python  # noqa: PTH118 - a path that is kept as written


def end_order(name: str, kill_after: timedelta) -> bytes:
    """Return the packet that ends the attempt, or the warm child, that has this name on the wire."""
    return encode({"key": name, "kill_after": max(0.0, kill_after.total_seconds())})


def ending(message: dict[str, Any], output_tail: str, execution: Execution) -> Ending:
    """Read how the child of an attempt ended, and judge it."""
    record = sound(message.get("record", {}))
    code: int = message["exit_code"]
    seen = end_seen(record, code, _error(message, record) or status_text(code), execution)
    end = ProcessEnd(
        exit_code=seen.exit_code,
        error=seen.error,
        cpu_seconds=message.get("cpu_seconds"),
        wrote_stderr=message.get("wrote_stderr", False),
        output_found=message.get("output_found"),
        output_not_found=message.get("output_not_found"),
        unread=message.get("unread"),
    )
    unborn = message.get("unborn", False)
    fault = seen.error if unborn else judge_end(end, execution.success, execution.process.limits)
    judged = Ending(
        outcome=Outcome.SUCCESS if fault is None else Outcome.FAILURE,
        exit_code=seen.exit_code,
        error=fault,
        output_tail=output_tail,
        duration=timedelta(seconds=message.get("duration", 0.0)),
        cpu_seconds=message.get("cpu_seconds"),
        peak_memory=message.get("peak_memory"),
        by_itself=message.get("by_itself", True),
    )
    return with_record(judged, record) if record else judged


def _error(message: Mapping[str, Any], record: Mapping[str, Any]) -> str | None:
    error = record.get("error") or message["error"]
    return error if isinstance(error, str) else None  # user code can have written anything there


def status_text(code: int) -> str:
    """Say an exit status in words.

    >>> status_text(3), status_text(-11)
    ('exit status 3', 'killed by SIGSEGV')
    """
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _add_rights(made: dict[str, Any], process: ProcessSettings, folder: os.PathLike[str]) -> None:
    """Add what only a forked child can do to itself; nothing for a job that asks for nothing of it."""
    limits = process.limits
    wanted = (
        ("user", process.user),
        ("group", process.group),
        ("umask", process.umask),
        ("memory", limits.memory),
        ("cpu", None if limits.cpu is None else math.ceil(limits.cpu.total_seconds())),
        ("open_files", limits.open_files),
        ("nice", limits.nice),
    )
    rights = {name: value for name, value in wanted if value is not None}
    if rights:
        made["rights"] = rights
    if process.env_file is not None:
        made["env_file"] = os.path.join(folder, process.env_file)  # noqa: PTH118 - a path that is kept as written


def _add_watch(made: dict[str, Any], execution: Execution, log_start: int) -> None:
    """Add what is to be looked at beside the exit status, where success depends on it."""
    success = execution.success
    if success.stderr_fails:
        made["errors"] = True
    if success.output is not None or success.output_not is not None:
        made["search"] = {
            "log": execution.log,
            "start": log_start,
            "output": success.output,
            "output_not": success.output_not,
        }
