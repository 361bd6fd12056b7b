"""The figures of all jobs as the Scheduler answers for them: those of the store, and what was committed since."""

from __future__ import annotations

from cron_actors.core.counting import Counting
from cron_actors.core.statistics import ends_something, with_begun
from cron_actors.messages import Changed, Loaded, RunChanged
from cron_actors.model.run import RunState
from cron_actors.model.statistics import JobStatistics

MOST_COUNTING = 2_000  # jobs whose figures are kept twice
MOST_NOTED = 5_000  # changes that wait to be counted
UNDER_WAY = frozenset({RunState.EXECUTING, RunState.LAUNCHED})


class Tally:
    """Counts every change once, whether the store or a message tells of it."""

    def __init__(self) -> None:
        self._figures: dict[str, JobStatistics] = {}
        self._counting: dict[str, Counting] = {}  # of the jobs that have changed since, in place of their figures
        self._begun: dict[int, RunChanged] = {}  # runs under way, which the figures do not count yet
        self._commit = 0  # the last one that the figures count already
        self._noted: list[Changed] = []  # what is not counted yet
        self._room = MOST_NOTED
        self._quiet = True

    def load(self, loaded: Loaded) -> None:
        """Begin with what the store tells."""
        self._figures = dict(loaded.statistics)
        self._counting.clear()
        self._noted.clear()
        self._room = MOST_NOTED
        self._commit = loaded.commit
        self._begun = {begun.run_id: begun for begun in loaded.begun}

    def note(self, changed: Changed) -> None:
        """Take in what was committed, unless the store has told more than that already.

        It is counted when somebody asks, or once nothing more comes: a herd has no time to spare for figures.
        """
        self._noted.append(changed)
        self._quiet = False
        self._room -= len(changed.changes)
        if self._room <= 0:
            self._settle()

    def rest(self) -> None:
        """Count what was noted if nothing was since the last call; to be called now and then."""
        if self._quiet:
            self._settle()
        self._quiet = True

    def _settle(self) -> None:
        for changed in self._noted:
            self._count_all(changed)
        self._noted.clear()
        self._room = MOST_NOTED

    def _count_all(self, changed: Changed) -> None:
        if changed.commit <= self._commit:
            return
        self._commit = changed.commit
        for change in changed.changes:
            if change.state in UNDER_WAY:
                self._begun[change.run_id] = change
            else:
                self._begun.pop(change.run_id, None)
            if ends_something(change):
                (self._counting.get(change.job) or self._count(change.job)).end(change)

    def launches(self, job: str) -> int:
        """Return how many times the job was launched, attempts under way included; 0 for an unknown job."""
        self._settle()
        under_way = sum(begun.job == job for begun in self._begun.values())
        known = self._counting.get(job) or self._figures.get(job)
        return under_way if known is None else known.launches + under_way

    def shown(self) -> dict[str, JobStatistics]:
        """Return the figures of every job that has any, attempts under way included."""
        self._settle()
        self._freeze()
        shown = dict(self._figures)
        for begun in self._begun.values():
            shown[begun.job] = with_begun(shown.get(begun.job, JobStatistics()), begun)
        return shown

    def _count(self, job: str) -> Counting:
        if len(self._counting) >= MOST_COUNTING:
            self._freeze()
        counting = self._counting[job] = Counting(self._figures.get(job) or JobStatistics())
        return counting

    def _freeze(self) -> None:
        self._figures |= {job: counting.figures() for job, counting in self._counting.items()}
        self._counting.clear()
