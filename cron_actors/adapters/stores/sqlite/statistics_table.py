"""The stored figures of jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from cron_actors.adapters.stores.sqlite.rows import Row, json_list, micros_or_none, moment_or_none
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.model.statistics import Distribution, JobStatistics

# Not REPLACE, which writes the row and its index entry at new places: what a commit costs is the number of its pages.
_PUT = (
    "INSERT INTO statistics VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    " ON CONFLICT (job) DO UPDATE SET launches = ?2, successes = ?3, failures = ?4, timeouts = ?5, retries = ?6,"
    " interrupted = ?7, cancelled = ?8, skipped = ?9, missed = ?10, last_outcome = ?11, last_due_at = ?12,"
    " last_started_at = ?13, last_finished_at = ?14, duration = ?15, lateness = ?16"
)
_SOME = "SELECT * FROM statistics WHERE job IN (SELECT value FROM json_each(?))"


class StatisticsTable(Table):
    """The table ``statistics``."""

    def statistics(self, jobs: Iterable[str] | None = None) -> Mapping[str, JobStatistics]:
        """Return the stored figures by job; None means all jobs."""
        if jobs is None:
            rows = self._all("SELECT * FROM statistics ORDER BY job")
        else:
            rows = self._all(_SOME, json_list(sorted(set(jobs))))
        return {row[0]: _figures_of(row) for row in rows}

    def put_statistics(self, figures: Mapping[str, JobStatistics]) -> None:
        """Replace the figures of these jobs."""
        self._do_each(_PUT, (_row(job, one) for job, one in figures.items()))


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
