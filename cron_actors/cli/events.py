"""The command that prints what happened to runs, and goes on as it happens."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

import click

from cron_actors.cli import options
from cron_actors.cli.console import say, warn
from cron_actors.cli.journal import EventFilter, Follower, newest
from cron_actors.cli.known_jobs import require_known
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.wording import counted, local, span
from cron_actors.core.events import kind_named
from cron_actors.core.moments import iso
from cron_actors.errors import CronActorsError
from cron_actors.model.event import Event, EventKind
from cron_actors.model.job import Json
from cron_actors.ports.store import Reader

DEFAULT_LIMIT = 50
BEFORE_FOLLOWING = 10
LOOK_AGAIN = timedelta(seconds=0.2)
WIDEST = max(map(len, EventKind))


def _kinds(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> frozenset[EventKind]:  # noqa: ARG001 - click's
    return options.read(lambda: frozenset(map(kind_named, names)))


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what happens, until it is interrupted.")
@click.option("--job", metavar="JOB", help="Only what happened to runs of this job.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    callback=_kinds,
    metavar="KIND",
    help=f"Only events of this kind: {', '.join(EventKind)}; may be given again.",
)
@click.option(
    "--since",
    metavar="WHEN",
    callback=options.past,
    help="Only what happened since then: an instant such as 2026-11-21T03:00, in UTC if it names no offset, or a "
    "duration such as 1h, for the last hour.",
)
@click.option(
    "--limit", type=click.IntRange(min=0), help="How many of those that happened already; 50, with --follow 10."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_context
def events(  # noqa: PLR0913 - one for each option
    context: click.Context,
    *,
    follow: bool,
    job: str | None,
    kinds: frozenset[EventKind],
    since: datetime | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print what happened to runs, oldest first, each event after it was committed; no daemon is needed.

    The journal keeps the newest events only. Whoever follows it too slowly is told how many commits he missed.

    Example: cron-actors events --follow --kind discarded --json
    """
    around = surroundings(context)
    wanted = EventFilter(job=job, kinds=kinds, since=since)
    usual = BEFORE_FOLLOWING if follow and since is None else DEFAULT_LIMIT
    with around.reader(tell_absent=not follow) as reader:
        if job is not None:
            require_known(around, reader, job)
        if reader is None:
            if follow:
                raise CronActorsError("there is no database to follow yet; DATABASE_URL names it")
            return
        last = reader.last_event()
        _print(newest(reader, wanted, last, usual if limit is None else limit) if limit != 0 else (), as_json=as_json)
        if follow:
            _follow(around, reader, wanted, last, as_json=as_json)


def event_object(event: Event) -> dict[str, Json]:
    """Return what ``events --json`` prints of an event."""
    found: dict[str, Json] = {
        "event": event.kind.value,
        "sequence": event.sequence,
        "at": iso(event.at),
        "run_id": event.run_id,
        "job": event.job,
        "queue": event.queue,
        "state": event.state.value,
        "reason": event.reason,
        "cause": event.cause.value,
        "attempt": event.attempt,
        "due_at": iso(event.due_at),
        "outcome": None if event.outcome is None else event.outcome.value,
        "error": event.error,
        "duration_s": None if event.duration is None else event.duration.total_seconds(),
        "lateness_s": None if event.lateness is None else event.lateness.total_seconds(),
    }
    if event.count > 1:
        found |= {"count": event.count, "last_due_at": iso(event.last_due_at)}
    return found


def event_line(event: Event) -> str:
    """Return the event as one line for people, in the viewer's zone."""
    if event.count > 1:
        what = f"{event.count} instants of {event.job} from {iso(event.due_at)} to {iso(event.last_due_at)}"
    else:
        what = f"run {event.run_id} of {event.job}"
    parts = [what]
    if event.attempt and event.kind is not EventKind.INSERTED:
        parts.append(f"attempt {event.attempt}")
    if event.reason:
        parts.append(event.reason)
    if event.duration is not None:
        parts.append(f"after {span(event.duration.total_seconds())}")
    if event.error:
        parts.append(event.error)
    return f"{local(event.at)}  {event.kind:<{WIDEST}}  {', '.join(parts)}"


def _print(found: Iterable[Event], *, as_json: bool) -> None:
    for event in found:
        if as_json:
            click.echo(json.dumps(event_object(event)))
        else:
            say(event_line(event))


def _follow(around: Surroundings, reader: Reader, wanted: EventFilter, last: int, *, as_json: bool) -> None:
    follower = Follower(reader, last)
    while True:
        missed, entries = follower.next()
        if missed and as_json:
            click.echo(json.dumps({"event": "missed", "commits": missed}))
        elif missed:
            warn(f"the changes of {counted(missed, 'commit')} were missed: they were deleted before they could be read")
        _print(wanted.events(entries), as_json=as_json)
        if not entries:
            around.pause(LOOK_AGAIN)
