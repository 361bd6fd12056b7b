"""What starts make jobs owe: one run per boot of the machine, or one per start of a daemon.

A boot is told from another by the kernel's boot id and the start of process 1, which is a container's own. The key of
the run holds it, so that a boot owes one run however often the daemon starts, or dies before it has written it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cron_actors.core.bars import Bars
from cron_actors.core.due import due_run
from cron_actors.model.job import AtStartup, Job
from cron_actors.model.records import Pause
from cron_actors.model.run import Cause, NewRun, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """One start of a daemon: its node, the boot it happened in, and when that was."""

    node: str
    boot: str
    at: datetime


def startup_run(job: Job, definition: str, startup: Startup, pauses: Sequence[Pause] = ()) -> NewRun | None:
    """Return the run that this start makes the job owe, None if it owes none; one that is barred is skipped."""
    if job.when.at_startup is None:
        return None
    key = f"boot:{startup.boot}" if job.when.at_startup is AtStartup.BOOT else f"start:{startup.node}"
    run = replace(due_run(job, definition, startup.at, exempt=True), cause=Cause.STARTUP, key=key)
    barred = Bars.of(job.when, pauses).reason(startup.at)
    return run if barred is None else replace(run, state=RunState.SKIPPED, reason=barred)
