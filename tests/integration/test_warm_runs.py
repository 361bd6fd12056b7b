"""Runs in processes that are used again: what each finds, and what it leaves to the next one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.callback import Callback, CallbackKind
from cron_actors.model.job import Command, FunctionCall, Json, Limits, ProcessSettings, Success
from cron_actors.model.queue import Recycling
from cron_actors.model.run import Outcome
from tests.integration.batch_bench import BatchBench

JOBS = """
import logging, os, resource, signal, subprocess, sys, threading
COUNT = []
def pid():
    print(os.getpid())
def fine():
    pass
def number(value):
    print(value)
def count():
    COUNT.append(1)
    print(len(COUNT))
def wrong():
    print("before")
    raise ValueError("not today")
def leave(status):
    sys.exit(status)
async def awaited():
    print("awaited")
def surroundings():
    print(sorted(name for name in os.environ if name.startswith(("CRON_ACTORS_RUN", "OWN"))), os.getcwd(), sys.argv)
    print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, oct(os.umask(0o22)), len(logging.getLogger().handlers))
def spoil():
    os.environ["OWN_SPOILT"] = "1"
    os.environ.pop("PATH")
    os.chdir("/")
    os.umask(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    logging.getLogger().addHandler(logging.NullHandler())
    sys.stdout = open(os.devnull, "w")
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
def path():
    print("PATH" in os.environ, signal.pthread_sigmask(signal.SIG_BLOCK, ()))
def close_output():
    os.close(1)
def close_stdout():
    sys.stdout.close()
def close_everything():
    os.closerange(3, 1000)
def no_end_of_line():
    sys.stdout.write("half")
def thread():
    def late():
        never.wait(0.05)
        print("late")
    never = threading.Event()
    threading.Thread(target=late).start()
def daemon_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
def child():
    print(subprocess.Popen(["sleep", "600"]).pid)
def orphan():
    print(subprocess.run("sleep 600 >&- 2>&- & echo $!", shell=True, capture_output=True, text=True).stdout)
def interrupt():
    raise KeyboardInterrupt
def fork():
    if os.fork() == 0:
        return
    os.wait()
def large(size):
    return "x" * size
def size(text):
    print(len(text))
def memory():
    global KEPT
    KEPT = bytearray(60_000_000)
def variable(name):
    print(os.environ.get(name))
def use_up_descriptors():
    global LEFT_OPEN
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    try:
        LEFT_OPEN = []
        while True:
            LEFT_OPEN.append(open(os.devnull))
    except OSError:
        print("used up")
def let_no_file_grow():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
def close_folder():
    os.closerange(3, 64)
"""


@pytest.fixture(scope="module")
def executor() -> Iterator[ZygoteExecutor]:
    executor = ZygoteExecutor()
    executor.open()
    yield executor
    executor.close()


@pytest.fixture
def bench(executor: ZygoteExecutor, tmp_path: Path) -> BatchBench:
    bench = BatchBench(executor, tmp_path)
    bench.jobs(JOBS)
    return bench


def test_all_runs_of_a_batch_are_performed_in_order_by_one_process(bench: BatchBench) -> None:
    keys = bench.batch("pid", "pid", "count", "count")
    endings = [bench.ending(key) for key in keys]
    assert [ending.outcome for ending in endings] == [Outcome.SUCCESS] * 4
    assert endings[0].output_tail == endings[1].output_tail
    assert [ending.output_tail for ending in endings[2:]] == ["1\n", "2\n"]


def test_the_process_of_a_batch_performs_the_next_one(bench: BatchBench) -> None:
    assert bench.said("pid") == bench.said("pid")


def test_a_log_begins_with_its_header_and_ends_with_the_execution_time(bench: BatchBench) -> None:
    first, second = bench.share([bench.made("number", 1), bench.made("no_end_of_line")])
    assert bench.ending(first).logged
    assert bench.text(first).startswith(f"=== run {first.run_id} ===\n1\nExecution Time = 0:00:0")
    ending = bench.ending(second)
    assert bench.text(second).splitlines()[1:] == ["half", f"Execution Time = {ending.duration}"]
    assert ending.output_tail == "half"


def test_logs_are_for_their_owner_alone_and_latest_points_at_the_last(bench: BatchBench) -> None:
    made = [replace(bench.made("fine"), log=str(bench.folder / "logs" / f"{number}.txt")) for number in range(3)]
    bench.begun(bench.share(made))
    folder = bench.folder / "logs"
    assert (folder.stat().st_mode & 0o777, (folder / "0.txt").stat().st_mode & 0o777) == (0o700, 0o600)
    assert (folder / "latest.txt").readlink() == Path("2.txt")


def test_a_log_that_cannot_be_written_is_a_failure_of_its_run_alone(bench: BatchBench) -> None:
    (bench.folder / "file").touch()
    spoilt = replace(bench.made("fine"), log=str(bench.folder / "file" / "1.txt"))
    first, second = bench.share([spoilt, bench.made("fine")])
    assert bench.ending(first).error == f"cannot write {spoilt.log}: Not a directory"
    assert bench.ending(second).outcome is Outcome.SUCCESS


def test_an_exception_costs_its_run_alone_and_leaves_the_end_of_its_log_to_the_daemon(bench: BatchBench) -> None:
    first, second = bench.batch("wrong", "fine")
    ending = bench.ending(first)
    assert (ending.outcome, ending.error, ending.logged) == (Outcome.FAILURE, "ValueError: not today", False)
    assert bench.text(first).startswith(f"=== run {first.run_id} ===\nbefore\nTraceback (most recent call last):\n")
    assert ending.output_tail.endswith("ValueError: not today\n")
    assert bench.ending(second).outcome is Outcome.SUCCESS


@pytest.mark.parametrize(
    ("status", "outcome", "error"),
    [
        (0, Outcome.SUCCESS, None),
        (3, Outcome.FAILURE, "exit status 3"),
        ("no room", Outcome.FAILURE, "no room"),
    ],
)
def test_sys_exit_ends_the_run_and_not_the_process(
    bench: BatchBench, status: int | str, outcome: Outcome, error: str | None
) -> None:
    before = bench.said("pid")
    ending = bench.call("leave", status)
    assert (ending.outcome, ending.error) == (outcome, error)
    assert bench.said("pid") == before


def test_an_async_function_is_awaited_in_a_process_that_is_used_again(bench: BatchBench) -> None:
    assert [bench.said("awaited"), bench.said("awaited")] == ["awaited\n", "awaited\n"]


def test_what_a_run_changes_of_its_process_is_put_back_before_the_next(bench: BatchBench) -> None:
    before, pid = bench.said("surroundings"), bench.said("pid")
    assert bench.call("spoil").outcome is Outcome.SUCCESS
    assert bench.said("surroundings") == before
    assert bench.said("path") == "True set()\n"
    assert bench.said("pid") == pid


def test_variables_and_folder_are_those_of_the_run(bench: BatchBench) -> None:
    (bench.folder / "below").mkdir()
    process = ProcessSettings(env={"OWN": "1", "TZ": "Asia/Tokyo"}, working_directory="below")
    other, own = bench.share([bench.made("surroundings"), bench.made("surroundings", process=process)])
    assert "'OWN'" not in bench.ending(other).output_tail
    assert f"['CRON_ACTORS_RUN_ID', 'OWN'] {bench.folder / 'below'} ['jobs']" in bench.ending(own).output_tail


def test_what_a_module_sets_when_it_is_imported_stays(bench: BatchBench) -> None:
    bench.jobs("import os\nos.environ['OWN_ZONE'] = 'x'\n" + JOBS)
    assert [bench.said("variable", "OWN_ZONE") for _ in range(3)] == ["x\n"] * 3


def test_a_folder_that_is_not_there_is_a_failure_of_its_run_alone(bench: BatchBench) -> None:
    absent = bench.made("fine", process=ProcessSettings(working_directory="absent"))
    first, second = bench.share([absent, bench.made("fine")])
    error = f"cannot enter the working directory {str(bench.folder / 'absent')!r}: No such file or directory"
    assert (bench.ending(first).error, bench.ending(second).error) == (error, None)


def test_a_closed_output_comes_back_with_the_next_run(bench: BatchBench) -> None:
    pid = bench.said("pid")
    assert bench.call("close_output").outcome is Outcome.SUCCESS
    assert bench.said("pid") == pid


@pytest.mark.parametrize("function", ["close_stdout", "thread", "child", "orphan", "memory", "interrupt"])
def test_after_what_the_next_run_must_not_meet_the_rest_of_a_batch_goes_to_another_process(
    bench: BatchBench, function: str
) -> None:
    keys = bench.batch("pid", function, "pid", "pid", recycling=Recycling(memory=50_000_000))
    assert bench.begun(keys) == [True] * 4
    first, _, third, fourth = (bench.ending(key).output_tail for key in keys)
    assert first != third == fourth


@pytest.mark.parametrize("function", ["use_up_descriptors", "let_no_file_grow", "close_folder"])
def test_what_a_process_cannot_begin_any_more_is_begun_by_another(bench: BatchBench, function: str) -> None:
    keys = bench.batch("pid", function, "pid", "pid")
    first, spoiler, third, fourth = (bench.ending(key) for key in keys)
    assert [end.outcome for end in (first, spoiler, third, fourth)] == [Outcome.SUCCESS] * 4
    assert first.output_tail != third.output_tail == fourth.output_tail
    assert bench.said("pid") == fourth.output_tail


def test_a_thread_that_is_no_daemon_is_waited_for_and_one_that_is_changes_nothing(bench: BatchBench) -> None:
    assert bench.said("thread") == "late\n"
    pid = bench.said("pid")
    bench.call("daemon_thread")
    assert bench.said("pid") == pid


def test_a_copy_that_a_function_forks_and_forgets_performs_nothing(bench: BatchBench) -> None:
    keys = bench.batch("fork", "count")
    assert bench.begun(keys) == [True, True]
    assert bench.ending(keys[1]).output_tail == "1\n"
    assert bench.hears_nothing()


def test_a_process_is_replaced_after_so_many_runs(bench: BatchBench) -> None:
    keys = bench.batch(*["pid"] * 7, recycling=Recycling(runs=3))
    pids = [bench.ending(key).output_tail for key in keys]
    assert len(set(pids)) == 3
    assert pids == sorted(pids, key=pids.index)
    assert pids[:3] == [pids[0]] * 3


def test_runs_of_different_folders_never_share_a_process(bench: BatchBench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "jobs.py").write_text("def pid():\n    print('of the other folder')\n")
    made = [bench.made("pid"), replace(bench.made("pid"), folder=other), bench.made("pid")]
    first, second, third = (bench.ending(key).output_tail for key in bench.share(made))
    assert second == "of the other folder\n"
    assert first == third


def test_arguments_and_results_may_be_long(bench: BatchBench) -> None:
    text = "é" * 300_000
    keys = bench.share([bench.made("size", text) for _ in range(8)])
    assert [bench.ending(key).output_tail for key in keys] == ["300000\n"] * 8
    kept = replace(bench.made("large", 60_000), keep_result=True)
    assert bench.ending(bench.share([kept])[0]).result == '"' + "x" * 60_000 + '"'


def test_a_batch_of_a_thousand_is_reported_once_each_in_order(bench: BatchBench) -> None:
    made = [bench.made("number", number) for number in range(1_000)]
    keys = bench.share(made)
    assert [bench.ending(key).output_tail for key in keys] == [f"{number}\n" for number in range(1_000)]
    assert bench.hears_nothing()


def test_figures_are_those_of_the_run(bench: BatchBench) -> None:
    ending = bench.call("memory")
    assert ending.peak_memory is not None
    assert ending.peak_memory > 60_000_000
    assert ending.cpu_seconds is not None
    assert timedelta(0) < ending.duration < timedelta(seconds=20)
    assert ending.by_itself


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_cannot_be_ordered_fails_and_the_others_of_its_batch_are_performed(bench: BatchBench, place: int) -> None:
    executions = [bench.made("pid") for _ in range(3)]
    poison: Json = []
    for _ in range(100_000):
        poison = [poison]
    executions[place] = bench.made("pid", poison)
    endings = [bench.ending(key) for key in bench.share(executions)]
    assert [ending.outcome is Outcome.FAILURE for ending in endings] == [number == place for number in range(3)]
    assert (endings[place].error or "").startswith("cannot start: maximum recursion depth exceeded")
    assert bench.call("pid").outcome is Outcome.SUCCESS


def test_what_needs_a_process_of_its_own_is_refused_as_a_whole(bench: BatchBench) -> None:
    call = FunctionCall(path="jobs", function_name="fine")
    refused = [
        bench.alone(Command(line="true")),
        bench.alone(replace(call, python="python3")),
        bench.alone(call, process=ProcessSettings(user="root")),
        bench.alone(call, process=ProcessSettings(env_file="env")),
        bench.alone(call, process=ProcessSettings(stdin="")),
        bench.alone(call, process=ProcessSettings(limits=Limits(memory=1))),
        bench.alone(call, success=Success(stderr_fails=True)),
        bench.alone(call, callback=Callback(kind=CallbackKind.AFTER_ERROR)),
    ]
    for execution in refused:
        with pytest.raises(ValueError, match="process"):
            bench.share([bench.made("fine"), execution])
    assert bench.hears_nothing()
