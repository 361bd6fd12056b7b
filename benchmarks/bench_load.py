"""How long 10,000 jobs take: from a daemon's start until one of them has run, and from a change until that has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from conditions import describe, table
from daemon import new_folder

JOBS = 10_000
ROUNDS = 2
READY_WITHIN = 3.0
RELOADED_WITHIN = 1.0
AT_MOST = 60.0
LOOK_AGAIN = 0.005


def job(number: int) -> dict[str, Any]:
    """Return a job such as people have many of."""
    return {
        "identifier": f"job-{number:05}",
        "command": ["backup", f"/srv/{number}"],
        "cron": f"{number % 60} {number % 24} * * 1-5",
        "timezone": "Europe/Berlin",
        "timeout": "10m",
        "overlap": "skip",
        "env": {"TARGET": f"/backup/{number}"},
        "tags": ["nightly"],
        "description": f"Copies share number {number}.",
    }


def sentinel(identifier: str) -> dict[str, Any]:
    """Return a job that runs as soon as it is seen, and leaves a file of its name."""
    return {"identifier": identifier, "command": ["touch", identifier], "periodicity": "1d", "timeout": "1m"}


def write(path: Path, jobs: list[dict[str, Any]]) -> None:
    """Put the jobs file into its place, in the format of its name."""
    document = {"jobs": jobs}
    if path.suffix == ".json":
        text = json.dumps(document, indent=1)
    else:
        text = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False)
    new = path.with_name("new")
    new.write_text(text, encoding="utf-8")
    new.rename(path)


def seconds_until(path: Path, begun: float) -> float:
    """Wait for the file; return the seconds since ``begun``."""
    while not path.exists():
        if time.perf_counter() - begun > AT_MOST:
            raise TimeoutError(f"{path.name} did not run within {AT_MOST:g} s")
        time.sleep(LOOK_AGAIN)  # noqa: TID251 # a measurement takes real time
    return time.perf_counter() - begun


def measure(name: str) -> tuple[float, float]:
    """Return the seconds that a start and a reload take with the jobs in a file of this name."""
    folder = new_folder()
    jobs = [*map(job, range(JOBS)), sentinel("first")]
    write(folder / name, jobs)
    environment = {**os.environ, "LOG_LEVEL": "WARNING", "JOBS_FILE_PATH": name}
    environment.pop("DATABASE_URL", None)
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "cron_actors", "run"], cwd=folder, env=environment)
    try:
        ready = seconds_until(folder / "first", begun)
        write(folder / name, [*jobs, sentinel("second")])
        begun = time.perf_counter()
        process.send_signal(signal.SIGHUP)
        return ready, seconds_until(folder / "second", begun)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(AT_MOST)


def best(name: str) -> tuple[float, float]:
    """Return the lower figures of some measurements: a noisy neighbour seldom hits them all."""
    figures = [measure(name) for _ in range(ROUNDS)]
    return min(ready for ready, _ in figures), min(again for _, again in figures)


def main() -> list[str]:
    """Measure both formats, print, return the bounds that were missed."""
    found = {name: best(name) for name in ("jobs.json", "jobs.yaml")}
    print(f"load: {JOBS} jobs; {describe()}")
    rows = [(name, f"{ready:.2f}", f"{reloaded:.2f}") for name, (ready, reloaded) in found.items()]
    print(table(("file", f"start, s (at most {READY_WITHIN:g})", f"reload, s (at most {RELOADED_WITHIN:g})"), rows))
    print(
        "load "
        + " ".join(
            f"{name[5:]}_s={ready:.2f} {name[5:]}_reload_s={again:.2f}" for name, (ready, again) in found.items()
        )
    )
    missed = [
        (f"load: {name}: {what}", seconds, most)
        for name, figures in found.items()
        for what, seconds, most in zip(("start", "reload"), figures, (READY_WITHIN, RELOADED_WITHIN), strict=True)
    ]
    return [f"{what} took {seconds:.2f} s, at most {most:g}" for what, seconds, most in missed if seconds > most]
