"""The real daemon is killed again and again; no due instant is lost, none launched twice without recorded cause."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.daemon import NEVER, DaemonHome, job

KILLS = 20
JOBS = 30
SECOND = timedelta(seconds=1)
GONE_WITHIN = 30.0  # seconds
RECORD = 'echo "$CRON_ACTORS_JOB $CRON_ACTORS_DUE_AT $CRON_ACTORS_ATTEMPT" >> record.txt'


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DaemonHome]:
    """Return the folder in which the daemons die."""
    place = DaemonHome(tmp_path)
    yield place
    place.clear()


@pytest.mark.chaos
@pytest.mark.timeout(400)
def test_twenty_kills_lose_no_due_instant_and_double_none_without_a_recorded_cause(home: DaemonHome) -> None:
    catch_up = {"policy": "all", "cap": 10_000}
    home.write_jobs(*(job(f"job{n}", RECORD, timeout="1m", catch_up=catch_up) for n in range(JOBS)))
    for _ in range(KILLS):
        daemon = home.start(LOG_LEVEL="WARNING")
        NEVER.wait(random.uniform(0.3, 3.0))  # noqa: S311 # chance is the point
        home.stop(daemon, signal.SIGKILL)
        home.eventually(lambda: not home.processes(), within=GONE_WITHIN)
    last = home.start(LOG_LEVEL="WARNING")
    NEVER.wait(5)
    assert home.stop(last) == 0
    home.eventually(lambda: not home.processes(), within=GONE_WITHIN)
    runs = home.ask("runs", "--limit", "1000000")
    launches = Counter((name, due_at) for name, due_at, _ in map(str.split, home.read("record.txt").splitlines()))
    no_instant_is_missing_from_the_ledger(runs)
    no_launch_lacks_a_recorded_cause(runs, launches)
    the_figures_count_what_the_ledger_holds(runs, home.ask("stats")["jobs"])


def no_instant_is_missing_from_the_ledger(runs: list[dict[str, Any]]) -> None:
    by_job: dict[str, list[datetime]] = {}
    for run in runs:
        by_job.setdefault(run["job"], []).append(datetime.fromisoformat(run["due_at"]))
    assert len(by_job) == JOBS
    for name, instants in by_job.items():
        assert len(instants) == len(set(instants)), f"{name}: an instant has two rows"
        span = max(instants) - min(instants)
        assert len(instants) == span // SECOND + 1, f"{name}: instants are missing"
    # All jobs share one grid, so that they end together but for the last tick.
    assert max(map(max, by_job.values())) - min(map(max, by_job.values())) <= SECOND


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


def the_figures_count_what_the_ledger_holds(runs: list[dict[str, Any]], figures: dict[str, dict[str, Any]]) -> None:
    def count(key: str, value: str) -> Counter[str]:
        return Counter(run["job"] for run in runs if run[key] == value)

    completed, quarantined = count("state", "completed"), count("reason", "quarantined")
    assert len(figures) == JOBS
    for name, counted in figures.items():
        assert counted["successes"] == completed[name], name
        assert counted["launches"] == counted["successes"] + counted["interrupted"], name
        assert counted["interrupted"] >= quarantined[name], name
