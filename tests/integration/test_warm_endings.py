"""How runs in processes that are used again end before their time, and what becomes of those behind them."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.run import AttemptKey, Outcome
from tests.integration.batch_bench import BatchBench
from tests.integration.executor_bench import Whistle, is_gone, lives

JOBS = """
import ctypes, os, signal, subprocess, sys, time
def whistle(text):
    with open({whistle!r}, "w") as file:
        file.write(f"{{text}}\\n")
def fine():
    pass
def pid():
    print(os.getpid())
def wait():
    whistle(os.getpid())
    signal.pause()
def pause():
    signal.pause()
def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        wait()
def polite():
    def stop(*_):
        raise SystemExit
    signal.signal(signal.SIGTERM, stop)
    wait()
def family():
    subprocess.Popen(["sleep", "600"])
    wait()
def leave(status):
    print("last words")
    sys.stdout.flush()
    os._exit(status)
def crash():
    ctypes.string_at(0)
def become():
    os.execv("/bin/sh", ["sh", "-c", "echo another program; exit 4"])
def close_everything():
    os.closerange(3, 1000)
def flood():
    whistle(os.getpid())
    while True:
        print("x" * 1000)
def lie():
    for file in range(3, 100):
        try:
            os.write(file, b'"what"\\n')
        except OSError:
            pass
    signal.pause()
"""
KEEP_WARM = timedelta(milliseconds=50)
MANY = 100


@pytest.fixture
def whistle(tmp_path: Path) -> Iterator[Whistle]:
    whistle = Whistle(tmp_path)
    yield whistle
    whistle.close()


@pytest.fixture
def executor() -> Iterator[ZygoteExecutor]:
    executor = ZygoteExecutor(on_broken=pytest.fail)
    executor.open()
    yield executor
    executor.close()


@pytest.fixture
def bench(executor: ZygoteExecutor, tmp_path: Path, whistle: Whistle) -> BatchBench:
    bench = BatchBench(executor, tmp_path)
    bench.jobs(JOBS.format(whistle=str(whistle.path)))
    return bench


def test_a_run_that_takes_its_time_is_told_to_have_begun_and_the_others_are_not(
    bench: BatchBench, whistle: Whistle
) -> None:
    first, second, third = bench.batch("fine", "wait", "fine")
    pid = int(whistle.hear())
    assert bench.identity(second).pid == pid
    assert [len(bench._heard[key]) for key in (first, third)] == [1, 0]


def test_runs_that_take_their_time_all_begin_although_no_process_becomes_idle(bench: BatchBench) -> None:
    batches = [bench.batch("pause") for _ in range(2 * len(os.sched_getaffinity(0)) + 2)]
    assert len({bench.identity(key).pid for (key,) in batches}) == len(batches)


def test_latest_points_at_a_log_whose_run_takes_its_time(bench: BatchBench, whistle: Whistle) -> None:
    first, _ = bench.batch("wait", "fine")
    whistle.hear()
    bench.identity(first)
    assert (bench.folder / "latest.txt").readlink() == Path(bench.log(first).name)


@pytest.mark.parametrize(
    ("function", "arguments", "exit_code", "error"),
    [
        ("leave", [3], 3, "exit status 3"),
        ("leave", [0], 0, None),
        ("crash", [], -11, "killed by SIGSEGV"),
        ("become", [], 4, "exit status 4"),
    ],
)
def test_the_end_of_the_process_is_that_of_the_run_and_what_was_behind_it_was_not_begun(
    bench: BatchBench, function: str, arguments: list[int], exit_code: int, error: str | None
) -> None:
    keys = bench.share([bench.made("fine"), bench.made(function, *arguments), bench.made("fine"), bench.made("fine")])
    assert bench.begun(keys) == [True, True, False, False]
    ending = bench.ending(keys[1])
    assert (ending.exit_code, ending.error, ending.logged, ending.by_itself) == (exit_code, error, False, True)
    assert bench.ending(keys[0]).logged
    assert not bench.log(keys[2]).exists()
    assert bench.hears_nothing()


def test_the_last_output_of_a_process_that_died_is_without_the_header(bench: BatchBench) -> None:
    assert bench.call("leave", 1).output_tail == "last words\n"
    assert bench.call("become").output_tail == "another program\n"


def test_a_process_that_is_killed_from_outside_costs_the_run_that_it_performs(
    bench: BatchBench, whistle: Whistle
) -> None:
    keys = bench.batch("fine", "wait", "fine")
    os.kill(int(whistle.hear()), signal.SIGKILL)
    assert bench.begun(keys) == [True, True, False]
    ending = bench.ending(keys[1])
    assert (ending.outcome, ending.error) == (Outcome.FAILURE, "killed by SIGKILL")


def test_a_process_that_dies_while_nothing_is_performed_costs_nothing(bench: BatchBench) -> None:
    keys = bench.batch("pid")
    pid = int(bench.ending(keys[0]).output_tail)
    os.kill(pid, signal.SIGKILL)
    assert is_gone(pid)
    keys = bench.batch("fine", "fine")
    while not all(bench.begun(keys)):  # they were given to it before the template told its end
        keys = bench.batch("fine", "fine")
    assert [bench.ending(key).outcome for key in keys] == [Outcome.SUCCESS] * 2


def test_an_end_by_request_takes_the_run_under_way_and_gives_the_others_back(
    bench: BatchBench, whistle: Whistle
) -> None:
    keys = bench.batch("fine", "wait", "fine")
    pid = int(whistle.hear())
    bench.end(keys[1])
    assert bench.begun(keys) == [True, True, False]
    ending = bench.ending(keys[1])
    assert (ending.exit_code, ending.error, ending.by_itself) == (-15, "killed by SIGTERM", False)
    assert is_gone(pid)
    assert bench.call("fine").outcome is Outcome.SUCCESS


def test_a_run_that_ignores_its_end_is_killed_when_the_time_is_up(bench: BatchBench, whistle: Whistle) -> None:
    (key,) = bench.batch("stubborn")
    whistle.hear()
    bench.end(key, kill_after=0.1)
    assert bench.ending(key).error == "killed by SIGKILL"


def test_a_run_that_ends_itself_after_the_request_did_not_end_by_itself(bench: BatchBench, whistle: Whistle) -> None:
    (key,) = bench.batch("polite")
    pid = int(whistle.hear())
    bench.end(key)
    ending = bench.ending(key)
    assert (ending.by_itself, ending.logged) == (False, False)
    assert bench.said("pid") != f"{pid}\n"


def test_the_whole_family_of_a_run_is_ended(bench: BatchBench, whistle: Whistle) -> None:
    (key,) = bench.batch("family")
    pid = int(whistle.hear())
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    bench.end(key)
    assert bench.ending(key).exit_code == -15
    assert len(children) == 1
    assert is_gone(children[0])


def test_the_end_of_what_is_not_begun_only_gives_it_back(bench: BatchBench, whistle: Whistle) -> None:
    keys = bench.batch("wait", "fine", "fine")
    pid = int(whistle.hear())
    bench.end(keys[2])
    assert bench.begun(keys[1:]) == [False, False]
    assert not bench.end_of(keys[2]).ending.by_itself
    assert lives(pid)


def test_what_is_taken_back_is_never_begun_and_what_runs_goes_on(bench: BatchBench, whistle: Whistle) -> None:
    keys = bench.batch("fine", "polite", "fine", "fine")
    pid = int(whistle.hear())
    bench.executor.take_back(keys[1])
    assert bench.begun(keys[2:]) == [False, False]
    assert lives(pid)
    bench.executor.take_back(keys[1])
    os.kill(pid, signal.SIGTERM)
    assert bench.ending(keys[1]).outcome is Outcome.SUCCESS
    assert bench.said("pid") == f"{pid}\n"
    assert not bench.log(keys[2]).exists()


def test_whenever_a_batch_is_taken_back_every_run_is_told_once_and_performed_if_it_was_begun(
    bench: BatchBench,
) -> None:
    batches = [bench.batch(*["fine"] * 40) for _ in range(10)]
    for keys in batches:
        bench.executor.take_back(keys[0])
    for keys in batches:
        begun = bench.begun(keys)
        assert begun == sorted(begun, reverse=True)
        assert [bench.log(key).exists() for key in keys] == begun
    assert bench.hears_nothing()
    assert bench.call("fine").outcome is Outcome.SUCCESS


def test_unknown_and_finished_attempts_are_neither_ended_nor_taken_back(bench: BatchBench) -> None:
    keys = bench.batch("pid", "pid")
    bench.begun(keys)
    for key in (*keys, AttemptKey(run_id=999, attempt=1, token="")):
        bench.executor.take_back(key)
        bench.end(key)
    assert bench.said("pid") == bench.ending(keys[1]).output_tail


def test_a_run_that_closes_every_descriptor_ends_by_the_status_of_its_process(bench: BatchBench) -> None:
    keys = bench.batch("close_everything", "fine")
    assert bench.begun(keys) == [True, False]
    ending = bench.ending(keys[0])
    assert (ending.outcome, ending.exit_code, ending.logged) == (Outcome.SUCCESS, 0, False)


def test_a_flood_of_output_holds_up_nobody(bench: BatchBench, whistle: Whistle) -> None:
    (key,) = bench.batch("flood")
    whistle.hear()
    assert bench.call("fine").outcome is Outcome.SUCCESS
    bench.end(key, kill_after=0)
    assert len(bench.ending(key).output_tail) == 2_000


def test_a_process_that_tells_nonsense_is_ended(bench: BatchBench, caplog: pytest.LogCaptureFixture) -> None:
    keys = bench.batch("lie", "fine")
    bench.begun(keys)
    assert bench.ending(keys[0]).outcome is Outcome.FAILURE
    assert "a process that is used again tells what nobody understands" in caplog.text


def test_an_idle_process_is_let_go_after_a_while(tmp_path: Path, whistle: Whistle) -> None:
    executor = ZygoteExecutor(keep_warm=KEEP_WARM)
    executor.open()
    bench = BatchBench(executor, tmp_path)
    bench.jobs("import atexit\n" + JOBS.format(whistle=str(whistle.path)) + "atexit.register(whistle, 'bye')\n")
    pid = int(bench.said("pid"))
    assert whistle.hear() == "bye"
    assert is_gone(pid)
    executor.close()


def test_nothing_is_reported_after_close_and_nothing_lives_on(bench: BatchBench, whistle: Whistle) -> None:
    key, _ = bench.batch("family", "fine")
    pid = int(whistle.hear())
    bench.identity(key)
    bench.executor.close()
    bench.batch("fine")
    assert bench.reports.empty()
    assert is_gone(pid)


def test_with_the_template_die_its_warm_children_and_what_was_begun_is_interrupted(
    bench: BatchBench, executor: ZygoteExecutor, whistle: Whistle
) -> None:
    keys = bench.batch("fine", "family", "fine")
    pid = int(whistle.hear())
    bench.identity(keys[1])
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    os.kill(executor.template_pid, signal.SIGKILL)
    assert bench.begun(keys) == [True, True, False]
    ending = bench.ending(keys[1])
    assert (ending.outcome, ending.error) == (Outcome.INTERRUPTED, "the process template died")
    assert is_gone(pid)
    assert is_gone(children[0])
    assert bench.call("fine").outcome is Outcome.SUCCESS


def test_what_is_ordered_while_the_template_is_replaced_is_told_once_and_holds_nothing_up(
    bench: BatchBench, executor: ZygoteExecutor
) -> None:
    for _ in range(3):
        batches: list[list[AttemptKey]] = []
        template = executor.template_pid
        os.kill(template, signal.SIGKILL)
        while executor.template_pid == template and len(batches) < MANY:
            batches.append(bench.batch("fine", "fine"))
        for keys in batches:
            begun = bench.begun(keys)
            assert not any(bench.log(key).exists() for key, was in zip(keys, begun, strict=True) if not was)
        assert bench.call("fine").outcome is Outcome.SUCCESS
    assert bench.hears_nothing()


def test_without_descriptors_for_a_process_the_first_run_fails_and_the_others_are_given_back(bench: BatchBench) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        keys = bench.batch("fine", "fine")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert bench.begun(keys) == [True, False]
    assert bench.ending(keys[0]).error == "cannot start: Too many open files"
    assert bench.call("fine").outcome is Outcome.SUCCESS
