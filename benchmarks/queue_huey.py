"""Huey on SQLite, doing what our queues do: one consumer with process workers, tuned as its own documentation allows.

``fsync=True`` gives it the same durability as ours. What became of a task is stored (``store_none=True``, as one that
returns nothing leaves no result else) or not, as is said; no log is written of it in either case, which is less than
ours have to do. The delays between two looks at the queue are as short as they may be, and of several numbers of
workers the best is taken.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon import new_folder

WORKERS = (2, 4, 8)
LOOK_AGAIN = 0.01  # seconds
AT_MOST = 300.0  # seconds

TASKS = """
import os, time
from huey import SqliteHuey
huey = SqliteHuey(filename="huey.db", fsync=True, OPTION)

@huey.task()
def noop():
    pass

@huey.task()
def stamp(due):
    with open("stamps.txt", "a") as file:
        file.write(f"{time.time() - due}\\n")
"""

_FILL = """
import sys, time
from bench_tasks import huey, noop
count = int(sys.argv[1])
begun = time.perf_counter()
for _ in range(count):
    noop()
print(count / (time.perf_counter() - begun))
"""

_SCHEDULE = """
import sys
from datetime import datetime
from bench_tasks import stamp
due = float(sys.argv[2])
for _ in range(int(sys.argv[1])):
    stamp.schedule((due,), eta=datetime.fromtimestamp(due))
"""


def new_queue(*, outcomes: bool = False) -> Path:
    """Return a folder with the tasks in it, of a queue that stores what became of them or does not."""
    folder = new_folder()
    option = "store_none=True" if outcomes else "results=False"
    (folder / "bench_tasks.py").write_text(TASKS.replace("OPTION", option), encoding="utf-8")
    return folder


def enqueue_rate(count: int) -> float:
    """Return how many tasks a second another process puts into the queue, one by one: there are no batches."""
    return _fill(new_queue(), count)


def throughput(count: int, *, outcomes: bool) -> tuple[float, int]:
    """Return how many no-op tasks a second are done, with their outcomes stored or not, and by how many workers."""
    return max((_throughput(count, workers, outcomes=outcomes), workers) for workers in WORKERS)


def lateness(count: int, rounds: int) -> list[float]:
    """Return, in seconds, how late each of so many tasks began that were scheduled for the same second."""
    folder = new_queue()
    found: list[float] = []
    with _consumer(folder, max(WORKERS)):
        for number in range(1, rounds + 1):
            due = int(time.time()) + 4  # noqa: TID251 # a measurement in real time
            _run(folder, _SCHEDULE, str(count), str(due))
            found = _stamps(folder, count * number)
    return found


def _throughput(count: int, workers: int, *, outcomes: bool) -> float:
    folder = new_queue(outcomes=outcomes)
    _fill(folder, count)
    waiting = sqlite3.connect(folder / "huey.db", isolation_level=None)
    with _consumer(folder, workers):
        begun = _until(waiting, count - 1)
        ended = _until(waiting, 0)
    waiting.close()
    return (count - 1) / (ended - begun)


def _until(waiting: sqlite3.Connection, most: int) -> float:
    """Wait until at most so many tasks are in the queue; return the reading of the clock."""
    give_up = time.perf_counter() + AT_MOST
    while waiting.execute("SELECT count(*) FROM task").fetchone()[0] > most:
        if time.perf_counter() > give_up:
            raise TimeoutError("huey does not get on")
        time.sleep(LOOK_AGAIN)  # noqa: TID251 # a measurement takes real time
    return time.perf_counter()


def _stamps(folder: Path, count: int) -> list[float]:
    path, give_up = folder / "stamps.txt", time.perf_counter() + AT_MOST
    while not path.exists() or len(lines := path.read_text(encoding="ascii").splitlines()) < count:
        if time.perf_counter() > give_up:
            raise TimeoutError("huey does not get on")
        time.sleep(LOOK_AGAIN)  # noqa: TID251 # as above
    return list(map(float, lines))


def _fill(folder: Path, count: int) -> float:
    return float(_run(folder, _FILL, str(count)))


def _run(folder: Path, program: str, *arguments: str) -> str:
    words = [sys.executable, "-c", program, *arguments]
    return subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def _consumer(folder: Path, workers: int) -> Iterator[None]:
    options = ["-k", "process", "-w", str(workers), "-d", "0.001", "-m", "0.01", "-b", "1.01", "-s", "1", "-n", "-q"]
    words = [sys.executable, "-m", "huey.bin.huey_consumer", "bench_tasks.huey", *options]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()
