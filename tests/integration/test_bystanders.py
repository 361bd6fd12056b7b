"""Processes left running by an attempt: their ends are reported, and they are ended when that is asked for."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.process_groups import boot_id, process_stat
from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.run import AttemptKey, Identity, Outcome
from cron_actors.ports.executor import ChildEnded, ChildStarted
from tests.integration.executor_bench import LIMIT_SECONDS, lives

KEY = AttemptKey(run_id=1, attempt=1, token="token")  # noqa: S106 # not a password
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 1; done"


class Watcher:
    """An executor that watches processes of the test's own."""

    def __init__(self) -> None:
        self.executor = ZygoteExecutor()
        self.executor.open()
        self.reports: queue.SimpleQueue[ChildStarted | ChildEnded] = queue.SimpleQueue()

    def watch(self, process: subprocess.Popen[str]) -> None:
        self.executor.watch(KEY, identity_of(process.pid), self.reports.put)

    def end_of(self) -> ChildEnded:
        report = self.reports.get(timeout=LIMIT_SECONDS)
        assert isinstance(report, ChildEnded)
        return report


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    yield watcher
    watcher.executor.close()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(["sleep", "600"], text=True)
    yield process
    process.kill()
    process.wait()


def identity_of(pid: int) -> Identity:
    stat = process_stat(pid)
    assert stat is not None
    return Identity(pid=pid, start_time=stat.start_time, boot_id=boot_id())


def test_the_end_of_a_process_is_reported_once_it_comes(watcher: Watcher, sleeper: subprocess.Popen[str]) -> None:
    watcher.watch(sleeper)
    assert watcher.reports.empty()
    sleeper.kill()
    end = watcher.end_of()
    assert (end.key, end.ending.outcome, end.ending.by_itself) == (KEY, Outcome.SUCCESS, True)
    assert (end.ending.exit_code, end.ending.error) == (None, None)


def test_a_process_that_is_over_is_reported_at_once(watcher: Watcher, sleeper: subprocess.Popen[str]) -> None:
    identity = identity_of(sleeper.pid)
    for other in (
        replace(identity, start_time=identity.start_time + 1),
        replace(identity, boot_id="another boot"),
        replace(identity, start_time=0),
        replace(identity, pid=2**31),
    ):
        watcher.executor.watch(KEY, other, watcher.reports.put)
        assert watcher.end_of().ending.by_itself
    assert lives(sleeper.pid)


def test_a_process_that_nobody_has_reaped_is_over(watcher: Watcher, sleeper: subprocess.Popen[str]) -> None:
    identity = identity_of(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    watcher.executor.watch(KEY, identity, watcher.reports.put)
    assert watcher.end_of().ending.outcome is Outcome.SUCCESS


def test_a_process_is_ended_when_that_is_asked_for(watcher: Watcher, sleeper: subprocess.Popen[str]) -> None:
    watcher.watch(sleeper)
    watcher.executor.end(KEY, timedelta(seconds=60))
    assert not watcher.end_of().ending.by_itself
    assert sleeper.wait() == -signal.SIGTERM


@pytest.mark.parametrize("hurried", [False, True])
def test_one_that_does_not_listen_is_killed_after_its_time(watcher: Watcher, hurried: bool) -> None:  # noqa: FBT001 # two ways
    with subprocess.Popen(["sh", "-c", STUBBORN], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        watcher.watch(process)
        if hurried:
            watcher.executor.end(KEY, timedelta(seconds=600))
        watcher.executor.end(KEY, timedelta(seconds=0.01))
        watcher.end_of()
        assert process.wait() == -signal.SIGKILL


def test_the_group_of_a_leader_goes_with_it(watcher: Watcher, tmp_path: Path) -> None:
    line = "sleep 600 & echo $!; wait"
    with subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        member = os.pidfd_open(int(process.stdout.readline()))
        watcher.watch(process)
        watcher.executor.end(KEY, timedelta(seconds=60))
        watcher.end_of()
        assert os.read(process.stdout.fileno(), 1) == b""  # nobody holds the pipe any more
        os.close(member)


@pytest.mark.parametrize("whose", ["first", "daemon", "template"])
def test_neither_the_first_process_nor_those_of_the_daemon_are_taken_for_left_running(
    watcher: Watcher, whose: str
) -> None:
    pid = {"first": 1, "daemon": os.getpid(), "template": watcher.executor.template_pid}[whose]
    watcher.executor.watch(KEY, identity_of(pid), watcher.reports.put)
    ending = watcher.end_of().ending
    assert (ending.outcome, ending.error) == (
        Outcome.FAILURE,
        f"process {pid} is none that a run can have left running",
    )


def test_closing_leaves_the_process_alone_and_reports_nothing(sleeper: subprocess.Popen[str]) -> None:
    watcher = Watcher()
    watcher.watch(sleeper)
    watcher.executor.close()
    assert lives(sleeper.pid)
    watcher.watch(sleeper)
    assert watcher.reports.empty()
