"""What the daemon remembers of an attempt that the template process is performing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cron_actors.adapters.executors.output_tail import output_tail
from cron_actors.adapters.executors.process_groups import find_leader, kill_group
from cron_actors.model.run import Ending, Identity, Outcome
from cron_actors.ports.executor import Execution, Report


@dataclass(slots=True, kw_only=True)
class Attempt:
    """An attempt ordered and not yet reported as ended.

    ``log_start`` is the size that the log had before; ``began`` is seconds on the monotonic clock; ``identity`` is None
    until the template says that the process runs.
    """

    execution: Execution
    report: Report
    log_start: int
    began: float
    identity: Identity | None = None

    def tail(self) -> str:
        """Return the last output of this attempt."""
        return output_tail(self.execution.log, self.log_start)

    def interrupted(self, error: str, now: float) -> Ending:
        """Return how the attempt ended if nobody can say any more how its process did."""
        return Ending(
            outcome=Outcome.INTERRUPTED,
            error=error,
            output_tail=self.tail(),
            duration=timedelta(seconds=now - self.began),
        )

    def kill(self) -> None:
        """Kill the group of the attempt, the template process being dead.

        A program of which the template could not tell any more is known by its variables; a Python function dies with
        the template.
        """
        if self.identity is not None:
            kill_group(self.identity.pid, self.identity.start_time, marked_only=False)
        elif (leader := find_leader(self.execution.variables)) is not None:
            kill_group(leader.pid, leader.start_time, marked_only=False)
