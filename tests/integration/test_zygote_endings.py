"""Ends by request: the whole group goes, in the time allowed; ends by themselves leave the rest alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.job import Command
from cron_actors.model.run import Outcome
from tests.integration.executor_bench import FOREVER, Bench, Whistle, is_gone, lives


@pytest.fixture
def whistle(tmp_path: Path) -> Iterator[Whistle]:
    whistle = Whistle(tmp_path)
    yield whistle
    whistle.close()


def test_a_request_ends_a_function(bench: Bench, whistle: Whistle) -> None:
    body = "import signal\ndef job(path):\n    open(path, 'w').write('ready')\n    signal.pause()\n"
    key = bench.start(bench.function(body, str(whistle.path)))
    assert whistle.hear() == "ready"
    bench.end(key)
    assert bench.ending(key).error == "killed by SIGTERM"


@pytest.mark.parametrize("is_function", [True, False])
def test_a_request_right_after_the_start_is_not_lost(bench: Bench, *, is_function: bool) -> None:
    function = bench.function("import signal\ndef job():\n    signal.pause()\n")
    for _ in range(20):
        key = bench.start(function if is_function else FOREVER)
        bench.end(key)
        assert bench.ending(key).exit_code == -signal.SIGTERM


def test_a_job_may_tidy_up_on_sigterm(bench: Bench, whistle: Whistle) -> None:
    key = bench.start(Command(line=f"trap 'echo tidy; exit 0' TERM; echo ready >{whistle.path}; while :; do :; done"))
    assert whistle.hear() == "ready"
    bench.end(key)
    ending = bench.ending(key)
    assert (ending.outcome, bench.text(key)) == (Outcome.SUCCESS, "tidy\n")


def test_a_job_that_ignores_sigterm_is_killed_when_the_time_is_up(bench: Bench, whistle: Whistle) -> None:
    key = bench.start(Command(line=f"trap '' TERM; echo ready >{whistle.path}; while :; do sleep 600; done"))
    assert whistle.hear() == "ready"
    bench.end(key, kill_after=0.1)
    ending = bench.ending(key)
    assert ending.error == "killed by SIGKILL"
    assert ending.duration.total_seconds() >= 0.1


def test_a_second_request_can_only_hasten_the_end(bench: Bench, whistle: Whistle) -> None:
    key = bench.start(Command(line=f"trap '' TERM; echo ready >{whistle.path}; while :; do sleep 600; done"))
    assert whistle.hear() == "ready"
    bench.end(key, kill_after=600)
    bench.end(key, kill_after=0)
    bench.end(key, kill_after=600)
    assert bench.ending(key).error == "killed by SIGKILL"


def test_a_stopped_job_ends_too(bench: Bench) -> None:
    key = bench.start(FOREVER)
    os.kill(bench.identity(key).pid, signal.SIGSTOP)
    bench.end(key)
    assert bench.ending(key).error == "killed by SIGTERM"


def test_the_run_is_open_until_the_whole_group_has_tidied_up(bench: Bench, whistle: Whistle) -> None:
    child = f"trap 'echo child tidy; exit' TERM; echo $$ >{whistle.path}; while :; do :; done"
    key = bench.start(Command(line=f"sh -c '{child.replace(chr(39), chr(34))}' & wait"))
    pid = int(whistle.hear())
    bench.end(key)
    assert bench.ending(key).error == "killed by SIGTERM"
    assert not lives(pid)
    assert bench.text(key) == "child tidy\n"


def test_what_is_left_of_the_group_is_killed_when_the_time_is_up(bench: Bench, whistle: Whistle) -> None:
    child = f'trap "" TERM; echo $$ >{whistle.path}; while :; do sleep 600; done'
    key = bench.start(Command(line=f"sh -c '{child}' & wait"))
    pid = int(whistle.hear())
    bench.end(key, kill_after=0.1)
    ending = bench.ending(key)
    assert (ending.error, ending.duration.total_seconds() >= 0.1) == ("killed by SIGTERM", True)
    assert not lives(pid)


def test_survivors_of_a_run_that_ended_by_itself_are_left_alone(bench: Bench) -> None:
    key = bench.start(Command(line="sleep 600 & echo $!"))
    assert bench.ending(key).outcome is Outcome.SUCCESS
    pid = int(bench.text(key))
    assert lives(pid)
    bench.executor.close()
    assert lives(pid)
    os.kill(pid, signal.SIGKILL)
    assert is_gone(pid)


def test_close_kills_what_runs_however_it_defends_itself(bench: Bench, whistle: Whistle) -> None:
    child = f'trap "" TERM; echo $$ >{whistle.path}; while :; do sleep 600; done'
    key = bench.start(Command(line=f"trap '' TERM; sh -c '{child}' & wait"))
    leader, pid = bench.identity(key).pid, int(whistle.hear())
    bench.executor.close()
    assert is_gone(leader)
    assert is_gone(pid)
    assert bench.reports.empty()


def test_close_leaves_no_descriptor_and_no_thread(tmp_path: Path) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    executor = ZygoteExecutor()
    executor.open()
    bench = Bench(executor, tmp_path)
    bench.run(Command(line=("true",)))
    template = executor.template_pid
    executor.close()
    executor.close()
    assert open_files() == before
    assert not executor._thread.is_alive()
    assert is_gone(template)
