"""Work submitted to the real daemon: workers, what they say, callbacks, processes left running."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from cron_actors.model.run import Cause, RunState
from tests.fakes.daemon import DaemonHome

pytestmark = pytest.mark.e2e

SHOP = """
import os, subprocess, sys, time
from cron_actors import Discard, Error, Launched, Snooze, Worker

def add(a, b=2):
    print("adding", a, b)
    return {"sum": a + b}

def note(line):
    with open("notes.txt", "a") as file:
        file.write(line + "\\n")

class Flaky(Worker):
    queue = "high"
    max_attempts = 3
    backoff = "none"
    def perform(self, how):
        if how == "kill":
            os.kill(os.getpid(), 9)
        if how == "hang":
            time.sleep(60)
        if how == "discard":
            return Discard("never again")
        if how == "error":
            return Error("no paper")
        raise ValueError(how)
    def after_error(self, error):
        note(f"{error.attempt} of {error.max_attempts}: {error.error}")

class Sleepy(Worker):
    queue = "low"
    def perform(self):
        if os.path.exists("awake.txt"):
            return "awake"
        open("awake.txt", "w").close()
        return Snooze(1)

class Film(Worker):
    queue = "default"
    max_attempts = 1
    def perform(self, line):
        return Launched(subprocess.Popen(["sh", "-c", line], start_new_session=True).pid)
    def after_async(self, ended):
        note(f"ended {ended.args[0]}")
        if not os.path.exists("film.txt"):
            return Discard("no film")
"""


@pytest.fixture
def shop(home: DaemonHome) -> DaemonHome:
    """Return a folder with work and a daemon."""
    home.write("shop.py", SHOP)
    home.write_jobs()
    home.start_ready()
    return home


@pytest.fixture(params=["fresh", "reuse"])
def any_shop(home: DaemonHome, request: pytest.FixtureRequest) -> DaemonHome:
    """Return the same, in each of the two ways in which queues can use processes."""
    home.write("shop.py", SHOP)
    queues = {name: {"isolation": request.param} for name in ("default", "high", "low")}
    home.write("jobs.json", json.dumps({"queues": queues, "jobs": []}))
    home.start_ready()
    return home


def submitted(home: DaemonHome, work: str, *args: object, options: tuple[str, ...] = ()) -> dict[str, object]:
    """Submit the work, wait for its end and return what the command says."""
    result = home.run("submit", work, "--args", json.dumps(args), "--wait", "--json", *options)
    assert result.stderr == ""
    said: dict[str, object] = json.loads(result.stdout)
    assert result.returncode == (0 if said["state"] == "completed" else 1)
    return said


def notes(home: DaemonHome) -> list[str]:
    return (home.folder / "notes.txt").read_text().splitlines()


def test_a_function_is_performed_and_what_it_returns_is_kept(any_shop: DaemonHome) -> None:
    said = submitted(any_shop, "shop:add", 1)
    assert (said["state"], said["result"], said["error"]) == ("completed", {"sum": 3}, None)
    (run,) = any_shop.runs()
    assert (run.job, run.cause, run.queue) == ("shop.add", Cause.SUBMITTED, "default")
    assert run.log is not None
    assert "adding 1 2\nExecution Time" in Path(run.log).read_text()


@pytest.mark.parametrize(
    ("how", "error"), [("raise", "ValueError: raise"), ("error", "no paper"), ("kill", "killed by SIGKILL")]
)
def test_a_worker_is_told_of_every_failed_attempt(any_shop: DaemonHome, how: str, error: str) -> None:
    said = submitted(any_shop, "shop:Flaky", how)
    assert (said["state"], said["reason"], said["error"]) == ("discarded", "failed", error)
    assert notes(any_shop) == [f"{attempt} of 3: {error}" for attempt in (1, 2, 3)]


def test_a_worker_is_told_of_a_time_out(any_shop: DaemonHome) -> None:
    said = submitted(any_shop, "shop:Flaky", "hang", options=("--timeout", "1s", "--max-attempts", "1"))
    assert (said["state"], said["reason"]) == ("discarded", "timeout")
    assert notes(any_shop) == ["1 of 1: timed out after 1s"]


def test_a_worker_discards_by_itself_at_the_first_attempt(any_shop: DaemonHome) -> None:
    said = submitted(any_shop, "shop:Flaky", "discard")
    assert (said["state"], said["reason"], said["error"]) == ("discarded", "by itself", "never again")
    (run,) = any_shop.runs()
    assert run.attempt == 1


def test_a_snoozed_run_is_performed_again_and_its_attempt_does_not_count(any_shop: DaemonHome) -> None:
    said = submitted(any_shop, "shop:Sleepy")
    assert (said["state"], said["result"]) == ("completed", "awake")
    (run,) = any_shop.runs()
    assert run.attempt == 1


def test_a_process_left_running_holds_its_run_until_it_ends(any_shop: DaemonHome) -> None:
    said = submitted(any_shop, "shop:Film", "sleep 0.3; touch film.txt")
    assert said["state"] == "completed"
    assert notes(any_shop) == ["ended sleep 0.3; touch film.txt"]


def test_what_became_of_a_process_is_said_by_its_worker(any_shop: DaemonHome) -> None:
    said = submitted(any_shop, "shop:Film", "true")
    assert (said["state"], said["error"]) == ("discarded", "no film")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_launched_run_outlives_its_daemon(home: DaemonHome, end: signal.Signals) -> None:
    home.write("shop.py", SHOP)
    home.write_jobs()
    daemon = home.start_ready(GRACE_SECONDS="0")
    assert (
        home.run(
            "submit", "shop:Film", "--args", '["echo $$ > pid.txt; while [ ! -e film.txt ]; do sleep 0.05; done"]'
        ).returncode
        == 0
    )
    home.eventually(lambda: [run.state for run in home.runs()] == [RunState.LAUNCHED])
    home.eventually((home.folder / "pid.txt").exists)
    os.kill(daemon.pid, end)
    daemon.wait()
    assert [run.state for run in home.runs()] == [RunState.LAUNCHED]
    home.start_ready()
    os.kill(int((home.folder / "pid.txt").read_text()), 0)
    home.write("film.txt", "")
    home.eventually(lambda: [run.state for run in home.runs()] == [RunState.COMPLETED])
    assert len(notes(home)) == 1


def test_a_command_is_run_in_the_folder_it_was_submitted_from(shop: DaemonHome) -> None:
    result = shop.run("submit", "--command", "pwd > where.txt; exit 3", "--wait")
    assert (result.returncode, result.stdout) == (1, "run 1: discarded: failed (exit status 3)\n")
    assert (shop.folder / "where.txt").read_text().strip() == str(shop.folder)


def test_a_delayed_submission_waits(shop: DaemonHome) -> None:
    assert shop.run("submit", "shop:add", "--args", "[1]", "--delay", "1h").stdout == "run 1\n"
    (run,) = shop.runs()
    assert (run.state, run.reason) == (RunState.SCHEDULED, "delayed")
