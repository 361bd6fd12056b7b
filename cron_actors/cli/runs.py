"""The command that lists runs, or shows one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

import click

from cron_actors.cli import options
from cron_actors.cli.console import printable, say, width, write_json_array
from cron_actors.cli.job_filters import JobFilter, job_filter, stored_texts
from cron_actors.cli.known_jobs import require_known
from cron_actors.cli.known_queues import require_queue
from cron_actors.cli.run_objects import lateness, run_object, seconds
from cron_actors.cli.single_run import show_run
from cron_actors.cli.stretches import Stretches
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.tables import Column, table
from cron_actors.cli.wording import brief, relative, short, short_stretch, span, zone_name
from cron_actors.core.run_states import describe
from cron_actors.errors import UsageError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Cause, Reason, Run, RunState
from cron_actors.ports.store import Reader

DEFAULT_LIMIT = 50
COLOURS = {
    RunState.COMPLETED: "green",
    RunState.DISCARDED: "red",
    RunState.MISSED: "red",
    RunState.CANCELLED: "yellow",
    RunState.SKIPPED: "yellow",
    RunState.EXECUTING: "cyan",
    RunState.LAUNCHED: "cyan",
}


CAUSES = {
    Cause.MANUAL: f"\n{Reason.BY_REQUEST}",
    Cause.STARTUP: "\nat startup",
    Cause.SUBMITTED: "\nsubmitted",
    Cause.CHAIN: "\nby a chain",
}
TO_COME = {RunState.RETRYABLE: "next attempt", RunState.SCHEDULED: "begins"}


class Asked(TypedDict):
    """Which runs are to be listed; ``limit`` None means the usual number."""

    job: str | None
    wanted: JobFilter
    queue: str | None
    states: tuple[RunState, ...]
    since: datetime | None
    limit: int | None


@click.command()
@click.option("--run", "run_id", type=click.IntRange(min=1), metavar="RUN_ID", help="Show this run with its attempts.")
@click.option("--job", metavar="JOB", help="Only the runs of this job.")
@job_filter
@click.option("--queue", metavar="QUEUE", help="Only the runs of this queue.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=options.StateChoice(),
    metavar="STATE",
    help=f"Only runs in this state: {', '.join(RunState)}; may be given again.",
)
@click.option(
    "--since",
    metavar="WHEN",
    callback=options.past,
    help="Only what was due since then: an instant such as 2026-11-21T03:00, in UTC if it names no offset, or a "
    "duration such as 1h, for the last hour.",
)
@click.option("--limit", type=click.IntRange(min=1), help="How many, newest first; 50 unless a job is named.")
@options.as_json
@click.pass_context
def runs(context: click.Context, run_id: int | None, *, as_json: bool, **asked: Unpack[Asked]) -> None:
    """List runs, newest due instant first, also those that were skipped or missed, with the reason.

    JSON has one object for each due instant. With --run it is one run in full, with every attempt.

    Example: cron-actors runs --job backup --state discarded --since 1d
    """
    around = surroundings(context)
    if run_id is None:
        _list(around, asked, as_json=as_json)
    elif any(asked.values()):
        raise UsageError("--run names one run; of the other options it goes with --json only")
    else:
        show_run(around, run_id, as_json=as_json)


def _list(around: Surroundings, asked: Asked, *, as_json: bool) -> None:
    since, limit = asked["since"], asked["limit"]
    if limit is None and asked["job"] is None:
        limit = DEFAULT_LIMIT
    with around.reader(tell_absent=True) as reader:
        found = _found(around, reader, asked, limit)
        if reader is None or not found:
            _tell_none(as_json=as_json)
        elif as_json:
            newest = Stretches(reader).newest(found, since, limit)
            write_json_array(run_object(owed, reader) for owed in newest)
        else:
            _tell(found, reader, around.now())


def _found(around: Surroundings, reader: Reader | None, asked: Asked, limit: int | None) -> list[Run]:
    job, queue, wanted = asked["job"], asked["queue"], asked["wanted"]
    if job is not None:
        require_known(around, reader, job)
    if queue is not None:
        require_queue(around, reader, queue)
    if reader is None:
        return []
    jobs = tuple(sorted(wanted.identifiers(stored_texts(reader)))) if wanted else None
    return reader.runs(
        RunFilter(job=job, jobs=jobs, queue=queue, states=asked["states"], since=asked["since"], limit=limit)
    )


def _tell_none(*, as_json: bool) -> None:
    if as_json:
        write_json_array([])
    else:
        say("no runs")


def _tell(found: Sequence[Run], reader: Reader, now: datetime) -> None:
    rows = [_row(run, reader, now) for run in found]
    for line in table(_columns(now), rows, width(), [COLOURS.get(run.state) for run in found]):
        click.echo(line)


def _columns(now: datetime) -> tuple[Column, ...]:
    return (
        Column("RUN"),
        Column("JOB", least=16),
        Column(f"DUE ({zone_name(now)})"),
        Column("AGO", leaves=1),
        Column("STATE"),
        Column("TOOK", leaves=3),
        Column("LATE", leaves=2),
        Column("ERROR", least=10),
    )


def _row(run: Run, reader: Reader, now: datetime) -> tuple[str, ...]:
    tried = f"\n(attempt {run.attempt})" if run.attempt > 1 else ""
    return (
        str(run.run_id),
        printable(run.job),
        _due(run, now),
        brief(run.due_at, now).removesuffix(" ago"),
        describe(run.state, run.reason) + _to_come(run, now) + tried,
        span(seconds(run.duration)),
        span(seconds(lateness(run, reader))),
        printable(run.error or ""),
    )


def _to_come(run: Run, now: datetime) -> str:
    """Return when a run that waits for its instant begins, nothing for any other."""
    if run.scheduled_at is None or run.state not in TO_COME:
        return ""
    return f",\n{TO_COME[run.state]} {relative(run.scheduled_at, now) if run.scheduled_at > now else 'now'}"


def _due(run: Run, now: datetime) -> str:
    if run.count > 1:
        return f"{short_stretch(run.due_at, run.last_due_at, now)}: {run.count} instants"
    return short(run.due_at, now) + CAUSES.get(run.cause, "")
