"""The stored figures of jobs: one row for each, and what happened since it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cron_actors.adapters.stores.sqlite.changes import endings_of
from cron_actors.adapters.stores.sqlite.event_table import EventTable
from cron_actors.adapters.stores.sqlite.rows import Row, json_list, micros_or_none, moment_or_none
from cron_actors.core.counting import Told
from cron_actors.core.statistics import fold_all
from cron_actors.model.statistics import Distribution, JobStatistics

# Not REPLACE, which writes the row and its index entry at new places: what a commit costs is the number of its pages.
_PUT = (
    "INSERT INTO statistics VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    " ON CONFLICT (job) DO UPDATE SET launches = ?2, successes = ?3, failures = ?4, timeouts = ?5, retries = ?6,"
    " interrupted = ?7, cancelled = ?8, skipped = ?9, missed = ?10, last_outcome = ?11, last_due_at = ?12,"
    " last_started_at = ?13, last_finished_at = ?14, duration = ?15, lateness = ?16"
)
_ALL = "SELECT * FROM statistics ORDER BY job"
_SOME = "SELECT * FROM statistics WHERE job IN (SELECT value FROM json_each(?))"
_FOLLOWER = "statistics"


class StatisticsTable(EventTable):
    """The table ``statistics``, whose rows follow the journal of events."""

    def statistics(self) -> Mapping[str, JobStatistics]:
        """Return the figures by job."""
        with self._snapshot():
            rows = self._all(_ALL)
            figures = {row[0]: _figures_of(row) for row in rows}
            unread = (change for _, text in self._unread(_FOLLOWER) for change in endings_of(text)[0])
            return figures | fold_all(figures, unread)

    def fold_statistics(self, limit: int | None = None) -> int:
        """Bring journalled changes into the rows, ``limit`` of them or a few more; return how many."""
        changes: list[Told] = []
        read, last = 0, None
        for sequence, text in self._unread(_FOLLOWER):
            if limit is not None and read >= limit:
                break
            ended, number = endings_of(text)
            changes += ended
            read, last = read + number, sequence
        if last is not None:
            rows = self._all(_SOME, json_list(sorted({change.job for change in changes})))
            self.put_statistics(fold_all({row[0]: _figures_of(row) for row in rows}, changes))
            self._note_read(_FOLLOWER, last)
        return read

    def put_statistics(self, figures: Mapping[str, JobStatistics]) -> None:
        """Replace the rows of these jobs."""
        self._do_each(_PUT, [_row(job, one) for job, one in figures.items()])

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Have several queries see one state of the database, inside a transaction and outside."""
        self._do("SAVEPOINT snapshot")
        try:
            yield
        finally:
            self._do("RELEASE snapshot")


def _row(job: str, figures: JobStatistics) -> Row:
    return (
        job,
        figures.launches,
        figures.successes,
        figures.failures,
        figures.timeouts,
        figures.retries,
        figures.interrupted,
        figures.cancelled,
        json.dumps(dict(figures.skipped)) if figures.skipped else "{}",
        json.dumps(dict(figures.missed)) if figures.missed else "{}",
        figures.last_outcome,
        micros_or_none(figures.last_due_at),
        micros_or_none(figures.last_started_at),
        micros_or_none(figures.last_finished_at),
        _text_of(figures.duration),
        _text_of(figures.lateness),
    )


def _figures_of(row: Row) -> JobStatistics:
    return JobStatistics(
        launches=row[1],
        successes=row[2],
        failures=row[3],
        timeouts=row[4],
        retries=row[5],
        interrupted=row[6],
        cancelled=row[7],
        skipped=json.loads(row[8]),
        missed=json.loads(row[9]),
        last_outcome=row[10],
        last_due_at=moment_or_none(row[11]),
        last_started_at=moment_or_none(row[12]),
        last_finished_at=moment_or_none(row[13]),
        duration=_distribution_of(row[14]),
        lateness=_distribution_of(row[15]),
    )


def _text_of(distribution: Distribution) -> str:
    # Written with every run: dataclasses.asdict, which copies everything, takes ten times as long.
    stored = {
        "count": distribution.count,
        "total": distribution.total,
        "least": distribution.least,
        "greatest": distribution.greatest,
        "buckets": distribution.buckets,
    }
    return json.dumps(stored)


def _distribution_of(text: str) -> Distribution:
    stored = json.loads(text)
    # JSON has no numbers as keys.
    return Distribution(**{**stored, "buckets": {int(bucket): count for bucket, count in stored["buckets"].items()}})
