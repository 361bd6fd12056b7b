"""The command that lists the jobs, or shows one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import click

from cron_actors.cli import options
from cron_actors.cli.console import printable, say, width, write_json
from cron_actors.cli.figures import shown_figures, under_way
from cron_actors.cli.job_filters import JobFilter, job_filter
from cron_actors.cli.known_jobs import jobs_file, refuse_unknown
from cron_actors.cli.secrecy import without_secrets
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.tables import Column, table
from cron_actors.cli.wording import brief, moment_text, short, zone_name
from cron_actors.core.moments import iso
from cron_actors.core.pausing import pause_at
from cron_actors.model.job import Json
from cron_actors.model.records import JobRecord, Pause
from cron_actors.model.statistics import JobStatistics
from cron_actors.ports.store import Reader

ALWAYS = 5  # columns
WHEN_KEYS = ("periodicity", "cron", "run_at", "run_in", "at_startup", "manual")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownJob:
    """A job as it was written, secrets hidden, and what the store knows of it: nothing before a daemon loads it."""

    identifier: str
    written: dict[str, Json]
    source: str
    record: JobRecord | None = None
    figures: JobStatistics = field(default_factory=JobStatistics)

    @property
    def next_due_at(self) -> datetime | None:
        """Return the next due instant, None if there is none or nothing has computed it yet."""
        return None if self.record is None else self.record.next_due_at

    def pause(self, now: datetime) -> Pause | None:
        """Return the pause that the job is in, None if it is in none."""
        return None if self.record is None else pause_at(self.record.pauses, now)


@click.command()
@click.argument("job", required=False)
@job_filter
@options.as_json
@click.pass_context
def jobs(context: click.Context, job: str | None, wanted: JobFilter, *, as_json: bool) -> None:
    """List the jobs in force, or show one; those of the jobs file if no daemon has loaded any yet.

    Example: cron-actors jobs --tag nightly
    """
    wanted.refuse_beside(job)
    around = surroundings(context)
    with around.reader(tell_absent=True) as reader:
        known = _stored(reader) or _written(around)
    known = {identifier: one for identifier, one in known.items() if wanted.accepts(one.written)}
    if job is not None:
        refuse_unknown(job, set(known), f"the database or in {around.settings.jobs_file_path}")
    if as_json:
        objects = [_object(one, around.now()) for one in known.values() if job in (None, one.identifier)]
        write_json(objects if job is None else objects[0])
    elif job is None:
        _tell_all(known, around.now())
    else:
        _tell_one(known[job], around.now())


def _stored(reader: Reader | None) -> dict[str, KnownJob]:
    if reader is None:
        return {}
    records = [record for record in reader.jobs() if record.removed_at is None]
    texts = reader.definitions({record.definition for record in records})
    figures = shown_figures(reader, under_way(reader))
    return {
        record.identifier: KnownJob(
            identifier=record.identifier,
            written=_readable(texts.get(record.definition)),
            source=record.source,
            record=record,
            figures=figures.get(record.identifier, JobStatistics()),
        )
        for record in records
    }


def _written(around: Surroundings) -> dict[str, KnownJob]:
    source = around.settings.jobs_file_path
    return {
        identifier: KnownJob(identifier=identifier, written=_readable(definition.text), source=source)
        for identifier, definition in jobs_file(around).items()
    }


def _readable(definition: str | None) -> dict[str, Json]:
    """Return the job of a definition's text as it was written, without its secrets."""
    return {} if definition is None else without_secrets(json.loads(definition)["job"])


def _object(job: KnownJob, now: datetime) -> dict[str, Json]:
    pause = job.pause(now)
    return {
        "job": job.identifier,
        "source": job.source,
        "next_due_at": _iso(job.next_due_at),
        "last_due_at": _iso(job.figures.last_due_at),
        "last_outcome": job.figures.last_outcome,
        "paused_at": None if pause is None else iso(pause.paused_at),
        "paused_until": None if pause is None else _iso(pause.until_at),
        "paused_by": None if pause is None else pause.paused_by,
        "first_seen_at": None if job.record is None else iso(job.record.first_seen_at),
        "changed_at": None if job.record is None else iso(job.record.changed_at),
        "definition": job.written,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _tell_all(known: Mapping[str, KnownJob], now: datetime) -> None:
    rows = [
        (
            printable(job.identifier),
            _when(job.written),
            *_next(job, now),
            job.figures.last_outcome or "-",
            printable(str(job.written.get("queue", ""))),
            printable(str(job.written.get("description", ""))),
        )
        for job in known.values()
    ]
    columns = (
        Column("JOB", least=16),
        Column("WHEN", least=20),
        Column(f"NEXT DUE ({zone_name(now)})"),
        Column("IN", leaves=1),
        Column("LAST"),
        Column("QUEUE", leaves=3),
        Column("DESCRIPTION", least=12, leaves=2),
    )
    # what nobody wrote takes no room
    shown = [place for place in range(len(columns)) if place < ALWAYS or any(row[place] for row in rows)]
    for line in table([columns[place] for place in shown], [[row[place] for place in shown] for row in rows], width()):
        click.echo(line)


def _next(job: KnownJob, now: datetime) -> tuple[str, str]:
    pause = job.pause(now)
    if pause is not None:
        return "paused" if pause.until_at is None else f"paused until {short(pause.until_at, now)}", "-"
    if job.next_due_at is None:
        return "-", "-"
    return short(job.next_due_at, now), brief(job.next_due_at, now).removeprefix("in ")


def _when(written: Mapping[str, Json]) -> str:
    """Return what the job says of time in its own words."""
    parts = []
    for key in WHEN_KEYS:
        value = written.get(key, False)
        if value is not False:
            text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            parts.append(key if value is True else f"{key} {text}")
    zone = f" ({written['timezone']})" if "timezone" in written else ""
    return printable(", ".join(parts) + zone)


def _tell_one(job: KnownJob, now: datetime) -> None:
    say(f"{job.identifier}, from {job.source}")
    pause = job.pause(now)
    if pause is not None:
        end = "resumed" if pause.until_at is None else moment_text(pause.until_at, now)
        say(f"paused    since {moment_text(pause.paused_at, now)}, until {end}, by {pause.paused_by}")
    say(f"next due  {moment_text(job.next_due_at, now)}")
    say(f"last due  {moment_text(job.figures.last_due_at, now)}, {job.figures.last_outcome or 'not launched'}")
    click.echo(json.dumps(job.written, indent=2, ensure_ascii=True))
