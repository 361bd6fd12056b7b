"""How late the processes of 1 to 1,000 jobs start that are due in the same second, against bare limits of this machine.

The start is the kernel's own record (field 22 of /proc/PID/stat, 10 ms steps), not what the daemon believes.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from conditions import describe, percentile, table
from daemon import daemon, new_folder, wait_until

from cron_actors.adapters.stores.urls import open_reader
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Run
from cron_actors.settings import default_max_processes

SIZES = (1, 10, 100, 1000)
ROUNDS = {1: 60, 10: 20, 100: 5, 1000: 5}
PAUSE = {1: 1, 10: 1, 100: 3, 1000: 6}  # seconds between rounds
FEW = 10
MOST_TIMES_BARE_LOOP = 1.5
MOST_TIMES_BARE_START = 5.0
AT_ONCE = default_max_processes()
SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What this machine needs for the bare minimum, in seconds.

    ``loop`` is what a bare loop of ``subprocess.Popen`` takes to start 1,000 shells. ``daemon_loop`` is the same under
    the conditions of a daemon, for information: each in a session of its own, with an output file of its own, and no
    more at once than a daemon has. ``starts`` is, by the number of jobs, the p99 of as many bare starts and one fsynced
    commit.
    """

    loop: float
    daemon_loop: float
    starts: dict[int, float]


def limits() -> Limits:
    """Measure the bare minimum: the median of three loops, the p99 of many starts."""
    loop = sorted(_loop() for _ in range(3))[1]
    daemon_loop = sorted(_daemon_loop() for _ in range(3))[1]
    connection = sqlite3.connect(new_folder() / "commit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (x)")
    sizes = [size for size in SIZES if size <= FEW]
    starts = {size: percentile([_starts(connection, size) for _ in range(SAMPLES)], 0.99) for size in sizes}
    connection.close()
    return Limits(loop, daemon_loop, starts)


def better(one: Limits, other: Limits) -> Limits:
    """Return the lower limits of two measurements: a noisy neighbour must not make a bound easier to keep."""
    return Limits(
        min(one.loop, other.loop),
        min(one.daemon_loop, other.daemon_loop),
        {size: min(start, other.starts[size]) for size, start in one.starts.items()},
    )


def _shell(**options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 # whatever Popen takes
    return subprocess.Popen("true", shell=True, **options)  # noqa: S602 # the same work as the jobs'


def _loop() -> float:
    begun = time.perf_counter()
    processes = [_shell() for _ in range(1000)]
    taken = time.perf_counter() - begun
    for process in processes:
        process.wait()
    return taken


def _daemon_loop() -> float:
    folder = new_folder()
    running: deque[subprocess.Popen[bytes]] = deque()
    begun = time.perf_counter()
    for number in range(1000):
        if len(running) == AT_ONCE:
            running.popleft().wait()
        with (folder / f"{number}.txt").open("wb") as output:
            running.append(_shell(stdout=output, stderr=output, start_new_session=True))
    taken = time.perf_counter() - begun
    for process in running:
        process.wait()
    return taken


def _starts(connection: sqlite3.Connection, count: int) -> float:
    begun = time.perf_counter()
    connection.execute("INSERT INTO t VALUES (1)")
    processes = [_shell() for _ in range(count)]
    taken = time.perf_counter() - begun
    for process in processes:
        process.wait()
    return taken


def lateness(kind: dict[str, Any], size: int) -> tuple[list[float], float]:
    """Return, in seconds, how late every start was, and the median over the due instants of the last start's."""
    pause, rounds = PAUSE[size], ROUNDS[size]
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=6)  # noqa: TID251 # real time
    jobs = [
        {"identifier": f"job{n}", **kind, "periodicity": f"{pause}s", "start_date": first.isoformat()}
        for n in range(size)
    ]
    with daemon(jobs, GRANULARITY="second") as (_, folder):
        wait_until(first.timestamp() + pause * (rounds - 1) + 6)
        starts = measured_starts(f"sqlite:///{folder / 'cron_actors.db'}", size * rounds)
    by_due: dict[datetime, list[float]] = {}
    for run, late in starts:
        by_due.setdefault(run.due_at, []).append(late)
    return [late for _, late in starts], sorted(map(max, by_due.values()))[len(by_due) // 2]


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
    before = limits()
    measured = [(name, size, *lateness(kind, size)) for name, kind in kinds for size in SIZES]
    bare = better(before, limits())
    rows, figures, missed = [], [], []
    for name, size, values, longest in measured:
        p50, p99 = percentile(values, 0.50), percentile(values, 0.99)
        bound = _bound(name, size, bare)
        figure = longest if size == SIZES[-1] else p99
        if bound is not None and figure > bound:
            missed.append(f"lateness: {size} times {name}: {figure:.3f} s, at most {bound:.3f} s")
        shown = (p50, p99, max(values), longest, bound)
        cells = ("" if value is None else f"{1000 * value:.0f}" for value in shown)
        rows.append((name, size, len(values), *cells))
        figures.append(f"{name.split()[0]}_{size}_p99_ms={1000 * p99:.0f}")
    print(f"lateness: jobs due in the same second; {describe()}")
    print(f"bare loop of 1,000 shells: {bare.loop:.3f} s")
    print(f"the same with own sessions and output files, {AT_ONCE} at once: {bare.daemon_loop:.3f} s (for information)")
    for size, start in bare.starts.items():
        print(f"{size} bare starts and one fsynced commit, p99: {1000 * start:.1f} ms")
    print(f"bounds: p99 of up to {FEW} jobs {MOST_TIMES_BARE_START:g} times the bare start (plus the 10 ms step of the")
    print(f"kernel's record), the last start of {SIZES[-1]} shells {MOST_TIMES_BARE_LOOP} times the bare loop")
    print(table(("kind", "jobs", "starts", "p50 ms", "p99 ms", "max ms", "last start ms", "bound ms"), rows))
    loops = f"bare_loop_s={bare.loop:.3f} daemon_loop_s={bare.daemon_loop:.3f}"
    print(f"lateness {loops} " + " ".join(figures))
    return missed


def _bound(name: str, size: int, bare: Limits) -> float | None:
    if size in bare.starts:
        return MOST_TIMES_BARE_START * bare.starts[size] + 1 / os.sysconf("SC_CLK_TCK")
    if size == SIZES[-1] and name == "shell true":
        return MOST_TIMES_BARE_LOOP * bare.loop
    return None
