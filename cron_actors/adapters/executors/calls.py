"""The description of a call, as the process that performs it reads it (``perform_call`` of ``function_call.py``)."""

from __future__ import annotations

from typing import Any

from cron_actors.model.job import FunctionCall
from cron_actors.ports.executor import Execution

MAX_ATTEMPTS = "CRON_ACTORS_MAX_ATTEMPTS"


def call_of(call: FunctionCall, execution: Execution, working_directory: str, log_start: int = 0) -> dict[str, Any]:
    """Return the description; ``log_start`` is where in the log the output of the attempt begins."""
    made: dict[str, Any] = {
        "path": call.path,
        "function_name": call.function_name,
        "args": list(call.args),
        "kwargs": dict(call.kwargs),
        "folders": folders_of(execution, working_directory),
        "attempt": {
            "run_id": execution.key.run_id,
            "attempt": execution.key.attempt,
            "max_attempts": int(execution.variables.get(MAX_ATTEMPTS, "1")),
        },
        "log": execution.log,
        "log_start": log_start,
    }
    if execution.keep_result:
        made["keep_result"] = True
    callback = execution.callback
    if callback is not None:
        made["callback"] = {
            "kind": callback.kind.value,
            "error": callback.error or "failed",
            "output_tail": callback.output_tail,
            "pid": None if callback.launched is None else callback.launched.pid,
        }
    return made


def folders_of(execution: Execution, working_directory: str) -> list[str]:
    """Return where modules are looked up first."""
    return list(dict.fromkeys([str(execution.folder), working_directory]))
