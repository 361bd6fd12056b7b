"""Pauses, starts, and the question why, asked of real daemons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cron_actors.core.moments import iso
from cron_actors.model.run import Cause, Run, RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

SECOND = timedelta(seconds=1)


def now() -> datetime:
    return datetime.now(UTC)


def paused(home: DaemonHome) -> list[Run]:
    return [run for run in home.runs("clock", RunState.SKIPPED) if run.reason == "paused"]


def ran(home: DaemonHome) -> list[datetime]:
    return sorted(run.due_at for run in home.runs("clock", RunState.COMPLETED))


def test_a_pause_holds_over_a_restart_and_ends_by_itself(home: DaemonHome) -> None:
    home.write_jobs(job("clock", tolerance="30s"))
    daemon = home.start()
    home.eventually(lambda: ran(home))
    until = (now() + 6 * SECOND).replace(microsecond=0)
    answer = home.run("pause", "clock", "--until", iso(until))
    assert (answer.returncode, answer.stdout) == (0, f"job 'clock' is paused until {iso(until)}\n")
    home.eventually(lambda: paused(home))
    assert "paused" in home.run("jobs").stdout
    assert home.stop(daemon) == 0
    second = home.start()
    home.eventually(lambda: ran(home)[-1] >= until, within=40)
    assert home.stop(second) == 0
    (stretch,) = paused(home)
    assert until in ran(home), "it goes on exactly at the end of the pause"
    assert stretch.last_due_at == until - SECOND
    assert stretch.count == (stretch.last_due_at - stretch.due_at) / SECOND + 1
    before = [at for at in ran(home) if at < until]
    assert max(before) == stretch.due_at - SECOND, "every instant is accounted for, and none twice"


def test_a_pause_and_its_end_without_a_daemon_hold_from_when_they_were_asked_for(home: DaemonHome) -> None:
    home.write_jobs(job("clock", tolerance="1s", catch_up="all"))
    assert home.start("--max-ticks", "1").wait(20) == 0
    asked = home.run("pause", "clock")
    assert asked.returncode == 0
    assert "no daemon runs" in asked.stderr
    home.run("trigger", "clock")
    daemon = home.start()
    home.eventually(lambda: paused(home))
    home.eventually(lambda: [run for run in home.runs("clock", RunState.COMPLETED) if run.cause is Cause.MANUAL])
    assert home.run("resume", "clock").stdout == "job 'clock' is not paused any more\n"
    resumed = now()
    home.eventually(lambda: ran(home)[-1] > resumed)
    assert home.stop(daemon) == 0


def test_a_boot_runs_a_job_once_and_every_start_runs_another_each_time(home: DaemonHome) -> None:
    home.write_jobs(job("boot", at_startup=True), job("start", at_startup="every_start"))
    first = home.start_ready()
    home.eventually(lambda: home.runs("boot", RunState.COMPLETED) and home.runs("start", RunState.COMPLETED))
    assert home.stop(first) == 0
    second = home.start_ready()
    home.eventually(lambda: len(home.runs("start", RunState.COMPLETED)) == 2)
    assert home.stop(second) == 0
    assert [(run.cause, run.state) for run in home.runs("boot")] == [(Cause.STARTUP, RunState.COMPLETED)]
    assert [(run.cause, run.state) for run in home.runs("start")] == [(Cause.STARTUP, RunState.COMPLETED)] * 2
    assert "at startup" in home.run("runs", "--job", "boot").stdout


def test_why_tells_each_kind_of_instant(home: DaemonHome) -> None:
    home.write_jobs(job("clock", tolerance="1s", catch_up="skip"))
    assert home.start("--max-ticks", "2").wait(20) == 0
    completed = ran(home)[-1]

    def why(at: datetime) -> str:
        answer = home.run("why", "clock", "--at", iso(at))
        assert answer.returncode == 0, answer
        (line,) = answer.stdout.splitlines()
        return line

    assert "it ran as run" in why(completed)
    assert "the job was not known then" in why(completed - timedelta(days=2))
    assert "it is not due yet, and no daemon runs" in why(completed + timedelta(days=2))
    assert "it is not due then" in why(completed + timedelta(days=2, milliseconds=500))
    later = completed + 2 * SECOND
    home.eventually(lambda: now() > later + 2 * SECOND)
    assert "the next start decides" in why(later)
    assert home.start("--max-ticks", "1").wait(20) == 0
    assert "it was missed" in why(later)
