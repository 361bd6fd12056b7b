"""What ``simulate --json`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cron_actors.cli.simulation_report import Report
from cron_actors.core.moments import iso
from cron_actors.core.simulation_findings import JobFigures, Simulation
from cron_actors.core.simulation_herds import Herd
from cron_actors.core.simulation_instants import moment_of
from cron_actors.core.simulation_plans import LengthSource
from cron_actors.core.simulation_workers import Waits
from cron_actors.model.job import Json


def simulation_object(report: Report) -> dict[str, Json]:
    """Return all that was found; moments are in UTC, lengths of time in seconds."""
    found = report.found
    return {
        "file": report.file,
        "from": iso(found.begin_at),
        "until": iso(found.end_at),
        "complete": found.complete,
        "jobs": len(report.intake.plans),
        "left_out": {kind.value: list(jobs) for kind, jobs in report.intake.left_out.items()},
        "durations": {
            **{source.value: report.intake.sources.get(source, 0) for source in LengthSource},
            "assumed_s": report.assumed.total_seconds(),
            "cut_to_timeout": report.intake.cut,
        },
        "fires": found.due,
        "excluded": found.excluded,
        "at_once": {"most": found.most_at_once, "at": _iso(found.most_at)},
        "workers": _waits(found.waits),
        "busiest": [
            {"at": iso(busy.at), "fires": busy.due, "minutes": busy.times, "jobs": list(busy.jobs)}
            for busy in found.busiest
        ],
        "overlaps": [_overlap(figures) for figures in found.jobs if figures.tally.overlapping],
        "herds": _herds(report.herds),
        "with_h": None if report.with_h is None else _peaks(report.with_h),
        "per_minute": {"from": iso(found.begin_at.replace(second=0, microsecond=0)), "fires": list(found.minutes)},
    }


def _waits(waits: Waits) -> dict[str, Json]:
    return {
        "count": waits.workers,
        "waited": waits.count,
        "longest_wait_s": waits.longest,
        "longest_wait_from": _second(waits.longest_from),
        "still_waiting": waits.unfinished,
        "followed_until": _second(waits.given_up_at),
    }


def _overlap(figures: JobFigures) -> dict[str, Json]:
    tally = figures.tally
    return {
        "job": figures.job,
        "overlap": figures.overlap.value,
        "fires": figures.due,
        "overlapping": tally.overlapping,
        "skipped": tally.skipped,
        "coalesced": tally.coalesced,
        "queued": tally.queued,
        "still_queued": tally.waiting,
        "cancelled": tally.cancelled,
        "most_at_once": tally.most_at_once,
    }


def _herds(herds: Sequence[Herd]) -> list[Json]:
    return [
        {
            "written": herd.written,
            "timezone": herd.timezone,
            "advice": herd.advice,
            "jobs": list(herd.jobs),
            "before": len(herd.jobs),
            "after": herd.after,
        }
        for herd in herds
    ]


def _peaks(found: Simulation) -> dict[str, Json]:
    return {"most_fires_a_minute": max(found.minutes, default=0), "most_at_once": found.most_at_once}


def _second(second: int | None) -> str | None:
    return None if second is None else iso(moment_of(second))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
