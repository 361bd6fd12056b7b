"""What is left when the template process or the whole daemon is killed: nothing."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cron_actors.adapters.executors.process_groups import boot_id, process_stat
from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.job import Command
from cron_actors.model.run import Identity, Outcome
from cron_actors.ports.executor import ChildEnded
from tests.integration.executor_bench import FOREVER, LIMIT_SECONDS, Bench, Whistle, is_gone, lives

DAEMON = """
import json, signal, sys
from pathlib import Path
from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.job import Command
from tests.integration.executor_bench import Bench

executor = ZygoteExecutor()
executor.open()
bench = Bench(executor, Path(sys.argv[1]))
key = bench.start(Command(line=sys.argv[2]), variables={"CRON_ACTORS_RUN_ID": "1"})
identity = bench.identity(key)
print(json.dumps([executor.template_pid, identity.pid, identity.start_time, identity.boot_id]), flush=True)
signal.pause()
"""


@pytest.fixture
def broken() -> queue.SimpleQueue[str]:
    return queue.SimpleQueue()


@pytest.fixture
def bench(tmp_path: Path, broken: queue.SimpleQueue[str]) -> Iterator[Bench]:
    executor = ZygoteExecutor(on_broken=broken.put, monotonic=lambda: 0.0)
    executor.open()
    yield Bench(executor, tmp_path)
    executor.close()


@pytest.fixture
def whistle(tmp_path: Path) -> Iterator[Whistle]:
    whistle = Whistle(tmp_path)
    yield whistle
    whistle.close()


Spawn = Callable[[str], tuple[subprocess.Popen[str], int, Identity]]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Spawn]:
    """Start another process that holds an executor and performs one command; give it, its template, the child."""
    spawned: list[subprocess.Popen[str]] = []

    def spawn(line: str) -> tuple[subprocess.Popen[str], int, Identity]:
        words = [sys.executable, "-c", DAEMON, str(tmp_path), line]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        spawned.append(process)
        assert process.stdout is not None
        template, pid, start_time, boot = json.loads(process.stdout.readline())
        return process, template, Identity(pid=pid, start_time=start_time, boot_id=boot)

    yield spawn
    for process in spawned:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def template_of(bench: Bench) -> int:
    assert isinstance(bench.executor, ZygoteExecutor)
    return bench.executor.template_pid


def test_a_killed_template_interrupts_its_attempts_and_takes_their_groups_along(bench: Bench, whistle: Whistle) -> None:
    command = bench.start(Command(line=f'echo said; sh -c "echo \\$\\$ >{whistle.path}; exec sleep 600" & wait'))
    grandchild = int(whistle.hear())
    function = bench.start(bench.function("import signal\ndef job():\n    signal.pause()\n"))
    pids = [bench.identity(key).pid for key in (command, function)]
    os.kill(template_of(bench), signal.SIGKILL)
    for key, tail in ((command, "said\n"), (function, "")):
        ending = bench.ending(key)
        assert (ending.outcome, ending.exit_code) == (Outcome.INTERRUPTED, None)
        assert (ending.error, ending.output_tail) == ("the process template died", tail)
    assert all(is_gone(pid) for pid in (*pids, grandchild))


def test_later_starts_work_after_the_death_of_the_template(bench: Bench) -> None:
    first = template_of(bench)
    os.kill(first, signal.SIGKILL)
    assert is_gone(first)
    endings = {bench.run(Command(line=("true",))).outcome for _ in range(5)}
    # The first may have been sent to the dead one.
    assert endings <= {Outcome.SUCCESS, Outcome.INTERRUPTED}
    assert bench.run(Command(line=("true",))).outcome is Outcome.SUCCESS
    assert template_of(bench) != first


def test_the_fifth_death_in_a_minute_is_told_and_nothing_starts_any_more(
    bench: Bench, broken: queue.SimpleQueue[str]
) -> None:
    for _ in range(5):
        assert broken.empty()
        key = bench.start(FOREVER)
        bench.identity(key)
        os.kill(template_of(bench), signal.SIGKILL)
        assert bench.ending(key).outcome is Outcome.INTERRUPTED
    told = broken.get(timeout=LIMIT_SECONDS)
    assert told == "the process template died 5 times within 60 seconds: giving up"
    assert bench.run(Command(line=("true",))).outcome is Outcome.INTERRUPTED


def test_a_report_that_raises_does_not_stop_the_others(bench: Bench) -> None:
    def fail(report: object) -> None:
        raise ValueError(report)

    good = bench.reports
    bench.reports = _Raising(fail)  # type: ignore[assignment]  # only its put is called
    bench.start(Command(line=("true",)))
    bench.reports = good
    assert bench.run(Command(line=("true",))).outcome is Outcome.SUCCESS


class _Raising:
    def __init__(self, put: Callable[[object], None]) -> None:
        self.put = put


def test_an_executor_may_be_closed_from_a_report(tmp_path: Path) -> None:
    executor = ZygoteExecutor()
    executor.open()
    bench = Bench(executor, tmp_path)
    ended: queue.SimpleQueue[object] = queue.SimpleQueue()

    def close(report: object) -> None:
        if isinstance(report, ChildEnded):
            executor.close()
            ended.put(report)

    bench.reports = _Raising(close)  # type: ignore[assignment]  # only its put is called
    bench.start(Command(line=("true",)))
    ended.get(timeout=LIMIT_SECONDS)
    executor._thread.join(LIMIT_SECONDS)
    assert not executor._thread.is_alive()


def test_a_killed_daemon_leaves_no_child(daemon: Spawn, whistle: Whistle) -> None:
    child = f'trap "" TERM; echo $$ >{whistle.path}; while :; do sleep 600; done'
    process, template, identity = daemon(f"trap '' TERM; sh -c '{child}' & wait")
    grandchild = int(whistle.hear())
    process.kill()
    assert is_gone(template)
    assert is_gone(identity.pid)
    assert is_gone(grandchild)


def test_signals_to_the_template_alone_end_nothing(daemon: Spawn) -> None:
    _, template, identity = daemon("sleep 600; true")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(template, number)
    assert lives(template)
    assert lives(identity.pid)


def test_survivors_of_a_daemon_and_a_template_killed_together_are_ended(daemon: Spawn, bench: Bench) -> None:
    process, template, identity = daemon("sleep 600; true")
    _kill_both(process, template)
    assert lives(identity.pid)
    assert bench.executor.end_survivors((identity,)) == 1
    assert not lives(identity.pid)
    assert bench.executor.end_survivors((identity,)) == 0


def test_members_of_a_group_whose_leader_is_gone_are_ended_if_they_bear_the_mark(
    daemon: Spawn, bench: Bench, whistle: Whistle
) -> None:
    process, template, identity = daemon(f'sh -c "echo \\$\\$ >{whistle.path}; exec sleep 600" & wait')
    member = int(whistle.hear())
    _kill_both(process, template)
    os.kill(identity.pid, signal.SIGKILL)
    assert is_gone(identity.pid)
    assert bench.executor.end_survivors((identity,)) == 1
    assert not lives(member)


def test_processes_that_only_look_like_survivors_are_left_alone(bench: Bench) -> None:
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    stat = process_stat(stranger.pid)
    assert stat is not None
    same = Identity(pid=stranger.pid, start_time=stat.start_time, boot_id=boot_id())
    reused = (replace(same, start_time=stat.start_time - 1), replace(same, boot_id="of another boot"))
    assert bench.executor.end_survivors(reused) == 0
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_strangers_group_without_leader_is_left_alone(bench: Bench) -> None:
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!"], start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    stat = process_stat(leader.pid)
    assert stat is not None
    assert leader.stdout is not None
    member = int(leader.stdout.readline())
    leader.wait()
    leader.stdout.close()
    identity = Identity(pid=leader.pid, start_time=stat.start_time, boot_id=boot_id())
    assert bench.executor.end_survivors((identity,)) == 0
    assert lives(member)
    os.kill(member, signal.SIGKILL)


def _kill_both(process: subprocess.Popen[str], template: int) -> None:
    """Kill the template without the daemon seeing it, then the daemon."""
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)  # a thread of the daemon may run on for a moment
    os.kill(template, signal.SIGKILL)
    process.kill()
    process.wait()
