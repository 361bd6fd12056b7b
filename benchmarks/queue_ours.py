"""Our queues under measurement: one daemon on SQLite with ``synchronous=FULL``, a log file of its own for each run."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from conditions import children, cpu_seconds, proportional_megabytes
from daemon import daemon, new_folder, wait_until, write_functions

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.urls import open_reader, open_store
from cron_actors.model.queue import DEFAULT_QUEUE, QueueRecord
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Cause, NewRun, Run, RunState

NOOP = "bench_functions:noop"
BUILT_IN = "os:getpid"  # in a module that every process has loaded
REUSE = {DEFAULT_QUEUE: {"isolation": "reuse"}}
FRESH = {DEFAULT_QUEUE: {"isolation": "fresh"}}
LOOK_AGAIN = 0.05  # seconds
AT_MOST = 300.0  # seconds
SETTLED_AFTER = 4.0  # seconds
CLAIMS, AT_ONCE = 40, 16
PIECE = 5_000

_IN_BATCHES = """
import sys, time
from cron_actors import submit_all
count = int(sys.argv[1])
begun = time.perf_counter()
submit_all(sys.argv[2], [()] * count)
print(count / (time.perf_counter() - begun))
"""

_ONE_BY_ONE = """
import sys, time
from cron_actors import submit
from bench_functions import noop
count = int(sys.argv[1])
submit(noop)
begun = time.perf_counter()
for _ in range(count):
    submit(noop)
print(count / (time.perf_counter() - begun))
"""


def enqueue_rate(count: int, *, one_by_one: bool) -> float:
    """Return how many runs a second another process submits, each durable before the call returns."""
    return _submit(_with_functions(), _ONE_BY_ONE if one_by_one else _IN_BATCHES, count)


def throughput(count: int, queues: dict[str, Any], work: str = NOOP) -> tuple[float, float]:
    """Return how many no-op runs a second are performed, and the daemon's CPU seconds a run, its children's included.

    The time is that from the first claim to the last end as the ledger has them.
    """
    folder = _with_functions()
    _submit(folder, _IN_BATCHES, count, work)
    with daemon([], folder=folder, queues=queues) as (process, _):
        _wait_until_done(process, folder)
        used = sum(map(cpu_seconds, [process.pid, *children(process.pid)]))
        runs = _runs(folder)
    _check(runs, count)
    begun = min(run.started_at for run in runs if run.started_at)
    ended = max(run.finished_at for run in runs if run.finished_at)
    return count / (ended - begun).total_seconds(), used / count


def lateness(count: int, rounds: int) -> list[list[float]]:
    """Return, in seconds, how late each of so many functions began that were due in the same second, round by round."""
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8)  # noqa: TID251 # real time
    jobs = [
        {
            "identifier": f"job{number}",
            "path": "bench_functions",
            "function_name": "stamp",
            "periodicity": "5s",
            "start_date": first.isoformat(),
        }
        for number in range(count)
    ]
    with daemon(jobs, queues=REUSE, GRANULARITY="second") as (_, folder):
        wait_until(first.timestamp() + 5 * (rounds - 1) + 4)
        lines = (folder / "stamps.txt").read_text(encoding="ascii").splitlines()
    by_due: dict[float, list[float]] = {}
    for at, due in map(str.split, lines):
        moment = datetime.fromisoformat(due).timestamp()
        by_due.setdefault(moment, []).append(float(at) - moment)
    found = [by_due[moment] for moment in sorted(by_due) if moment >= first.timestamp()][:rounds]
    if [len(lates) for lates in found] != [count] * rounds:
        raise ValueError(f"{sum(map(len, found))} of {count * rounds} functions began")
    return found


def waiting(count: int) -> tuple[float, float]:
    """Return the CPU microseconds to claim 16 of so many waiting runs, and a daemon's memory in MB beside them."""
    folder = _with_functions()
    store = open_store(_url(folder))
    store.open()
    _fill(store, count)
    claim = _claim_cost(store)
    store.close()
    with daemon([], folder=folder) as (process, _):
        wait_until(time.time() + SETTLED_AFTER)  # noqa: TID251 # a measurement takes real time
        return claim, proportional_megabytes(process.pid)


def _fill(store: SqliteStore, count: int) -> None:
    """Have so many runs wait, in a queue that is paused so that they do so also beside a daemon."""
    now = datetime.now(UTC)  # noqa: TID251 # real time
    run = NewRun(job="waiting", due_at=now, cause=Cause.SUBMITTED, key=None, definition="", queue=DEFAULT_QUEUE)
    for done in range(0, count, PIECE):
        with store.begin() as transaction:
            transaction.insert_runs([run] * min(PIECE, count - done))
    with store.begin() as transaction:
        transaction.put_queue(QueueRecord(name=DEFAULT_QUEUE, source="built-in", declared="{}", paused_at=now))


class UndoneError(Exception):
    """A transaction was only tried."""


def _claim_cost(store: SqliteStore) -> float:
    now = datetime.now(UTC)  # noqa: TID251 # real time
    costs = []
    for _ in range(CLAIMS):
        with suppress(UndoneError), store.begin() as transaction:
            begun = time.process_time()
            transaction.claim(DEFAULT_QUEUE, AT_ONCE, "node", now, lambda *_: "log")
            costs.append(time.process_time() - begun)
            raise UndoneError
    return sorted(costs)[CLAIMS // 2] * 1e6


def _with_functions() -> Path:
    folder = new_folder()
    write_functions(folder)
    return folder


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'cron_actors.db'}"


def _submit(folder: Path, program: str, count: int, work: str = NOOP) -> float:
    words = [sys.executable, "-c", program, str(count), work]
    return float(subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _wait_until_done(process: subprocess.Popen[bytes], folder: Path) -> None:
    reader = open_reader(_url(folder))
    if reader is None:
        raise ValueError(f"no database in {folder}")
    give_up = time.perf_counter() + AT_MOST
    while any(reader.in_queue(1).values()):
        if process.poll() is not None or time.perf_counter() > give_up:
            raise TimeoutError("the daemon does not get on")
        time.sleep(LOOK_AGAIN)  # noqa: TID251 # a measurement takes real time
    reader.close()


def _runs(folder: Path) -> list[Run]:
    reader = open_reader(_url(folder))
    if reader is None:
        raise ValueError(f"no database in {folder}")
    runs = reader.runs(RunFilter(limit=None))
    reader.close()
    return runs


def _check(runs: list[Run], count: int) -> None:
    """Raise ValueError unless every run was completed at its first attempt and has a log of its own."""
    good = [run for run in runs if run.state is RunState.COMPLETED and run.attempt == 1]
    logs = {run.log for run in good if run.log and Path(run.log).stat().st_size}
    if not len(good) == len(logs) == count:
        raise ValueError(f"of {count} runs {len(good)} were completed at once, with {len(logs)} logs")
