"""How long the simulation of a year of 1,000 jobs takes, by how their runs differ in length, and its memory."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conditions import describe, table

from cron_actors.core.simulation import simulate
from cron_actors.core.simulation_findings import Plan, Simulation
from cron_actors.model.job import Command, Job, Overlap, When

JOBS = 1_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
FEW, MANY = 64, 1_000_000  # workers
MOST_SECONDS = 30.0
MOST_MEGABYTES = 500


def usual_mix() -> list[Job]:
    """Return 1,000 jobs of a usual kind: a fifth every 5 minutes, 30 % hourly, 40 % daily, a tenth weekly."""
    choose = random.Random(1)  # noqa: S311 - a mix that is the same every time
    return [_job(number, choose) for number in range(JOBS)]


def _job(number: int, choose: random.Random) -> Job:
    minute, hour = choose.choice([0, 0, 15, 30, choose.randrange(60)]), choose.randrange(24)
    kind = number % 10
    if kind < 2:
        cron = "*/5 * * * *"
    elif kind < 5:
        cron = f"{minute} * * * *"
    else:
        cron = f"{minute} {hour} * * {'*' if kind < 9 else choose.randrange(7)}"
    return Job(
        identifier=f"job{number}",
        work=Command(line="true"),
        when=When(cron=(cron,), timezone="Europe/Berlin"),
        folder=Path("/"),
        overlap=choose.choice([Overlap.ALLOW, Overlap.SKIP]),
    )


def measured(jobs: list[Job], seconds: Callable[[], int], workers: int) -> tuple[float, Simulation]:
    """Return the CPU seconds of one simulation, and what it found."""
    plans = [Plan(job=job, length=timedelta(seconds=seconds())) for job in jobs]
    begun = time.process_time()
    found = simulate(plans, begin_at=BEGIN, end_at=BEGIN + YEAR, workers=workers, busiest=5)
    return time.process_time() - begun, found


def main() -> list[str]:
    """Measure the cases, print, return the bounds that were missed."""
    jobs = usual_mix()
    choose = random.Random(2)  # noqa: S311 - lengths that are the same every time
    cases = {
        "all take 1m": measured(jobs, lambda: 60, MANY),
        f"all take 1m, {FEW} workers": measured(jobs, lambda: 60, FEW),
        "1s to 2m, each another": measured(jobs, lambda: choose.randrange(1, 120), MANY),
        "1s to 10m, each another": measured(jobs, lambda: choose.randrange(1, 600), MANY),
    }
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"simulate: a year of {JOBS} jobs, CPU seconds, {megabytes:.0f} MB at most; {describe()}")
    rows = [
        (name, f"{seconds:.1f}", found.due, found.most_at_once, "yes" if found.complete else "no")
        for name, (seconds, found) in cases.items()
    ]
    print(table(("lengths of runs", "seconds", "instants", "at once", "complete"), rows))
    slowest = max(seconds for seconds, _ in cases.values())
    print(f"simulate slowest_s={slowest:.1f} fastest_s={min(s for s, _ in cases.values()):.1f} mb={megabytes:.0f}")
    missed = [
        f"simulate: {name} was not simulated to its end" for name, (_, found) in cases.items() if not found.complete
    ]
    if slowest > MOST_SECONDS:
        missed.append(f"simulate: {slowest:.1f} s, at most {MOST_SECONDS}")
    if megabytes > MOST_MEGABYTES:
        missed.append(f"simulate: {megabytes:.0f} MB, at most {MOST_MEGABYTES}")
    return missed
