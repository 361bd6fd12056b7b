"""How a run ended whose warm child did not live to tell, and what the daemon does to the logs of others."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from cron_actors.adapters.executors.orders import ending
from cron_actors.adapters.executors.output_tail import output_tail
from cron_actors.adapters.executors.programs import NOT_RUNNABLE
from cron_actors.adapters.executors.warm_process import WarmProcess
from cron_actors.adapters.log_links import point
from cron_actors.core.run_log import LATEST
from cron_actors.model.run import Ending, Outcome
from cron_actors.ports.executor import ChildEnded, Execution


def died(message: Mapping[str, Any], execution: Execution, process: WarmProcess, now: float) -> ChildEnded:
    """Return how a run ended with its process, as the template's message has that."""
    seen: dict[str, Any] = {**message, "duration": now - process.began}
    if process.so_far:
        seen["record"] = process.so_far
    if "cpu_seconds" in message:
        seen["cpu_seconds"] = max(0.0, message["cpu_seconds"] - process.cpu_seconds)
    return ChildEnded(key=execution.key, ending=ending(seen, _tail(execution), execution))


def cut_short(error: str, execution: Execution, process: WarmProcess, now: float) -> ChildEnded:
    """Return how a run ended if nobody can say any more how its process did."""
    how = Ending(
        outcome=Outcome.INTERRUPTED,
        error=error,
        output_tail=_tail(execution),
        duration=timedelta(seconds=now - process.began),
    )
    return ChildEnded(key=execution.key, ending=how)


def unborn(execution: Execution, why: str | None) -> ChildEnded:
    """Return how a run ended for which no process could be made."""
    how = Ending(outcome=Outcome.FAILURE, exit_code=NOT_RUNNABLE, error=f"cannot start: {why}", by_itself=True)
    return ChildEnded(key=execution.key, ending=how)


def link_latest(execution: Execution) -> None:
    """Point at the log of a run that takes its time: its process spares that for all but the last of a batch."""
    folder, _, name = execution.log.rpartition("/")
    with suppress(OSError):  # a run is worth more than the link to its log
        point(folder, LATEST, name)


def _tail(execution: Execution) -> str:
    """Return the last output of a run whose log its process has begun."""
    text = output_tail(execution.log, 0)
    return text.rpartition(execution.header)[2] if execution.header else text
