"""What becomes of due instants while earlier runs of the same job are busy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cron_actors.model.job import Overlap
from cron_actors.model.run import NewRun, Reason, RunState


def admit(runs: Sequence[NewRun], policies: Mapping[str, Overlap], occupied: Mapping[str, int]) -> list[NewRun]:
    """Return the runs in their order, each as it is to be written: available, or skipped because of an overlap.

    ``occupied`` counts the runs of each job that wait for a worker or are being performed: a run that waits for a
    worker stands in the way too, or two of them would be performed at once later. A job without a policy allows all.
    What is not to run in any case stays as it is.
    """
    busy = dict(occupied)
    written = []
    for run in runs:
        if run.state is not RunState.AVAILABLE:
            written.append(run)
        elif policies.get(run.job) is Overlap.SKIP and busy.get(run.job):
            written.append(replace(run, state=RunState.SKIPPED, reason=Reason.OVERLAP))
        else:
            busy[run.job] = busy.get(run.job, 0) + 1
            written.append(run)
    return written
