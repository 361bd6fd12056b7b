"""The command that shows the statistics of the jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from cron_actors.cli import options
from cron_actors.cli.console import printable, say, width, write_json
from cron_actors.cli.figures import shown_figures, under_way
from cron_actors.cli.job_filters import JobFilter, job_filter, stored_texts
from cron_actors.cli.known_jobs import require_known, written_jobs
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.tables import Column, table
from cron_actors.cli.wording import brief, counted, moment_text, span
from cron_actors.core.moments import iso
from cron_actors.core.statistics import summary
from cron_actors.model.job import Json
from cron_actors.model.records import JobRecord
from cron_actors.model.statistics import JobStatistics
from cron_actors.ports.store import Reader

NOT_LAUNCHED = "not launched"
COLUMNS = (
    Column("JOB", least=10),
    Column("LAUNCHES", leaves=3),
    Column("OK"),
    Column("FAILED"),
    Column("TIMEOUT"),
    Column("RETRIED", leaves=2),
    Column("SKIPPED"),
    Column("MISSED"),
    Column("LAST"),
    Column("P50", leaves=1),
    Column("P95", leaves=1),
    Column("NEXT"),
)
DURATION_KEYS = ("min", "mean", "p50", "p95", "max")
LATENESS_KEYS = ("p50", "p95", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What the store says of all jobs: figures, next instants, runs being executed; ticks of all daemons so far."""

    ticks: int
    figures: Mapping[str, JobStatistics]
    records: Mapping[str, JobRecord]
    executing: Mapping[str, tuple[int, ...]]

    def names(self, written: set[str]) -> list[str]:
        """Return every job that ever was or is written in the jobs file, sorted."""
        return sorted({*self.figures, *self.records, *written})

    def figures_of(self, job: str) -> JobStatistics:
        """Return the figures of the job, zeros if it has none."""
        return self.figures.get(job, JobStatistics())

    def next_due_at(self, job: str) -> datetime | None:
        """Return the job's next due instant, None if it has none or nothing has computed it yet."""
        record = self.records.get(job)
        return record.next_due_at if record is not None and record.removed_at is None else None


@click.command()
@click.argument("job", required=False)
@job_filter
@options.as_json
@click.pass_context
def stats(context: click.Context, job: str | None, wanted: JobFilter, *, as_json: bool) -> None:
    """Show the statistics of all jobs, or everything that is counted of one.

    Example: cron-actors stats backup --json
    """
    wanted.refuse_beside(job)
    around = surroundings(context)
    with around.reader(tell_absent=True) as reader:
        board = _board(reader)
        if job is not None and job not in board.figures:  # figures stay when the runs behind them are pruned
            require_known(around, reader, job)
        names = _names(around, board, wanted, reader) if job is None else [job]
    if as_json:
        write_json(_object(board, names) if job is None else {"ticks": board.ticks, **job_object(board, job)})
    elif job is None:
        _tell_all(board, names, around.now())
    else:
        _tell_one(board, job, around.now())


def job_object(board: Board, job: str) -> dict[str, Json]:
    """Return what ``stats --json`` prints of one job; null where nothing is known."""
    figures = board.figures_of(job)
    due, next_due = figures.last_due_at, board.next_due_at(job)
    duration, lateness = summary(figures.duration), summary(figures.lateness)
    return {
        "launches": figures.launches,
        "successes": figures.successes,
        "failures": figures.failures,
        "timeouts": figures.timeouts,
        "retries": figures.retries,
        "skipped": sum(figures.skipped.values()),
        "skipped_by_reason": dict(figures.skipped),
        "missed": sum(figures.missed.values()),
        "missed_by_reason": dict(figures.missed),
        "interrupted": figures.interrupted,
        "cancelled": figures.cancelled,
        "executing": list(board.executing.get(job, ())),
        "last_outcome": figures.last_outcome,
        "last_due_at": None if due is None else iso(due),
        "next_due_at": None if next_due is None else iso(next_due),
        "duration_s": {key: duration[key] for key in DURATION_KEYS},
        "lateness_s": {key: lateness[key] for key in LATENESS_KEYS},
    }


def _board(reader: Reader | None) -> Board:
    if reader is None:
        return Board(ticks=0, figures={}, records={}, executing={})
    executing: dict[str, tuple[int, ...]] = {}
    runs = under_way(reader)
    for run in runs:
        executing[run.job] = (*executing.get(run.job, ()), run.run_id)
    return Board(
        ticks=sum(node.ticks for node in reader.nodes()),
        figures=shown_figures(reader, runs),
        records={record.identifier: record for record in reader.jobs()},
        executing=executing,
    )


def _names(around: Surroundings, board: Board, wanted: JobFilter, reader: Reader | None) -> list[str]:
    """Return the jobs asked for; one that no daemon has loaded yet is judged by the jobs file."""
    written = written_jobs(around)
    names = board.names(set(written))
    if not wanted:
        return names
    texts = {identifier: definition.text for identifier, definition in written.items()}
    accepted = wanted.identifiers(texts | stored_texts(reader))
    return [name for name in names if name in accepted]


def _object(board: Board, names: Sequence[str]) -> dict[str, Json]:
    return {"ticks": board.ticks, "jobs": {name: job_object(board, name) for name in names}}


def _tell_all(board: Board, names: Sequence[str], now: datetime) -> None:
    rows = [_row(board, name, now) for name in names]
    for line in table(COLUMNS, rows, width()):
        click.echo(line)
    say(counted(board.ticks, "tick"))


def _row(board: Board, job: str, now: datetime) -> tuple[str, ...]:
    figures = board.figures_of(job)
    duration, next_due = summary(figures.duration), board.next_due_at(job)
    return (
        printable(job),
        str(figures.launches),
        str(figures.successes),
        str(figures.failures),
        str(figures.timeouts),
        str(figures.retries),
        str(sum(figures.skipped.values())),
        str(sum(figures.missed.values())),
        _last(figures) if figures.launches else "-",
        span(duration["p50"]),
        span(duration["p95"]),
        "-" if next_due is None else brief(next_due, now),
    )


def _last(figures: JobStatistics) -> str:
    if not figures.launches:
        return NOT_LAUNCHED
    return figures.last_outcome or "executing"


def _tell_one(board: Board, job: str, now: datetime) -> None:
    figures = board.figures_of(job)
    duration, lateness = summary(figures.duration), summary(figures.lateness)
    say(f"{job}: {_last(figures)}")
    successes = counted(figures.successes, "success", "successes")
    failures, timeouts = counted(figures.failures, "failure"), counted(figures.timeouts, "timeout")
    ended = f"{figures.interrupted} interrupted, {figures.cancelled} cancelled"
    say(f"launches     {figures.launches}, of them {counted(figures.retries, 'retry', 'retries')}")
    say(f"outcomes     {successes}, {failures}, {timeouts}, {ended}")
    say(f"skipped      {_by_reason(figures.skipped)}")
    say(f"missed       {_by_reason(figures.missed)}")
    say(f"executing    {', '.join(f'run {run_id}' for run_id in board.executing.get(job, ())) or 'nothing'}")
    say(f"last due     {moment_text(figures.last_due_at, now)}")
    say(f"next due     {moment_text(board.next_due_at(job), now)}")
    say("duration     " + ", ".join(f"{key} {span(duration[key])}" for key in DURATION_KEYS))
    say("lateness     " + ", ".join(f"{key} {span(lateness[key])}" for key in LATENESS_KEYS))
    say(f"ticks        {board.ticks}")


def _by_reason(counts: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
    return f"{sum(counts.values())}" + (f" ({reasons})" if reasons else "")
