"""What other processes ask of a living daemon, and of none: triggers and cancels."""

from __future__ import annotations

import re
import time

import pytest

from cron_actors.model.run import Cause, Outcome, RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

SOON = 20.0  # seconds; about one is promised, but what a busy machine makes of it is no business of a test


def test_a_trigger_starts_a_run_soon(home: DaemonHome) -> None:
    home.write_jobs(job("asked", manual=True))
    daemon = home.start_ready()
    answer = home.run("trigger", "asked")
    assert (answer.returncode, answer.stdout) == (0, "request 1: the daemon will run 'asked'\n")
    run = home.eventually(lambda: home.runs("asked", RunState.COMPLETED), within=SOON)[0]
    assert run.cause is Cause.MANUAL
    assert home.stop(daemon) == 0


def test_a_trigger_that_waits_tells_the_end_of_its_run(home: DaemonHome) -> None:
    home.write_jobs(job("good", "sleep 0.3", manual=True), job("bad", "exit 4", manual=True))
    daemon = home.start_ready()
    good = home.run("trigger", "good", "--wait")
    assert (good.returncode, good.stdout) == (0, "run 1: completed\n")
    bad = home.run("trigger", "bad", "--wait")
    assert (bad.returncode, bad.stdout) == (1, "run 2: discarded: failed (exit status 4)\n")
    assert home.stop(daemon) == 0


def test_a_trigger_obeys_the_overlap_policy_unless_it_is_forced(home: DaemonHome) -> None:
    home.write_jobs(job("alone", "until test -e go; do sleep 0.05; done", manual=True, overlap="skip"))
    daemon = home.start_ready()
    home.run("trigger", "alone")
    home.eventually(lambda: home.runs("alone", RunState.EXECUTING))
    refused = home.run("trigger", "alone", "--wait")
    assert (refused.returncode, refused.stdout) == (1, "run 2: skipped: overlap\n")
    forced = home.begin("trigger", "alone", "--wait", "--force")
    home.eventually(lambda: len(home.runs("alone", RunState.EXECUTING)) == 2)
    home.write("go", "")
    assert forced.communicate(timeout=20)[0] == b"run 3: completed\n"
    assert forced.returncode == 0
    assert home.stop(daemon) == 0


def test_a_trigger_of_a_job_that_does_not_exist_is_refused_with_a_suggestion(home: DaemonHome) -> None:
    home.write_jobs(job("backup", manual=True))
    daemon = home.start_ready()
    answer = home.run("trigger", "bakcup")
    assert answer.returncode == 2
    assert "'backup'" in answer.stderr
    assert home.stop(daemon) == 0


def test_without_a_daemon_a_trigger_is_recorded_and_carried_out_by_the_next_one(home: DaemonHome) -> None:
    home.write_jobs(job("asked", manual=True))
    answer = home.run("trigger", "asked")
    assert (answer.returncode, answer.stdout) == (0, "")
    assert "no daemon runs" in answer.stderr
    daemon = home.start()
    home.eventually(lambda: home.runs("asked", RunState.COMPLETED))
    assert home.stop(daemon) == 0
    assert len(home.runs("asked")) == 1


def test_a_cancel_ends_an_executing_run_soon(home: DaemonHome) -> None:
    home.write_jobs(job("long", "echo begun; exec sleep 60", periodicity="1h"))
    daemon = home.start()
    (run,) = home.eventually(lambda: home.runs("long", RunState.EXECUTING))
    asked = time.monotonic()
    answer = home.run("cancel", str(run.run_id))
    assert time.monotonic() - asked < SOON
    assert (answer.returncode, answer.stdout) == (0, f"run {run.run_id}: cancelled\n")
    (run,) = home.runs("long")
    assert (run.state, run.reason, run.outcome) == (RunState.CANCELLED, "by request", Outcome.CANCELLED)
    assert "Task Execution Cancelled\n" in home.read("logs/long/latest.txt")
    assert home.stats("long")["cancelled"] == 1
    assert home.stop(daemon) == 0


def test_a_waiting_run_is_cancelled_before_it_begins(home: DaemonHome) -> None:
    home.write_jobs(job("first", "exec sleep 60", manual=True), job("second", "touch begun", manual=True))
    daemon = home.start_ready(MAX_PROCESSES="1", GRACE_SECONDS="0")
    home.run("trigger", "first")
    home.eventually(lambda: home.runs("first", RunState.EXECUTING))
    home.run("trigger", "second")
    (waiting,) = home.eventually(lambda: home.runs("second", RunState.AVAILABLE))
    assert home.run("cancel", str(waiting.run_id)).stdout == f"run {waiting.run_id}: cancelled\n"
    home.run("cancel", str(home.runs("first")[0].run_id))
    home.run("trigger", "first")
    home.eventually(lambda: home.runs("first", RunState.EXECUTING))  # the slot was free, and no other took it
    assert home.stop(daemon) == 0
    assert [(run.state, run.attempt) for run in home.runs("second")] == [(RunState.CANCELLED, 0)]
    assert not (home.folder / "begun").exists()


def test_a_cancel_of_a_finished_run_comes_too_late(home: DaemonHome) -> None:
    home.write_jobs(job("quick", periodicity="1h"))
    daemon = home.start()
    (run,) = home.eventually(lambda: home.runs("quick", RunState.COMPLETED))
    answer = home.run("cancel", str(run.run_id))
    assert (answer.returncode, answer.stdout) == (0, f"run {run.run_id}: too late: completed\n")
    assert [run.state for run in home.runs("quick")] == [RunState.COMPLETED]
    assert home.stop(daemon) == 0


@pytest.mark.parametrize("run_id", ["99", "-1", "0", "x", str(2**70)])
def test_a_cancel_of_a_run_that_does_not_exist_is_refused(home: DaemonHome, run_id: str) -> None:
    home.write_jobs(job("quick"))
    assert home.start("--max-ticks", "1").wait(20) == 0
    answer = home.run("cancel", "--", run_id)
    assert answer.returncode == 2, answer
    assert len(answer.stderr.splitlines()) == 1


def test_many_commands_at_once_are_all_answered(home: DaemonHome) -> None:
    home.write_jobs(job("asked", "sleep 0.1", manual=True))
    daemon = home.start_ready()
    commands = [home.begin("trigger", "asked", "--wait") for _ in range(6)]
    answers = [command.communicate(timeout=20)[0].decode() for command in commands]
    assert all(re.fullmatch(r"run [0-9]+: completed\n", answer) for answer in answers), answers
    assert len(set(answers)) == len(home.runs("asked")) == len(commands)
    assert home.stop(daemon) == 0
