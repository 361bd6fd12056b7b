"""What the daemon tells the template process, and how it reads what the template tells it."""

from __future__ import annotations

import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

from cron_actors.adapters.executors.wire import encode
from cron_actors.model.job import Command, FunctionCall
from cron_actors.model.run import AttemptKey, Ending, Outcome
from cron_actors.ports.executor import Execution

# Not imported: the daemon need not carry what the function's process needs.
_FUNCTION_CALL = str(Path(__file__).with_name("function_call.py"))


def wire_key(key: AttemptKey) -> str:
    """Return the name that an attempt has on the wire."""
    return f"{key.run_id}.{key.attempt}.{key.token}"


def start_order(execution: Execution, working_directory: str) -> bytes:
    """Return the packet that starts the attempt; ``working_directory`` is the daemon's own."""
    process = execution.process
    order: dict[str, Any] = {
        "key": wire_key(execution.key),
        "log": str(execution.log),
        "env": {**process.env, **execution.variables},
        "stdin": process.stdin,
        "folder": None if process.working_directory is None else str(execution.folder / process.working_directory),
    }
    match execution.work:
        case Command(line=str(line), shell=shell):
            order["argv"] = [shell, "-c", line]
        case Command(line=words):
            order["argv"] = list(words)
        case FunctionCall(python=None) as call:
            order["call"] = _call(call, execution, working_directory)
        case FunctionCall(python=str(python)) as call:
            order["argv"] = [interpreter(python, execution.folder), _FUNCTION_CALL]
            order["description"] = json.dumps(_call(call, execution, working_directory))
    return encode(order)


def interpreter(python: str, folder: os.PathLike[str]) -> str:
    """Return the interpreter to run: a name is looked up in PATH, a relative path starts at the jobs folder."""
    return os.path.join(folder, python) if "/" in python else python  # noqa: PTH118 - a path that is kept as written


def end_order(key: AttemptKey, kill_after: timedelta) -> bytes:
    """Return the packet that ends the attempt."""
    return encode({"key": wire_key(key), "kill_after": max(0.0, kill_after.total_seconds())})


def ending(message: dict[str, Any], output_tail: str) -> Ending:
    """Read how the child of an attempt ended."""
    code: int = message["exit_code"]
    return Ending(
        outcome=Outcome.SUCCESS if code == 0 else Outcome.FAILURE,
        exit_code=code,
        error=None if code == 0 else message["error"] or status_text(code),
        output_tail=output_tail,
        duration=timedelta(seconds=message.get("duration", 0.0)),
        cpu_seconds=message.get("cpu_seconds"),
        peak_memory=message.get("peak_memory"),
        by_itself=message.get("by_itself", True),
    )


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


def _call(call: FunctionCall, execution: Execution, working_directory: str) -> dict[str, Any]:
    return {
        "path": call.path,
        "function_name": call.function_name,
        "args": list(call.args),
        "kwargs": dict(call.kwargs),
        "folders": list(dict.fromkeys([str(execution.folder), working_directory])),
    }
