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
from statistics import median
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
SHELL = "shell true"
COMPARED = (SHELL, SIZES[-1])  # with a bare loop


@dataclass(frozen=True, slots=True)
class Limits:
    """What this machine needs for the bare minimum, in seconds.

    ``daemon_loop`` is what a loop takes to start 1,000 shells under the conditions of a daemon, for information: each
    in a session of its own, with an output file of its own, and no more at once than a daemon has. ``starts`` is, by
    the number of jobs, the p99 of as many bare starts and one fsynced commit.
    """

    daemon_loop: float
    starts: dict[int, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """How late every start of a kind of job was, and the medians of the last of each round and of the bare loops.

    A bare loop, which starts as many shells with ``subprocess.Popen``, runs between two rounds, where it is compared
    with: so it finds the machine as they do, whose speed varies by a third within minutes.
    """

    name: str
    size: int
    lates: list[float]
    last: float
    loop: float | None

    @property
    def p99(self) -> float:
        """Return what 99 of 100 starts were not later than."""
        return percentile(self.lates, 0.99)


def limits() -> Limits:
    """Measure the bare minimum: the median of three loops, the p99 of many starts."""
    daemon_loop = sorted(_daemon_loop() for _ in range(3))[1]
    connection = sqlite3.connect(new_folder() / "commit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (x)")
    sizes = [size for size in SIZES if size <= FEW]
    starts = {size: percentile([_starts(connection, size) for _ in range(SAMPLES)], 0.99) for size in sizes}
    connection.close()
    return Limits(daemon_loop, starts)


def better(one: Limits, other: Limits) -> Limits:
    """Return the lower limits of two measurements: a noisy neighbour must not make a bound easier to keep."""
    return Limits(
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


def lateness(name: str, kind: dict[str, Any], size: int) -> Measured:
    """Measure how late the processes of so many jobs start."""
    pause, rounds = PAUSE[size], ROUNDS[size]
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=6)  # noqa: TID251 # real time
    jobs = [
        {"identifier": f"job{n}", **kind, "periodicity": f"{pause}s", "start_date": first.isoformat()}
        for n in range(size)
    ]
    loops = []
    with daemon(jobs, GRANULARITY="second") as (_, folder):
        for number in range(rounds if (name, size) == COMPARED else 0):
            wait_until(first.timestamp() + pause * number + pause / 2)  # the herd is over by then
            loops.append(_loop())
        wait_until(first.timestamp() + pause * (rounds - 1) + 6)
        starts = measured_starts(f"sqlite:///{folder / 'cron_actors.db'}", size * rounds)
    by_due: dict[datetime, list[float]] = {}
    for run, late in starts:
        by_due.setdefault(run.due_at, []).append(late)
    last = median(map(max, by_due.values()))
    return Measured(name, size, [late for _, late in starts], last, median(loops) if loops else None)


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
        (SHELL, {"command": "true"}),
        ("function", {"path": "bench_functions", "function_name": "noop"}),
    )
    before = limits()
    measured = [lateness(name, kind, size) for name, kind in kinds for size in SIZES]
    bare = better(before, limits())
    rows, figures, missed = [], [], []
    for one in measured:
        bound = _bound(one, bare)
        figure = one.last if one.loop is not None else one.p99
        if bound is not None and figure > bound:
            missed.append(f"lateness: {one.size} times {one.name}: {figure:.3f} s, at most {bound:.3f} s")
        shown = (percentile(one.lates, 0.50), one.p99, max(one.lates), one.last, bound)
        cells = ("" if value is None else f"{1000 * value:.0f}" for value in shown)
        rows.append((one.name, one.size, len(one.lates), *cells))
        figures.append(f"{one.name.split()[0]}_{one.size}_p99_ms={1000 * one.p99:.0f}")
    [(last, loop)] = [(one.last, one.loop) for one in measured if one.loop is not None]
    print(f"lateness: jobs due in the same second; {describe()}")
    print(f"bare loop of 1,000 shells, between the rounds: {loop:.3f} s; the last start: {last / loop:.2f} times that")
    print(f"with own sessions and output files, {AT_ONCE} at once: {bare.daemon_loop:.3f} s (for information)")
    for size, start in bare.starts.items():
        print(f"{size} bare starts and one fsynced commit, p99: {1000 * start:.1f} ms")
    print(f"bounds: p99 of up to {FEW} jobs {MOST_TIMES_BARE_START:g} times the bare start (plus the 10 ms step of the")
    print(f"kernel's record), the last start of {SIZES[-1]} shells {MOST_TIMES_BARE_LOOP} times the bare loop")
    print(table(("kind", "jobs", "starts", "p50 ms", "p99 ms", "max ms", "last start ms", "bound ms"), rows))
    loops = f"bare_loop_s={loop:.3f} last_start_s={last:.3f} daemon_loop_s={bare.daemon_loop:.3f}"
    print(f"lateness {loops} " + " ".join(figures))
    return missed


def _bound(one: Measured, bare: Limits) -> float | None:
    if one.size in bare.starts:
        return MOST_TIMES_BARE_START * bare.starts[one.size] + 1 / os.sysconf("SC_CLK_TCK")
    return None if one.loop is None else MOST_TIMES_BARE_LOOP * one.loop
