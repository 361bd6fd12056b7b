"""The overlap policies as a user sees them, and a kill while a run waits for another."""

from __future__ import annotations

import signal
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from cron_actors.core.run_states import describe
from cron_actors.model.run import Run, RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

WAITING = "scheduled: waiting: overlap"


def in_order(home: DaemonHome, name: str) -> list[Run]:
    return sorted(home.runs(name), key=lambda run: (run.due_at, run.run_id))


def stands(home: DaemonHome, name: str) -> list[str]:
    return [describe(run.state, run.reason) for run in in_order(home, name)]


def one_at_a_time(runs: list[Run]) -> bool:
    ran = sorted((run.started_at, run.finished_at) for run in runs if run.started_at and run.finished_at)
    return all(before[1] <= after[0] for before, after in pairwise(ran))


def test_each_policy_does_with_a_busy_job_what_it_says(home: DaemonHome) -> None:
    policies = ("queue_one", "queue_all", "cancel_other")
    home.write_jobs(*(job(name, "exec sleep 2.5", overlap=name) for name in policies))
    assert home.start("--max-ticks", "4").wait(40) == 0
    for name in policies:
        assert one_at_a_time(home.runs(name)), name
    one, every, other = (stands(home, name) for name in policies)
    assert set(one) == {"completed", "skipped: coalesced"}
    assert one[-1] == "completed", "the newest is not lost"
    assert set(every) == {"completed"}, "a stop that finishes what is due waits for the whole line"
    starts = [run.started_at for run in in_order(home, "queue_all")]
    assert starts == sorted(starts, key=str), "in another order than that of the instants"
    assert other[-1] == "completed"
    assert Counter(other)["cancelled: overlap"] >= 2
    assert set(other) <= {"completed", "cancelled: overlap", "skipped: coalesced"}
    assert "Task Execution Cancelled" in home.read(f"logs/cancel_other/{_first_log(home)}")


def _first_log(home: DaemonHome) -> str:
    cancelled = next(run for run in in_order(home, "cancel_other") if run.state is RunState.CANCELLED and run.log)
    return Path(cancelled.log or "").name


def test_what_waited_when_the_daemon_was_killed_runs_once_after_what_was_rescued(home: DaemonHome) -> None:
    wait = 'echo "$CRON_ACTORS_DUE_AT" >> begun; until test -e go; do sleep 0.05; done'
    home.write_jobs(job("slow", wait, overlap="queue_one", manual=True))
    daemon = home.start_ready()
    for _ in range(3):
        home.run("trigger", "slow")
    home.eventually(lambda: stands(home, "slow") == ["executing", "skipped: coalesced", WAITING])
    daemon.send_signal(signal.SIGKILL)
    daemon.wait(10)
    assert stands(home, "slow") == ["executing", "skipped: coalesced", WAITING]
    second = home.start()
    home.eventually(lambda: len(home.read("begun").split()) == 2)
    assert stands(home, "slow") == ["executing", "skipped: coalesced", WAITING]
    home.write("go", "")
    home.eventually(lambda: stands(home, "slow") == ["completed", "skipped: coalesced", "completed"])
    first, _, last = in_order(home, "slow")
    assert (first.attempt, last.attempt) == (2, 1)
    assert one_at_a_time([first, last])
    assert home.stop(second) == 0
