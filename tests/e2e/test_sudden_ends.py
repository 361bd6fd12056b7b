"""Ends that nobody ordered: of the daemon, of its template process; and a second daemon that must not be."""

from __future__ import annotations

import os
import signal

import pytest

from cron_actors.adapters.stores.urls import open_reader
from cron_actors.model.run import Attempt, Outcome, RunState
from tests.fakes.daemon import NEVER, DaemonHome, job

pytestmark = pytest.mark.e2e

LONG_AT_FIRST = "test -e seen && exit 0; sleep 61 & touch seen; exec sleep 60"


def attempts(home: DaemonHome, run_id: int) -> list[Attempt]:
    reader = open_reader(f"sqlite:///{home.database}")
    assert reader is not None
    try:
        return reader.attempts(run_id)
    finally:
        reader.close()


def test_a_killed_daemon_leaves_no_process_behind(home: DaemonHome) -> None:
    home.write_jobs(job("family", "sleep 61 & trap '' TERM HUP; touch begun; sleep 60; sleep 60", periodicity="1h"))
    daemon = home.start()
    home.eventually((home.folder / "begun").exists)
    assert sum("sleep 6" in words for words in home.processes().values()) >= 2
    home.stop(daemon, signal.SIGKILL)
    home.eventually(lambda: not home.processes())


def test_the_run_of_a_killed_daemon_is_rescued_at_the_next_start_and_counted_with_its_cause(home: DaemonHome) -> None:
    home.write_jobs(job("long", LONG_AT_FIRST, periodicity="1h"))
    daemon = home.start()
    home.eventually((home.folder / "seen").exists)
    home.eventually(lambda: attempts(home, 1)[0].identity)
    home.stop(daemon, signal.SIGKILL)
    assert [run.state for run in home.runs("long")] == [RunState.EXECUTING]
    daemon = home.start()
    home.eventually(lambda: home.runs("long", RunState.COMPLETED))
    assert home.stop(daemon) == 0
    (run,) = home.runs("long")
    first, second = attempts(home, run.run_id)
    assert (first.outcome, first.error) == (Outcome.LOST, "the daemon died")
    assert (second.outcome, second.attempt) == (Outcome.SUCCESS, 2)
    assert home.stats("long")["launches"] == 2
    assert "that a dead daemon left executing" in home.said()


DEADLY = """
import os, signal

def kill_the_daemon():
    with open(f"/proc/{os.getppid()}/stat") as template:
        daemon = int(template.read().rpartition(")")[2].split()[1])
    if daemon > 1:
        os.kill(daemon, signal.SIGKILL)
        signal.pause()

def add():
    pass

def add_behind():
    pass
"""


def test_what_was_handed_over_behind_a_run_that_kills_daemons_is_neither_counted_nor_quarantined(
    home: DaemonHome,
) -> None:
    home.write("deadly.py", DEADLY)
    home.write("jobs.json", '{"queues": {"default": {"isolation": "reuse", "parallelism": 1}}, "jobs": []}')
    home.stop(home.start_ready())
    home.submit_all("deadly:kill_the_daemon", 1, priority=1)
    home.submit_all("deadly:add_behind", 8, priority=0)
    for _ in range(3):
        home.submit_all("deadly:add", 40, priority=2)  # only a daemon that knows how short runs are makes batches
        assert home.start().wait(30) == -signal.SIGKILL
    daemon = home.start()
    home.eventually(lambda: len(home.runs("deadly.add_behind", RunState.COMPLETED)) == 8)
    assert home.stop(daemon) == 0
    assert {(run.attempt, run.deaths) for run in home.runs("deadly.add_behind")} == {(1, 0)}
    assert [(run.state, run.reason) for run in home.runs("deadly.kill_the_daemon")] == [
        (RunState.DISCARDED, "quarantined")
    ]


def test_a_second_daemon_on_the_same_database_is_refused_and_the_first_goes_on(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    daemon = home.start_ready()
    second = home.run("run")
    assert second.returncode == 1
    assert second.stderr.splitlines() == [
        (
            f"cron-actors: another daemon (process {daemon.pid}) already uses {home.folder}/cron_actors.db; "
            "a database file serves one daemon, many nodes need PostgreSQL"
        )
    ]
    before = len(home.runs("clock"))
    home.eventually(lambda: len(home.runs("clock")) > before)
    assert home.stop(daemon) == 0


def test_the_death_of_the_template_process_interrupts_its_runs_and_they_run_again(home: DaemonHome) -> None:
    home.write_jobs(job("long", LONG_AT_FIRST, periodicity="1h"), job("clock"))
    daemon = home.start()
    home.eventually((home.folder / "seen").exists)
    (template,) = (pid for pid, words in home.processes().items() if "zygote" in words)
    os.kill(template, signal.SIGKILL)
    home.eventually(lambda: home.runs("long", RunState.COMPLETED))
    before = len(home.runs("clock", RunState.COMPLETED))
    home.eventually(lambda: len(home.runs("clock", RunState.COMPLETED)) > before)
    assert home.stop(daemon) == 0
    assert [outcome.outcome for outcome in attempts(home, home.runs("long")[0].run_id)] == [
        Outcome.INTERRUPTED,
        Outcome.SUCCESS,
    ]


def test_a_stopped_daemon_that_goes_on_loses_no_instant_and_doubles_none(home: DaemonHome) -> None:
    catch_up = {"policy": "all"}
    home.write_jobs(job("clock", 'echo "$CRON_ACTORS_DUE_AT" >> instants', tolerance="1s", catch_up=catch_up))
    daemon = home.start()
    home.eventually(lambda: home.runs("clock", RunState.COMPLETED))
    daemon.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED)
    NEVER.wait(3)
    daemon.send_signal(signal.SIGCONT)
    before = len(home.runs("clock"))
    home.eventually(lambda: len(home.runs("clock", RunState.COMPLETED)) > before + 3)
    assert home.stop(daemon) == 0
    instants = sorted(run.due_at for run in home.runs("clock"))
    assert len(instants) - 1 == (instants[-1] - instants[0]).total_seconds() >= 4
    written = home.read("instants").split()
    assert sorted(written) == sorted(
        {f"{run.due_at:%Y-%m-%dT%H:%M:%SZ}" for run in home.runs("clock", RunState.COMPLETED)}
    )
