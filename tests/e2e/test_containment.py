"""The worst that one job can do costs that job's run, and nobody else's time."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.model.run import RunState
from tests.fakes.daemon import AT_MOST, DaemonHome, job

pytestmark = pytest.mark.e2e

FUNCTIONS = """
import os, signal, sys, time

def leaves():
    sys.exit(5)

def drops():
    os._exit(6)

def aborts():
    os.abort()

def interrupts():
    raise KeyboardInterrupt

def recurses():
    return recurses()

def forks_daemon():
    if os.fork() == 0:
        os.setsid()
        with open("survivor", "w") as file:
            file.write(str(os.getpid()))
        time.sleep(30)
        os._exit(0)
    print("forked")

def strikes_back():
    os.kill(os.getppid(), signal.SIGTERM)
    for descriptor in range(3, 64):
        try:
            os.close(descriptor)
        except OSError:
            pass
    print("struck")
"""
ITS_SLEEP = timedelta(seconds=30)  # or more, of what is left behind or deaf
EXPECTED = {
    "leaves": "exit status 5",
    "drops": "exit status 6",
    "aborts": "SIGABRT",
    "interrupts": "KeyboardInterrupt",
    "recurses": "RecursionError",
    "raises": "RuntimeError: at import",
}


def function(name: str, path: str = "awful", **keys: str) -> dict[str, Any]:
    return job(name, path=path, function_name=name, periodicity="1h", **keys)


def the_clock_was_on_time(home: DaemonHome) -> None:
    """Make sure that the job ``clock`` ran every second, and soon enough."""
    clock = home.stats("clock")
    assert clock["launches"] == clock["successes"] >= 3
    assert clock["lateness_s"]["max"] < 3
    instants = sorted(run.due_at for run in home.runs("clock"))
    assert instants[-1] - instants[0] == timedelta(seconds=len(instants) - 1)


def test_functions_that_end_their_process_fail_and_the_others_run_on_time(home: DaemonHome) -> None:
    home.write("awful.py", FUNCTIONS)
    home.write("raising.py", "raise RuntimeError('at import')\n")
    names = [name for name in EXPECTED if name != "raises"]
    home.write_jobs(job("clock"), *map(function, names), function("raises", path="raising"))
    assert home.start("--max-ticks", "4").wait(AT_MOST) == 0
    for name, told in EXPECTED.items():
        (run,) = home.runs(name)
        assert (run.state, run.reason) == (RunState.DISCARDED, "failed"), name
        assert told in (run.error or ""), (name, run.error)
        assert told in home.read(f"logs/{name}/latest.txt"), name
        assert home.stats(name)["failures"] == 1
    the_clock_was_on_time(home)


def test_a_daemon_that_a_job_leaves_behind_with_its_output_open_does_not_keep_the_run_open(home: DaemonHome) -> None:
    home.write("awful.py", FUNCTIONS)
    home.write_jobs(job("clock"), function("forks_daemon"), function("strikes_back"))
    assert home.start("--max-ticks", "4").wait(AT_MOST) == 0
    for name in ("forks_daemon", "strikes_back"):
        (run,) = home.runs(name)
        assert run.state == RunState.COMPLETED, run.error
        assert run.duration is not None
        assert run.duration < ITS_SLEEP / 2
    survivor = int(home.read("survivor"))
    assert survivor in home.processes(), "what a job left running on purpose was ended"
    os.kill(survivor, signal.SIGKILL)
    the_clock_was_on_time(home)


def test_a_whole_family_that_ignores_its_end_is_killed_after_the_time_it_is_given(home: DaemonHome) -> None:
    deaf = "trap '' TERM; (trap '' TERM; sleep 61; sleep 61) & sleep 60; sleep 60"
    home.write_jobs(job("clock"), job("deaf", deaf, timeout="1s", kill_after="1s", periodicity="1h"))
    assert home.start("--max-ticks", "4").wait(AT_MOST) == 0
    (run,) = home.runs("deaf")
    assert (run.state, run.reason) == (RunState.DISCARDED, "timeout")
    assert run.duration is not None
    assert timedelta(seconds=2) <= run.duration < ITS_SLEEP / 2
    assert not home.processes()
    the_clock_was_on_time(home)


@pytest.mark.parametrize(("at_limit", "state"), [("truncate", RunState.COMPLETED), ("end", RunState.DISCARDED)])
def test_a_flood_of_output_is_cut_at_its_limit(home: DaemonHome, at_limit: str, state: RunState) -> None:
    limit = {"size": "100kB", "at_limit": at_limit}
    home.write_jobs(
        job("clock"), job("flood", "head -c 200000000 /dev/zero; sleep 1", output_limit=limit, periodicity="1h")
    )
    assert home.start("--max-ticks", "4").wait(AT_MOST) == 0
    (run,) = home.runs("flood")
    assert run.state == state
    assert run.log is not None
    log = Path(run.log)
    if state == RunState.COMPLETED:
        assert log.stat().st_size < 200_000
        assert "[output beyond 100000 bytes was dropped]\n" in log.read_text(errors="replace")
    else:
        assert run.reason == "output limit"
        assert "more than 100000 bytes of output\n" in log.read_text(errors="replace")
    log.unlink()  # it may be large, and pytest keeps it
    the_clock_was_on_time(home)
