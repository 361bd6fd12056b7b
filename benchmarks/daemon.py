"""A real daemon under measurement: its own folder, its own database, the jobs it is given."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

FUNCTIONS = """
import os, time

def noop():
    pass

def stamp():
    with open("stamps.txt", "a") as file:
        file.write(f"{time.time()} {os.environ['CRON_ACTORS_DUE_AT']}\\n")
"""


@contextmanager
def daemon(
    jobs: Sequence[dict[str, Any]],
    *,
    folder: Path | None = None,
    queues: dict[str, Any] | None = None,
    **variables: str,
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a daemon on these jobs and queues while the block runs, in a new folder if none; gives process and folder."""
    folder = folder or new_folder()
    document = {"jobs": list(jobs), "queues": queues or {}}
    (folder / "jobs.json").write_text(json.dumps(document), encoding="utf-8")
    write_functions(folder)
    environment = {**os.environ, "LOG_LEVEL": "WARNING", **variables}
    environment.pop("DATABASE_URL", None)
    process = subprocess.Popen([sys.executable, "-m", "cron_actors", "run"], cwd=folder, env=environment)
    try:
        yield process, folder
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()


def write_functions(folder: Path) -> None:
    """Put the functions that jobs and submissions call into the folder."""
    (folder / "bench_functions.py").write_text(FUNCTIONS, encoding="utf-8")


@cache
def _all_folders() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def new_folder() -> Path:
    """Return a new folder, which goes when the program ends.

    ext4 finds free inodes slowly for half a minute after many were deleted: nothing is deleted between measurements.
    """
    return Path(tempfile.mkdtemp(dir=_all_folders().name))


def wait_until(moment: float) -> None:
    """Sleep until this reading of the wall clock, in seconds since the epoch."""
    while (left := moment - time.time()) > 0:  # noqa: TID251 # a measurement waits for real time
        time.sleep(min(left, 0.5))  # noqa: TID251 # as above
