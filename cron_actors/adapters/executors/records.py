"""What the record of a call says of the end of its attempt; user code could have written anything into it."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from cron_actors.adapters.executors.function_call import CALLBACK_SECONDS
from cron_actors.model.callback import CallbackKind
from cron_actors.model.construction import quickly_made
from cron_actors.model.run import Ending, Identity, Outcome
from cron_actors.ports.executor import Execution

_BY_WORD = {outcome.value: outcome for outcome in (Outcome.DISCARDED, Outcome.SNOOZED, Outcome.LAUNCHED)}
_FAILURE = Outcome.FAILURE.value
_TOO_LONG = f"was still running after {CALLBACK_SECONDS:.0f} seconds, and was ended"


_KINDS: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
    {
        "outcome": str,
        "exit_code": int,
        "error": str,
        "snooze": (int, float),
        "launched": dict,
        "result": str,
        "callbacks": list,
        "callback_error": str,
    }
)


def sound(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the record is of its kind."""
    return {key: value for key, value in record.items() if key in _KINDS and isinstance(value, _KINDS[key])}


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class EndSeen:
    """The end of a process: its status, and what was wrong, in one line, if it is no success by that."""

    exit_code: int
    error: str


def end_seen(record: Mapping[str, Any], exit_code: int, error: str, execution: Execution) -> EndSeen:
    """Return the end as it counts: a failure that was told stays one, however the process ended after that."""
    if record.get("outcome") == _FAILURE and exit_code == 0:
        return EndSeen(exit_code=record.get("exit_code") or 1, error=error)
    if execution.callback is not None and exit_code == -signal.SIGALRM:
        return EndSeen(exit_code=exit_code, error=f"{execution.callback.kind.value} {_TOO_LONG}")
    return EndSeen(exit_code=exit_code, error=error)


def with_record(ending: Ending, record: Mapping[str, Any]) -> Ending:
    """Return the ending, judged by the end of the process alone, with what the record says beside that."""
    try:
        return _with_record(ending, record)
    except (KeyError, TypeError, ValueError, OverflowError):
        return replace(ending, outcome=Outcome.FAILURE, error="what its process reported cannot be read")


def _with_record(ending: Ending, record: Mapping[str, Any]) -> Ending:
    callbacks, callback_error = _callbacks(record), _callback_error(ending, record)
    told = ending
    if callbacks or callback_error is not None:  # to replace nothing takes as long
        told = replace(ending, callbacks=callbacks, callback_error=callback_error)
    outcome = _BY_WORD.get(record.get("outcome", ""))
    if outcome is None:
        result, error = record.get("result"), record.get("error")
        if ending.outcome is not Outcome.SUCCESS or (result is None and error is None):
            return told
        return replace(told, result=result, error=error)
    return replace(
        told,
        outcome=outcome,
        error=record.get("error"),
        snooze=timedelta(seconds=record["snooze"]) if outcome is Outcome.SNOOZED else None,
        launched=_identity(**record["launched"]) if outcome is Outcome.LAUNCHED else None,
    )


def _identity(pid: int, start_time: int, boot_id: str) -> Identity:
    if pid not in range(1, 1 << 31) or start_time not in range(1 << 62):
        raise ValueError(f"there is no process {pid} that began at {start_time}")
    return Identity(pid=pid, start_time=start_time, boot_id=str(boot_id))


def _callbacks(record: Mapping[str, Any]) -> tuple[str, ...]:
    names = record.get("callbacks")
    return tuple(CallbackKind(name) for name in names) if names else ()


def _callback_error(ending: Ending, record: Mapping[str, Any]) -> str | None:
    error: str | None = record.get("callback_error")
    if error is not None and ending.exit_code == -signal.SIGALRM:
        return f"{CallbackKind.AFTER_ERROR.value} {_TOO_LONG}"
    return error
