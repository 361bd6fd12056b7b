"""Stopping a daemon: a first signal drains it, a second one hurries it, and what it cut short is not forgotten."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from cron_actors.model.run import Outcome, RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

SIGNALS = [signal.SIGTERM, signal.SIGINT]
# Limits far from both what should happen and what should not: these machines are shared.
BEFORE_GRACE_ENDS = timedelta(seconds=25)  # of the 30 that are the default
LONG_GRACE = 60  # seconds
ITS_SLEEP = 60  # seconds a job sleeps where nobody ends it
TICK = timedelta(seconds=1)
# The first time it takes a minute, the second time no time at all.
LONG_AT_FIRST = "test -e seen && exit 0; touch seen; exec sleep 60"


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_lets_running_jobs_end_and_begins_no_other(home: DaemonHome, number: signal.Signals) -> None:
    home.write_jobs(job("long", "touch begun; sleep 4; echo done", periodicity="1h"), job("often", "true"))
    daemon = home.start()
    home.eventually((home.folder / "begun").exists)
    asked = datetime.now(UTC)
    assert home.stop(daemon, number) == 0
    assert datetime.now(UTC) - asked < BEFORE_GRACE_ENDS
    (long,) = home.runs("long")
    assert long.state == RunState.COMPLETED
    assert "done" in home.read("logs/long/latest.txt")
    # The signal may meet a tick on its way; the instants of the seconds after that are nobody's any more.
    late = [run.due_at for run in home.runs("often") if run.due_at > asked + TICK]
    assert not late, "instants that came after the signal were begun"


def test_a_daemon_under_nohup_outlives_its_terminal(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    daemon = home.start("--max-ticks", "2", before=["nohup"])
    home.eventually(lambda: home.runs("clock", RunState.COMPLETED))
    assert home.stop(daemon, signal.SIGHUP) == 0
    assert len(home.runs("clock", RunState.COMPLETED)) == 2


def test_after_the_grace_period_runs_are_ended_and_given_back_uncounted(home: DaemonHome) -> None:
    home.write_jobs(job("long", LONG_AT_FIRST, periodicity="1h"))
    daemon = home.start(GRACE_SECONDS="1")
    home.eventually((home.folder / "seen").exists)
    asked = time.monotonic()
    assert home.stop(daemon) == 0
    assert 0.9 < time.monotonic() - asked < ITS_SLEEP / 2
    (run,) = home.runs("long")
    assert (run.state, run.reason, run.attempt) == (RunState.AVAILABLE, "interrupted", 0)
    assert "Task Execution Interrupted" in home.read("logs/long/latest.txt")
    daemon = home.start()
    home.eventually(lambda: home.runs("long", RunState.COMPLETED))
    assert home.stop(daemon) == 0
    (run,) = home.runs("long")
    assert run.attempt == 1
    figures = home.stats("long")
    assert (figures["interrupted"], figures["successes"], figures["failures"]) == (1, 1, 0)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_does_not_wait_for_the_grace_period(home: DaemonHome, number: signal.Signals) -> None:
    home.write_jobs(job("long", "touch begun; exec sleep 60", periodicity="1h"))
    daemon = home.start(GRACE_SECONDS=str(LONG_GRACE))
    home.eventually((home.folder / "begun").exists)
    daemon.send_signal(number)
    home.eventually(lambda: "stopping" in home.said())
    asked = time.monotonic()
    assert home.stop(daemon, number) == 0
    assert time.monotonic() - asked < LONG_GRACE / 2
    (run,) = home.runs("long")
    assert (run.state, run.reason) == (RunState.AVAILABLE, "interrupted")


def test_an_interrupted_run_is_discarded_if_its_job_says_so(home: DaemonHome) -> None:
    home.write_jobs(job("long", "touch begun; exec sleep 60", periodicity="1h", on_interrupt="discard"))
    daemon = home.start(GRACE_SECONDS="0")
    home.eventually((home.folder / "begun").exists)
    assert home.stop(daemon) == 0
    (run,) = home.runs("long")
    assert (run.state, run.reason, run.outcome) == (RunState.DISCARDED, "interrupted", Outcome.INTERRUPTED)


def test_a_job_that_ignores_its_end_is_killed_by_a_hurried_stop(home: DaemonHome) -> None:
    home.write_jobs(
        job("deaf", "trap '' TERM; touch begun; sleep 60 & wait; sleep 60", kill_after="1s", periodicity="1h")
    )
    daemon = home.start(GRACE_SECONDS="0")
    home.eventually((home.folder / "begun").exists)
    asked = time.monotonic()
    assert home.stop(daemon) == 0
    assert 0.9 < time.monotonic() - asked < ITS_SLEEP / 2


def test_what_still_waits_at_a_stop_runs_at_the_next_start(home: DaemonHome) -> None:
    home.write_jobs(job("first", "touch begun; sleep 2", periodicity="1h"), job("second", "true", periodicity="1h"))
    daemon = home.start(MAX_PROCESSES="1")
    home.eventually((home.folder / "begun").exists)
    assert home.stop(daemon) == 0
    assert [run.state for run in home.runs("second")] == [RunState.AVAILABLE]
    daemon = home.start()
    home.eventually(lambda: home.runs("second", RunState.COMPLETED))
    assert home.stop(daemon) == 0
    assert len(home.runs("second")) == 1
