"""The figures of jobs as they are shown: those stored, and the attempts under way on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cron_actors.core.changes import change_of
from cron_actors.core.statistics import with_begun
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Run, RunState
from cron_actors.model.statistics import JobStatistics
from cron_actors.ports.store import Reader


def under_way(reader: Reader) -> list[Run]:
    """Return the runs of which an attempt is under way."""
    return reader.runs(RunFilter(states=(RunState.EXECUTING, RunState.LAUNCHED), limit=None))


def shown_figures(reader: Reader, executing: Iterable[Run]) -> Mapping[str, JobStatistics]:
    """Return the figures by job; the store counts an attempt when it has ended."""
    figures = dict(reader.statistics())
    for run in executing:
        begun = change_of(run, run.started_at or run.due_at)
        figures[run.job] = with_begun(figures.get(run.job, JobStatistics()), begun)
    return figures
