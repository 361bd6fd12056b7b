"""How late the processes of 1 to 1,000 jobs start that are due in the same second, against bare limits of this machine.

The start is the kernel's own record (field 22 of /proc/PID/stat, 10 ms steps), not what the daemon believes.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from conditions import describe, percentile, table
from cron_actors.adapters.stores.urls import open_reader
from daemon import daemon, wait_until

from cron_actors.model.records import RunFilter
from cron_actors.model.run import Run

SIZES = (1, 10, 100, 1000)
ROUNDS = {1: 60, 10: 20, 100: 3, 1000: 2}
PAUSE = {1: 1, 10: 1, 100: 5, 1000: 12}  # seconds between rounds
FEW = 10
MOST_TIMES_BARE_LOOP = 1.5
MOST_TIMES_BARE_START = 5.0
SPAWNS = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """What this machine needs for the bare minimum, in seconds."""

    loop: float
    start: float


def limits() -> Limits:
    """Measure a bare loop of 1,000 shells, and the p99 of one shell's start plus one fsynced commit."""
    begun = time.perf_counter()
    processes = [subprocess.Popen("true", shell=True) for _ in range(1000)]  # noqa: S602 # the same work as the jobs'
    loop = time.perf_counter() - begun
    for process in processes:
        process.wait()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        connection = sqlite3.connect(Path(folder) / "commit.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE t (x)")
        starts = [_bare_start(connection) for _ in range(SPAWNS)]
        connection.close()
    return Limits(loop, percentile(starts, 0.99))


def _bare_start(connection: sqlite3.Connection) -> float:
    begun = time.perf_counter()
    connection.execute("INSERT INTO t VALUES (1)")
    process = subprocess.Popen("true", shell=True)  # noqa: S602 # as above
    taken = time.perf_counter() - begun
    process.wait()
    return taken


def lateness(kind: dict[str, Any], size: int) -> tuple[list[float], float]:
    """Return the lateness of every start, in seconds, and the longest time from a due instant to its last start."""
    pause, rounds = PAUSE[size], ROUNDS[size]
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=6)  # noqa: TID251 # real time
    jobs = [
        {"identifier": f"job{n}", **kind, "periodicity": f"{pause}s", "start_date": first.isoformat()}
        for n in range(size)
    ]
    with daemon(jobs, GRANULARITY="second") as (_, folder):
        wait_until(first.timestamp() + pause * (rounds - 1) + 10)
        url = f"sqlite:///{folder / 'cron_actors.db'}"
        starts = measured_starts(url, size * rounds)
    by_due: dict[datetime, list[float]] = {}
    for run, late in starts:
        by_due.setdefault(run.due_at, []).append(late)
    return [late for _, late in starts], max(max(group) for group in by_due.values())


def measured_starts(url: str, count: int) -> list[tuple[Run, float]]:
    """Return the oldest ``count`` runs with how late their processes started, in seconds."""
    booted_at = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)  # noqa: TID251 # a reading of the kernel
    ticks = os.sysconf("SC_CLK_TCK")
    reader = open_reader(url)
    if reader is None:
        raise ValueError(f"no database at {url}")
    starts = []
    for run in sorted(reader.runs(RunFilter(limit=None)), key=lambda run: (run.due_at, run.run_id))[:count]:
        identity = reader.attempts(run.run_id)[0].identity
        if identity is None:
            raise ValueError(f"run {run.run_id} has no process: {run.state} {run.error}")
        starts.append((run, booted_at + identity.start_time / ticks - run.due_at.timestamp()))
    reader.close()
    return starts


def main() -> list[str]:
    """Measure, print, return the bounds that were missed."""
    kinds: Sequence[tuple[str, dict[str, Any]]] = (
        ("shell true", {"command": "true"}),
        ("function", {"path": "bench_functions", "function_name": "noop"}),
    )
    bare = limits()
    rows, figures, missed = [], [], []
    for name, kind in kinds:
        for size in SIZES:
            values, longest = lateness(kind, size)
            p50, p99 = percentile(values, 0.50), percentile(values, 0.99)
            rows.append((name, size, len(values), *(f"{1000 * value:.0f}" for value in (p50, p99, max(values)))))
            figures.append(f"{name.split()[0]}_{size}_p99_ms={1000 * p99:.0f}")
            if size <= FEW and p99 > MOST_TIMES_BARE_START * bare.start:
                missed.append(f"lateness: {size} times {name}: p99 {p99:.3f} s, a bare start {bare.start:.4f} s")
            if size == SIZES[-1] and name == "shell true" and longest > MOST_TIMES_BARE_LOOP * bare.loop:
                missed.append(f"lateness: {size} times true took {longest:.3f} s, a bare loop {bare.loop:.3f} s")
    print(f"lateness: jobs due in the same second; {describe()}")
    print(f"bare loop of 1,000 shells {bare.loop:.3f} s (bound: {MOST_TIMES_BARE_LOOP} times that)")
    print(
        f"bare start and commit, p99 {1000 * bare.start:.1f} ms (up to {FEW} jobs: {MOST_TIMES_BARE_START:g} times it)"
    )
    print(table(("kind", "jobs", "starts", "p50 ms", "p99 ms", "max ms"), rows))
    print(f"lateness bare_loop_s={bare.loop:.3f} bare_start_ms={1000 * bare.start:.1f} " + " ".join(figures))
    return missed
