"""What ``simulate`` tells people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cron_actors.cli.histogram import histogram
from cron_actors.cli.tables import Column, table
from cron_actors.cli.wording import counted, short, span
from cron_actors.core.durations import format_duration
from cron_actors.core.simulation_findings import JobFigures, Simulation
from cron_actors.core.simulation_herds import Herd
from cron_actors.core.simulation_instants import moment_of
from cron_actors.core.simulation_plans import Intake, LengthSource
from cron_actors.core.simulation_workers import Waits
from cron_actors.model.job import Overlap

PLAIN_WIDTH = 80
NAMED_JOBS = 3
BUSIEST = (Column("MINUTE"), Column("FIRES"), Column("AS BUSY", leaves=1), Column("JOBS", least=10))
OVERLAPS = (
    Column("JOB", least=10),
    Column("OVERLAP"),
    Column("FIRES"),
    Column("OVERLAPPING"),
    Column("OUTCOME", least=12),
)
HERDS = (Column("WRITTEN", least=9), Column("ZONE", leaves=1), Column("JOBS"), Column("WRITE"), Column("PEAK"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is told: what was simulated of which file, what was found, and what ``H`` would change."""

    file: str
    intake: Intake
    assumed: timedelta
    workers_from: str
    found: Simulation
    herds: tuple[Herd, ...]
    with_h: Simulation | None


def report_lines(report: Report, now: datetime, *, width: int | None, top: int) -> Iterator[str]:
    """Yield the lines; tables and histogram take at most ``width`` columns, and name the ``top`` of their kind."""
    found = report.found
    yield from _summary(report, now)
    sections = [
        histogram(found.minutes, found.begin_at, width or PLAIN_WIDTH, now),
        _busiest(found, now, width),
        _overlaps(found.jobs, width, top),
        _herds(report, width, top),
    ]
    for section in sections:
        if section:
            yield ""
            yield from section


def _summary(report: Report, now: datetime) -> Iterator[str]:
    found, minutes = report.found, len(report.found.minutes)
    length = format_duration(found.end_at - found.begin_at)
    until = "" if found.complete else "; the rest is too much work: give a shorter --for"
    yield f"{report.file}: {counted(len(report.intake.plans), 'job')}"
    yield f"span         {short(found.begin_at, now)} to {short(found.end_at, now)} ({length}){until}"
    yield f"fires        {found.due}, {found.due / max(minutes, 1):.3g} a minute on average, at most {_most(found)}"
    if found.excluded:
        yield f"excluded     {counted(found.excluded, 'instant')} by calendars"
    yield f"at once      at most {counted(found.most_at_once, 'run')}" + _at(found.most_at, now)
    yield f"durations    {_durations(report.intake, report.assumed)}"
    yield f"workers      {report.workers_from} {found.waits.workers}: {_waits(found.waits)}"
    yield from _line(found.waits, now)
    for kind, jobs in report.intake.left_out.items():
        yield f"left out     {kind.value} of {_names(jobs)}"


def _most(found: Simulation) -> int:
    return max(found.minutes, default=0)


def _at(moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else f", first {short(moment, now)}"


def _durations(intake: Intake, assumed: timedelta) -> str:
    wording = {
        LengthSource.STATED: "stated",
        LengthSource.RECORDED: "recorded (median)",
        LengthSource.ASSUMED: f"assumed to be {format_duration(assumed)}",
    }
    parts = [f"{intake.sources[source]} {wording[source]}" for source in LengthSource if intake.sources.get(source)]
    cut = f"; {intake.cut} cut to the job's timeout" if intake.cut else ""
    return (", ".join(parts) or "none") + cut


def _waits(waits: Waits) -> str:
    late = waits.count + waits.unfinished
    return f"{counted(late, 'run')} would start late" if late else "no run would wait"


def _line(waits: Waits, now: datetime) -> Iterator[str]:
    """Yield what there is to tell of the line before the workers."""
    if waits.longest:
        yield f"longest wait {span(waits.longest)}, due {_moment(waits.longest_from, now)}"
    if waits.given_up_at is not None:
        yield f"not followed beyond {_moment(waits.given_up_at, now)}, when {counted(waits.unfinished, 'run')} waited"
    elif waits.unfinished:
        yield f"at the end   {counted(waits.unfinished, 'run')} still waiting"


def _moment(second: int | None, now: datetime) -> str:
    return "-" if second is None else short(moment_of(second), now)


def _busiest(found: Simulation, now: datetime, width: int | None) -> list[str]:
    rows = [
        (short(busy.at, now), str(busy.due), counted(busy.times, "minute"), _names(busy.jobs)) for busy in found.busiest
    ]
    return table(BUSIEST, rows, width) if rows else []


def _overlaps(jobs: Sequence[JobFigures], width: int | None, top: int) -> list[str]:
    found = sorted((job for job in jobs if job.tally.overlapping), key=lambda job: -job.tally.overlapping)
    rows = [
        (job.job, job.overlap.value, str(job.due), str(job.tally.overlapping), _outcome(job)) for job in found[:top]
    ]
    return [*table(OVERLAPS, rows, width), *_more(len(found) - top, "job")] if rows else []


def _outcome(job: JobFigures) -> str:
    tally = job.tally
    match job.overlap:
        case Overlap.ALLOW:
            return f"up to {tally.most_at_once} side by side"
        case Overlap.SKIP:
            return f"{tally.skipped} skipped"
        case Overlap.QUEUE_ONE | Overlap.QUEUE_ALL:
            coalesced = f", {tally.coalesced} coalesced" if tally.coalesced else ""
            return f"{tally.queued} queued{coalesced}" + (
                f", {tally.waiting} still at the end" if tally.waiting else ""
            )
        case Overlap.CANCEL_OTHER:
            return f"{tally.cancelled} earlier runs cancelled"


def _herds(report: Report, width: int | None, top: int) -> list[str]:
    if report.with_h is None:
        return []
    rows = [
        (herd.written, herd.timezone, str(len(herd.jobs)), herd.advice, f"{len(herd.jobs)} → {herd.after}")
        for herd in report.herds[:top]
    ]
    fires = f"{_most(report.found)} → {_most(report.with_h)} in the busiest minute"
    at_once = f"{report.found.most_at_once} → {report.with_h.most_at_once} runs at once"
    return [
        *table(HERDS, rows, width),
        *_more(len(report.herds) - top, "herd"),
        f"All together: {fires}, {at_once}.",
    ]


def _names(jobs: Sequence[str]) -> str:
    named = ", ".join(jobs[:NAMED_JOBS])
    return f"{named} and {len(jobs) - NAMED_JOBS} more" if len(jobs) > NAMED_JOBS else named


def _more(count: int, what: str) -> list[str]:
    return [f"and {counted(count, what)} more"] if count > 0 else []
