"""The command that says why a job did, or did not, run at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from cron_actors.cli import options
from cron_actors.cli.console import say, write_json
from cron_actors.cli.job_zones import stored_job, zone_of
from cron_actors.cli.known_jobs import require_planned
from cron_actors.cli.run_objects import lateness, run_object
from cron_actors.cli.stretches import OwedInstant
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.why_words import Words, moment_in
from cron_actors.core.bars import Bars
from cron_actors.core.inquiry import Facts, Finding, inquire
from cron_actors.core.moments import iso, parse_moment
from cron_actors.core.schedule import Schedule
from cron_actors.core.wall_clock import change_around
from cron_actors.model.job import Json
from cron_actors.model.records import RunFilter
from cron_actors.ports.store import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The instant that was asked for, the zone it was read in, and what the clock did to it, if anything."""

    at: datetime
    zone: ZoneInfo
    note: str | None


@click.command()
@click.argument("job")
@click.option(
    "--at",
    "text",
    metavar="INSTANT",
    required=True,
    help="The instant, such as 2026-11-21T03:00 or 'Nov 21 2026 03:00:00', in the job's time zone if it names no "
    "offset.",
)
@options.as_json
@click.pass_context
def why(context: click.Context, job: str, text: str, *, as_json: bool) -> None:
    """Say in one sentence why a job did, or did not, run at an instant of the past or the future.

    The sentence begins with the instant as it was understood. It needs no daemon.

    Example: cron-actors why backup --at 2026-11-21T03:00
    """
    around = surroundings(context)
    with around.reader(tell_absent=True) as reader:
        require_planned(around, reader, job)
        asked = _asked(text, zone_of(around, reader, job))
        facts = _facts(around, reader, job, asked.at)
        finding = inquire(facts)
        lives = reader is not None and reader.daemon_lives()
        late = None if reader is None or finding.run is None else lateness(finding.run, reader)
        paused = reader is not None and finding.run is not None and _is_paused(reader, finding.run.queue)
        sentence = Words(facts, finding, asked.zone, lives=lives, late=late, queue_paused=paused).sentence()
        if as_json:
            write_json(_object(job, asked, finding, sentence, reader))
        else:
            note = f" ({asked.note})" if asked.note else ""
            say(f"{job}, {moment_in(asked.at, asked.zone)}{note}: {sentence}")


def _is_paused(reader: Reader, queue: str) -> bool:
    return any(record.name == queue and record.paused_at is not None for record in reader.queues())


def _asked(text: str, zone: ZoneInfo) -> Asked:
    """Read the instant; a time that the clock skips or shows twice is the first instant that can be meant."""
    at = parse_moment(text, zone)
    wall = parse_moment(text, ZoneInfo("UTC"))
    named_its_offset = wall == parse_moment(text, ZoneInfo("Asia/Tokyo"))
    change = None if named_its_offset else change_around(wall.replace(tzinfo=None), zone)
    if change is None:
        return Asked(at=at, zone=zone, note=None)
    if change.skips:
        note = f"the clocks of {zone.key} skip {wall:%H:%M:%S} that day; this is the first instant after the gap"
    else:
        note = f"the clocks of {zone.key} show {wall:%H:%M:%S} twice that day; this is the first time"
    return Asked(at=at, zone=zone, note=note)


def _facts(around: Surroundings, reader: Reader | None, identifier: str, at: datetime) -> Facts:
    record = schedule = bars = None
    job = stored_job(reader, identifier)
    pauses = [] if reader is None else reader.pauses(identifier)
    if reader is not None:
        record = next((one for one in reader.jobs() if one.identifier == identifier), None)
    if job is not None and record is not None:
        schedule = Schedule.of(job.when, seed=identifier, changed_at=record.changed_at)
        bars = Bars.of(job.when, pauses)
    rows = [] if reader is None else reader.runs(RunFilter(job=identifier, at=at, limit=None))
    return Facts(
        at=at,
        now=around.now(),
        record=record,
        schedule=schedule,
        bars=bars,
        pauses=tuple(pauses),
        rows=tuple(rows),
        nodes=() if reader is None else tuple(reader.nodes()),
    )


def _object(job: str, asked: Asked, finding: Finding, sentence: str, reader: Reader | None) -> dict[str, Json]:
    run, absence = finding.run, finding.absence
    owed = None if run is None else OwedInstant(run.due_at if run.count > 1 else asked.at, run, run.count)
    return {
        "job": job,
        "at": iso(asked.at.astimezone(UTC)),
        "timezone": asked.zone.key,
        "note": asked.note,
        "answer": finding.answer.value,
        "why": sentence,
        "run": None if owed is None or reader is None else run_object(owed, reader),
        "no_daemon_since": None if absence is None or absence.since is None else iso(absence.since),
        "no_daemon_until": None if absence is None else iso(absence.until),
        "calendars": [*finding.calendars],
        "before": None if finding.before is None else iso(finding.before),
        "after": None if finding.after is None else iso(finding.after),
    }
