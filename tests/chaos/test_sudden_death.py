"""The real daemon is killed again and again; no due instant is lost, none launched twice without recorded cause."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.core.durations import parse_duration

KILLS = 20
JOBS = 30
SECOND = timedelta(seconds=1)
GONE_WITHIN = 10.0  # seconds
RECORD = 'echo "$CRON_ACTORS_JOB $CRON_ACTORS_DUE_AT $CRON_ACTORS_ATTEMPT" >> record.txt'


@dataclass
class Battlefield:
    """A folder with a jobs file, the daemons that die there, and what can be found out from outside."""

    folder: Path
    marker: str

    @property
    def environment(self) -> dict[str, str]:
        cleaned = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        return {**cleaned, "GRANULARITY": "second", "LOG_LEVEL": "WARNING", "CHAOS_MARKER": self.marker}

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cron_actors", "run"]
        with (self.folder / "daemon.txt").open("ab") as output:
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stderr=output)

    def ask(self, *arguments: str) -> Any:  # noqa: ANN401 # whatever JSON the command prints
        command = [sys.executable, "-m", "cron_actors", *arguments, "--json"]
        answer = subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True)
        return json.loads(answer.stdout)

    def processes_left(self) -> list[str]:
        """Return the command lines of all processes that carry the marker in their environment."""
        wanted = f"CHAOS_MARKER={self.marker}".encode()
        left = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    left.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        return left

    def wait_until_nothing_is_left(self) -> None:
        deadline = time.monotonic() + GONE_WITHIN
        while left := self.processes_left():
            assert time.monotonic() < deadline, f"left over after a kill: {left}"
            time.sleep(0.02)


@pytest.mark.chaos
@pytest.mark.timeout(400)
def test_twenty_kills_lose_no_due_instant_and_double_none_without_a_recorded_cause(tmp_path: Path) -> None:
    field = Battlefield(tmp_path, marker=f"{os.getpid()}-{random.randrange(10**9)}")  # noqa: S311 # not a secret
    catch_up = {"policy": "all", "cap": 10_000}
    jobs = [
        {"identifier": f"job{n}", "command": RECORD, "periodicity": "1s", "timeout": "1m", "catch_up": catch_up}
        for n in range(JOBS)
    ]
    (tmp_path / "jobs.json").write_text(json.dumps({"jobs": jobs}))
    for _ in range(KILLS):
        daemon = field.start()
        time.sleep(random.uniform(0.3, 3.0))  # noqa: S311 # chance is the point
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        field.wait_until_nothing_is_left()
    last = field.start()
    time.sleep(5)
    last.send_signal(signal.SIGTERM)
    assert last.wait(90) == 0
    field.wait_until_nothing_is_left()
    runs = field.ask("runs", "--limit", "1000000")
    launches = Counter(
        (job, due_at) for job, due_at, _ in map(str.split, (tmp_path / "record.txt").read_text().splitlines())
    )
    no_instant_is_missing_from_the_ledger(runs)
    no_launch_lacks_a_recorded_cause(runs, launches)


def no_instant_is_missing_from_the_ledger(runs: list[dict[str, Any]]) -> None:
    by_job: dict[str, list[datetime]] = {}
    for run in runs:
        by_job.setdefault(run["job"], []).append(datetime.fromisoformat(run["due_at"]))
    assert len(by_job) == JOBS
    for job, instants in by_job.items():
        assert len(instants) == len(set(instants)), f"{job}: an instant has two rows"
        span = max(instants) - min(instants)
        assert len(instants) == span // SECOND + 1, f"{job}: instants are missing"
    # All jobs share one grid, so that they end together but for the last tick.
    assert max(map(max, by_job.values())) - min(map(max, by_job.values())) <= parse_duration("1s")


def no_launch_lacks_a_recorded_cause(runs: list[dict[str, Any]], launches: Counter[tuple[str, str]]) -> None:
    for run in runs:
        due_at = datetime.fromisoformat(run["due_at"])
        key = (run["job"], f"{due_at:%Y-%m-%dT%H:%M:%S}Z")
        launched = launches.pop(key, 0)
        if run["state"] == "completed":
            assert launched >= 1, f"{key}: completed, but never launched"
        assert launched <= run["attempt"], f"{key}: launched {launched} times in {run['attempt']} recorded attempts"
        waits = run["state"] == "available"  # given back by the last, orderly stop
        assert run["state"] in {"completed", "discarded"} or waits, f"{key}: {run}"
        assert run["state"] != "discarded" or run["reason"] == "quarantined", f"{key}: {run}"
    assert not launches, f"launched without a row in the ledger: {launches}"
