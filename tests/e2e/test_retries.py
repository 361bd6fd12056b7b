"""Retries, dead letters and chains as a user sees them, and a kill while a run waits for its next attempt."""

from __future__ import annotations

import signal

import pytest

from cron_actors.core.run_states import describe
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

FAILING = {"max_attempts": 3, "backoff": {"initial": "1s", "factor": 1}, "manual": True}


def stands(home: DaemonHome, name: str) -> list[str]:
    return [describe(run.state, run.reason) for run in home.runs(name)]


def test_what_fails_is_tried_again_on_time_and_its_last_failure_starts_what_is_to_follow(home: DaemonHome) -> None:
    home.write_jobs(
        job("shaky", "date +%s.%N >> tries; exit 3", on_failure=["alarm"], **FAILING),
        job("alarm", manual=True, on_success=["report"]),
        job("report", manual=True),
    )
    daemon = home.start_ready(GRANULARITY="hour")
    home.run("trigger", "shaky")
    home.eventually(lambda: stands(home, "report") == ["completed"])
    first, second, third = map(float, home.read("tries").split())
    assert 1 <= second - first < 1.8
    assert 1 <= third - second < 1.8
    assert stands(home, "shaky") == ["discarded: failed"]
    [shaky], [alarm], [report] = (home.runs(name) for name in ("shaky", "alarm", "report"))
    assert (alarm.cause_run_id, report.cause_run_id) == (shaky.run_id, alarm.run_id)
    home.run("dead", "retry", "--run", str(shaky.run_id))
    home.eventually(lambda: home.runs("shaky")[0].attempt == 4 and stands(home, "shaky") == ["discarded: failed"])
    assert home.stop(daemon) == 0


def test_a_run_that_waits_when_the_daemon_is_killed_is_tried_again_by_the_next(home: DaemonHome) -> None:
    home.write_jobs(job("shaky", "echo >> tries; test -e mended", **FAILING))
    daemon = home.start_ready(GRANULARITY="hour")
    home.run("trigger", "shaky")
    home.eventually(lambda: stands(home, "shaky") == ["retryable: failed"])
    daemon.send_signal(signal.SIGKILL)
    daemon.wait(10)
    home.write("mended", "")
    second = home.start_ready(GRANULARITY="hour")
    home.eventually(lambda: stands(home, "shaky") == ["completed"])
    assert home.runs("shaky")[0].attempt == len(home.read("tries").splitlines())
    assert home.stop(second) == 0
