"""The command that lists runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from cron_actors.cli import options
from cron_actors.cli.console import printable, say, width, write_json_array
from cron_actors.cli.known_jobs import require_known
from cron_actors.cli.stretches import OwedInstant, Stretches
from cron_actors.cli.surroundings import surroundings
from cron_actors.cli.tables import table
from cron_actors.cli.wording import local, moment_text, span
from cron_actors.core.moments import iso
from cron_actors.core.run_states import describe
from cron_actors.model.job import Json
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Cause, Run, RunState
from cron_actors.ports.store import Reader

DEFAULT_LIMIT = 50
HEADERS = ("RUN", "JOB", "DUE", "STATE", "TOOK", "LATE", "ERROR")
COLOURS = {
    RunState.COMPLETED: "green",
    RunState.DISCARDED: "red",
    RunState.MISSED: "red",
    RunState.CANCELLED: "yellow",
    RunState.SKIPPED: "yellow",
    RunState.EXECUTING: "cyan",
    RunState.LAUNCHED: "cyan",
}


@click.command()
@click.option("--job", metavar="JOB", help="Only the runs of this job.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(RunState, case_sensitive=False),
    help="Only runs in this state; may be given again.",
)
@click.option("--since", metavar="ISO", callback=options.moment, help="Nothing due before this instant (else UTC).")
@click.option("--limit", type=click.IntRange(min=1), help="How many, newest first; 50 unless a job is named.")
@options.as_json
@click.pass_context
def runs(
    context: click.Context,
    job: str | None,
    states: tuple[RunState, ...],
    since: datetime | None,
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    """List runs, newest due instant first, also those that were skipped or missed, with the reason.

    JSON has one object for each due instant.

    Example: cron-actors runs --job backup --state discarded --since 2026-11-01
    """
    around = surroundings(context)
    if limit is None and job is None:
        limit = DEFAULT_LIMIT
    with around.reader() as reader:
        if job is not None:
            require_known(around, reader, job)
        found = [] if reader is None else reader.runs(RunFilter(job=job, states=states, since=since, limit=limit))
        if reader is None or not found:
            _tell_none(as_json=as_json)
        elif as_json:
            newest = Stretches(reader).newest(found, since, limit)
            write_json_array(run_object(owed, reader) for owed in newest)
        else:
            _tell(found, reader, around.now())


def run_object(owed: OwedInstant, reader: Reader) -> dict[str, Json]:
    """Return what ``runs --json`` prints of one due instant; null where nothing is known."""
    run = owed.run
    found: dict[str, Json] = {
        "run_id": run.run_id,
        "job": run.job,
        "due_at": iso(owed.at),
        "state": run.state.value,
        "reason": run.reason,
        "attempt": run.attempt,
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "duration_s": _seconds(run.duration),
        "lateness_s": _seconds(lateness(run, reader)),
        "outcome": None if run.outcome is None else run.outcome.value,
        "exit_code": run.exit_code,
        "error": run.error,
        "log": run.log,
    }
    if owed.count > 1:
        found |= {"count": owed.count, "last_due_at": iso(run.last_due_at)}
    return found


def lateness(run: Run, reader: Reader) -> timedelta | None:
    """Return the start of the first attempt minus the due instant; None before it and where it does not count.

    It counts for scheduled runs alone, as in the statistics: what somebody asked for is not due before that.
    """
    if run.exempt or run.started_at is None or run.cause is not Cause.SCHEDULE:
        return None
    again = run.attempt > 1 or run.deaths > 0
    tries = reader.attempts(run.run_id) if again else []
    started_at = tries[0].started_at if tries else run.started_at
    return max(started_at - run.due_at, timedelta(0))  # the clock may have been set back, but nothing starts early


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _tell_none(*, as_json: bool) -> None:
    if as_json:
        write_json_array([])
    else:
        say("no runs")


def _tell(found: Sequence[Run], reader: Reader, now: datetime) -> None:
    rows = [_row(run, reader, now) for run in found]
    for line in table(HEADERS, rows, width(), [COLOURS.get(run.state) for run in found]):
        click.echo(line)


def _row(run: Run, reader: Reader, now: datetime) -> tuple[str, ...]:
    due = moment_text(run.due_at, now)
    if run.count > 1:
        due = f"{local(run.due_at)} to {local(run.last_due_at)}: {run.count} instants"
    return (
        str(run.run_id),
        printable(run.job),
        due,
        describe(run.state, run.reason),
        span(_seconds(run.duration)),
        span(_seconds(lateness(run, reader))),
        printable(run.error or ""),
    )
