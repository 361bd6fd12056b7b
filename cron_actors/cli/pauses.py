"""The commands that pause jobs and let them go on."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from cron_actors.cli.job_zones import zone_of
from cron_actors.cli.known_jobs import require_in_force
from cron_actors.cli.requests import print_answer, submit
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.core.moments import iso, parse_moment
from cron_actors.errors import InvalidValueError, UsageError
from cron_actors.model.records import RequestKind

every_job = click.option("--all", "every", is_flag=True, help="All jobs in force.")


@click.command()
@click.argument("job", required=False)
@every_job
@click.option(
    "--until",
    metavar="INSTANT",
    help="Go on by itself at this instant, such as 2026-11-21T03:00, in the job's time zone if it names no offset.",
)
@click.pass_context
def pause(context: click.Context, job: str | None, *, every: bool, until: str | None) -> int:
    """Pause a job, or all: what becomes due of it from now on is skipped, also after a restart, and not caught up.

    Runs that go on or wait already are performed, and so is what somebody asks for with trigger. Without a daemon the
    request is recorded; the next one takes the job for paused from now on. A job that is paused gets another end.

    Example: cron-actors pause backup --until 2026-11-21T18:00
    """
    around = surroundings(context)
    _check(around, job, every=every)
    until_at = None if until is None else _end(until, around.now(), _zone(around, job))
    return print_answer(around, submit(around, RequestKind.PAUSE, job=job, until_at=until_at))


@click.command()
@click.argument("job", required=False)
@every_job
@click.pass_context
def resume(context: click.Context, job: str | None, *, every: bool) -> int:
    """Let a paused job go on, or all: what becomes due from now on is run again, nothing of the pause is.

    Without a daemon the request is recorded and counts from now.

    Example: cron-actors resume backup
    """
    around = surroundings(context)
    _check(around, job, every=every)
    return print_answer(around, submit(around, RequestKind.RESUME, job=job))


def _check(around: Surroundings, job: str | None, *, every: bool) -> None:
    if every == (job is not None):
        raise UsageError("name a job, or give --all for all jobs")
    if job is not None:
        with around.reader() as reader:
            require_in_force(around, reader, job)


def _zone(around: Surroundings, job: str | None) -> ZoneInfo:
    if job is None:
        return ZoneInfo("UTC")
    with around.reader() as reader:
        return zone_of(around, reader, job)


def _end(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    until_at = parse_moment(text, zone)
    if until_at <= now:
        raise InvalidValueError(f"--until: {iso(until_at)} is not in the future; accepted: a moment after {iso(now)}")
    return until_at
