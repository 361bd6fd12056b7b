"""What a monitor knows of an attempt that its worker performs, and what its end counts as."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from cron_actors.actors.aftermath import Aftermath
from cron_actors.core.durations import format_duration
from cron_actors.messages import FinishedExecution, Launch
from cron_actors.model.run import Ending, Identity, Outcome, Reason


@dataclass(slots=True, kw_only=True)
class Performance:
    """An attempt under way.

    ``alone`` says that it has a process of its own, whose log this monitor keeps; else it is one of a batch. ``begun``
    is known of every attempt alone, and of one in a batch once it takes its time. ``verdict`` is what an ended process
    counts as, once we asked for its end, and ``reason`` why we did. ``cut`` says that output was dropped. ``aftermath``
    is what comes after the end of its own process. ``identity`` is that of this process, if its end was the first
    that was heard of it.
    """

    launch: Launch
    alone: bool
    begun: bool
    verdict: Outcome | None = None
    reason: str | None = None
    cut: bool = False
    identity: Identity | None = None
    aftermath: Aftermath = field(default_factory=Aftermath)

    def judged(self, ending: Ending) -> Ending:
        """Return how the attempt ended: as we wanted, unless it was over before our order came."""
        if self.verdict is None or ending.by_itself:
            return ending
        return replace(ending, outcome=self.verdict, error=self._error(ending))

    def finished(self, ending: Ending, *, begun: bool = True) -> FinishedExecution:
        """Return the report of the end."""
        return FinishedExecution(
            key=self.launch.key,
            job=self.launch.job.identifier,
            ending=ending,
            log=self.launch.log,
            reason=None if ending.by_itself else self.reason,
            begun=begun,
            identity=self.identity,
        )

    def note(self) -> str | None:
        """Return what the log has to say beside how the attempt ended."""
        return f"[output beyond {self.launch.job.output_limit.size} bytes was dropped]" if self.cut else None

    def _error(self, ending: Ending) -> str | None:
        job = self.launch.job
        if self.reason == Reason.OUTPUT_LIMIT:
            return f"more than {job.output_limit.size} bytes of output"
        match self.verdict:
            case Outcome.TIMEOUT:
                return f"timed out after {format_duration(job.timeout or timedelta(0))}"
            case Outcome.CANCELLED:
                return "cancelled by a newer run" if self.reason == Reason.OVERLAP else "cancelled by request"
            case Outcome.INTERRUPTED:
                return "the daemon stopped"
            case _:
                return ending.error
