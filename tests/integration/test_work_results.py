"""What functions and worker classes can say of how they went, through the process that performs them."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.callback import Callback, CallbackKind
from cron_actors.model.job import FunctionCall, Success
from cron_actors.model.queue import Recycling
from cron_actors.model.run import Ending, Identity, Outcome
from cron_actors.ports.executor import ChildEnded, ChildStarted
from tests.integration.executor_bench import LIMIT_SECONDS, Bench

IMPORTS = "from cron_actors import Discard, Error, Launched, Snooze, Worker\nimport os, sys\n"
CALLBACK = """
    def after_error(self, error):
        print(error.run_id, error.attempt, error.max_attempts, error.args, error.kwargs, error.error)
        print(error.output_tail.splitlines()[-1] if error.output_tail else '-')
"""
CLEANED = (Outcome.FAILURE, "ValueError: no")


@pytest.fixture(scope="module")
def executor() -> Iterator[ZygoteExecutor]:
    executor = ZygoteExecutor()
    executor.open()
    yield executor
    executor.close()


@pytest.fixture
def bench(executor: ZygoteExecutor, tmp_path: Path) -> Bench:
    return Bench(executor, tmp_path)


@pytest.fixture(params=["forked", "other interpreter"])
def python(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "forked" else sys.executable


@pytest.fixture
def sleeper() -> Iterator[int]:
    """Return the id of a process that no run comes from."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


def ending_of(bench: Bench, body: str, python: str | None = None) -> Ending:
    return bench.run(bench.function(IMPORTS + body, python=python))


def worker_ending(bench: Bench, perform: str, rest: str = CALLBACK) -> tuple[Ending, str]:
    """Return how a worker class of this ``perform`` ended, and what it printed."""
    body = f"{IMPORTS}class job(Worker):\n    def perform(self, *args, **kwargs):\n        {perform}\n{rest}"
    key = bench.start(bench.function(body, 1, x=2))
    return bench.ending(key), bench.text(key)


@pytest.mark.parametrize("says", ["return", "raise"])
def test_an_error_is_a_failure_without_a_traceback(bench: Bench, python: str | None, says: str) -> None:
    call = bench.function(f"{IMPORTS}def job():\n    {says} Error('no paper')\n", python=python)
    key = bench.start(call)
    ending = bench.ending(key)
    assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.FAILURE, 1, "no paper")
    assert bench.text(key) == "no paper\n"


@pytest.mark.parametrize("says", ["return", "raise"])
def test_a_discard_is_an_outcome_of_its_own_with_its_reason(bench: Bench, python: str | None, says: str) -> None:
    ending = ending_of(bench, f"def job():\n    {says} Discard('no such\\ncustomer')\n", python)
    assert (ending.outcome, ending.error) == (Outcome.DISCARDED, "no such")


@pytest.mark.parametrize("length", ["90", "__import__('datetime').timedelta(minutes=1.5)"])
def test_a_snooze_says_how_long(bench: Bench, python: str | None, length: str) -> None:
    ending = ending_of(bench, f"def job():\n    return Snooze({length})\n", python)
    assert (ending.outcome, ending.snooze, ending.error) == (Outcome.SNOOZED, timedelta(seconds=90), None)


@pytest.mark.parametrize(
    "value", ["Snooze(-1)", "Snooze('5m')", "Snooze(float('nan'))", "Launched(0)", "Launched(2**40)", "Launched('1')"]
)
def test_a_result_that_makes_no_sense_is_a_failure(bench: Bench, value: str) -> None:
    ending = ending_of(bench, f"def job():\n    return {value}\n")
    assert ending.outcome is Outcome.FAILURE
    assert value.partition("(")[0] + " takes" in str(ending.error)


@pytest.mark.parametrize("pid", ["1", "os.getpid()", "os.getppid()", "DAEMON"])
def test_a_run_can_leave_nothing_running_that_it_comes_from(bench: Bench, pid: str, python: str | None) -> None:
    work = f"def job():\n    return Launched({pid})\n".replace("DAEMON", str(os.getpid()))
    ending = ending_of(bench, work, python)
    assert ending.outcome is Outcome.FAILURE
    assert "ValueError: Launched takes the id of a process that was left running, not " in str(ending.error)


def test_a_launched_process_is_known_by_more_than_its_id(bench: Bench, sleeper: int) -> None:
    ending = ending_of(bench, f"def job():\n    return Launched({sleeper})\n")
    assert (ending.outcome, ending.exit_code) == (Outcome.LAUNCHED, 0)
    assert ending.launched is not None
    stat = Path(f"/proc/{ending.launched.pid}/stat").read_text(encoding="ascii")
    assert ending.launched.start_time == int(stat.rpartition(")")[2].split()[19])
    assert ending.launched.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def test_a_launched_process_may_be_over_already(bench: Bench) -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    ending = ending_of(bench, f"def job():\n    return Launched({pid})\n")
    assert ending.launched is not None
    assert (ending.outcome, ending.launched.pid, ending.launched.start_time) == (Outcome.LAUNCHED, pid, 0)


def test_a_value_is_kept_only_where_it_is_wanted(bench: Bench, python: str | None) -> None:
    body = "async def job():\n    return {'é': [1, None]}\n"
    assert ending_of(bench, body, python).result is None
    result = _kept(bench, bench.function(body, python=python)).result
    assert result is not None
    assert json.loads(result) == {"é": [1, None]}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("object()", "TypeError: Object of type object is not JSON serializable"),
        ("float('nan')", "ValueError: Out of range float values are not JSON compliant"),
        ("'x' * 70_000", "it takes 70002 bytes as JSON, more than 65536"),
        ("(lambda x: (x.append(x), x)[1])([])", "ValueError: Circular reference detected"),
    ],
)
def test_a_value_that_cannot_be_kept_is_said_and_the_run_still_a_success(bench: Bench, value: str, why: str) -> None:
    call = bench.function(f"def job():\n    return {value}\n")
    ending = _kept(bench, call)
    assert (ending.outcome, ending.result) == (Outcome.SUCCESS, None)
    assert str(ending.error).startswith(f"the result was not kept: {why}")
    assert bench.log_of(99).read_text(encoding="utf-8").count("\n") == 1


def test_a_result_as_long_as_allowed_comes_home(bench: Bench) -> None:
    ending = _kept(bench, bench.function("def job():\n    return '\\\\' * 32_000\n"))
    assert ending.result is not None
    assert len(json.loads(ending.result)) == 32_000


def test_a_worker_class_performs_with_its_arguments(bench: Bench) -> None:
    ending, text = worker_ending(bench, "print(args, kwargs)")
    assert (ending.outcome, text) == (Outcome.SUCCESS, "(1,) {'x': 2}\n")
    assert ending.callbacks == ("after_error",)


def test_after_error_is_told_of_an_exception_in_the_same_process(bench: Bench) -> None:
    ending, text = worker_ending(bench, "raise ValueError('no')")
    assert (ending.outcome, ending.error) == CLEANED
    assert (ending.callbacks, ending.callback_error) == ((), None)
    run_id = text.splitlines()[-2].split()[0]
    assert text.splitlines()[-2:] == [f"{run_id} 1 1 (1,) {{'x': 2}} ValueError: no", "ValueError: no"]


@pytest.mark.parametrize("end", ["os._exit(3)", "sys.exit(3)", "os.kill(os.getpid(), 9)"])
def test_after_error_is_left_to_another_process_where_this_one_ends(bench: Bench, end: str) -> None:
    ending, text = worker_ending(bench, end)
    assert (ending.outcome, ending.callbacks, text) == (Outcome.FAILURE, ("after_error",), "")


@pytest.mark.parametrize(
    ("callback", "error"),
    [
        ("raise KeyError('k')", "after_error: KeyError: 'k'"),
        ("sys.exit(1)", "after_error: SystemExit: 1"),
        ("os._exit(0)", "after_error did not come to its end"),
        ("os.kill(os.getpid(), 9)", "after_error did not come to its end"),
        ("os.kill(os.getpid(), 14)", "after_error was still running after 30 seconds, and was ended"),
    ],
)
def test_a_callback_that_fails_is_recorded_and_changes_nothing(bench: Bench, callback: str, error: str) -> None:
    rest = f"    def after_error(self, error):\n        {callback}\n"
    ending, _ = worker_ending(bench, "raise ValueError('no')", rest)
    assert (ending.outcome, ending.error) == CLEANED
    assert (ending.callbacks, ending.callback_error) == ((), error)


def test_after_error_can_be_called_in_a_process_of_its_own(bench: Bench) -> None:
    body = f"{IMPORTS}class job(Worker):\n    def perform(self):\n        print('performed')\n{CALLBACK}"
    callback = Callback(kind=CallbackKind.AFTER_ERROR, error="killed by SIGKILL", output_tail="last words")
    ending = _called_back(bench, bench.function(body, "a"), callback)
    assert (ending.outcome, ending.callback_error) == (Outcome.SUCCESS, None)
    assert bench.log_of(99).read_text(encoding="utf-8") == "99 1 3 ('a',) {} killed by SIGKILL\nlast words\n"


@pytest.mark.parametrize(
    ("says", "outcome", "error"),
    [
        ("pass", Outcome.SUCCESS, None),
        ("return Error('half a file')", Outcome.FAILURE, "half a file"),
        ("return Discard('no file')", Outcome.DISCARDED, "no file"),
        ("return Snooze(5)", Outcome.SNOOZED, None),
        ("return Launched(4_194_304)", Outcome.LAUNCHED, None),
        ("os.kill(os.getpid(), 14)", Outcome.FAILURE, "after_async was still running after 30 seconds, and was ended"),
    ],
)
def test_after_async_says_what_became_of_it(bench: Bench, says: str, outcome: Outcome, error: str | None) -> None:
    body = f"{IMPORTS}class job(Worker):\n    def after_async(self, ended):\n        print(ended.pid)\n        {says}\n"
    launched = Identity(pid=4711, start_time=5, boot_id="boot")
    ending = _called_back(bench, bench.function(body), Callback(kind=CallbackKind.AFTER_ASYNC, launched=launched))
    assert (ending.outcome, ending.error) == (outcome, error)
    assert bench.log_of(99).read_text(encoding="utf-8").startswith("4711\n")


def test_a_failed_after_async_is_told_to_after_error(bench: Bench) -> None:
    after = "    def after_async(self, ended):\n        raise ValueError('no')\n"
    body = (
        f"{IMPORTS}class job(Worker):\n{after}    def after_error(self, error):\n        print('told', error.error)\n"
    )
    launched = Identity(pid=4711, start_time=5, boot_id="boot")
    ending = _called_back(bench, bench.function(body), Callback(kind=CallbackKind.AFTER_ASYNC, launched=launched))
    assert (ending.outcome, ending.callbacks) == (Outcome.FAILURE, ("after_async",))
    assert bench.log_of(99).read_text(encoding="utf-8").endswith("told ValueError: no\n")


@pytest.mark.parametrize(
    "left",
    [
        "{",
        '{"error": 5, "outcome": []}',
        '{"outcome": "failure", "exit_code": "x"}',
        '{"outcome": "snoozed"}',
        '{"callbacks": ["x"]}',
        '{"outcome": "launched", "launched": 1}',
    ],
)
def test_what_user_code_writes_into_the_report_hurts_nobody(bench: Bench, left: str) -> None:
    body = f"def job():\n    os.write(3, b'\\1' + {left!r}.encode() + b'\\n')\n    os._exit(0)\n"
    assert ending_of(bench, body).outcome in (Outcome.SUCCESS, Outcome.FAILURE)
    assert ending_of(bench, "def job():\n    pass\n").outcome is Outcome.SUCCESS


def test_a_status_that_the_job_counts_as_success_is_one_for_a_worker_too(bench: Bench) -> None:
    body = f"{IMPORTS}class job(Worker):\n    def perform(self):\n        sys.exit(3)\n{CALLBACK}"
    key = bench.start(bench.function(body), success=Success(exit_codes=frozenset({3})))
    assert (bench.ending(key).outcome, bench.text(key)) == (Outcome.SUCCESS, "")


def _kept(bench: Bench, call: FunctionCall) -> Ending:
    return _executed(bench, call, keep_result=True)


def _called_back(bench: Bench, call: FunctionCall, callback: Callback) -> Ending:
    return _executed(bench, call, callback=callback, variables={"CRON_ACTORS_MAX_ATTEMPTS": "3"})


def _executed(bench: Bench, call: FunctionCall, **fields: object) -> Ending:
    return bench.execute(replace(bench.execution(99, call), **fields))  # type: ignore[arg-type] # fields of an execution


def test_behind_a_launched_run_nothing_of_its_batch_is_begun(
    bench: Bench, executor: ZygoteExecutor, sleeper: int
) -> None:
    first = bench.function(f"{IMPORTS}def job():\n    return Launched({sleeper})\n")
    second = bench.function("def job():\n    print('performed')\n")
    executions = [bench.execution(number, call) for number, call in ((98, first), (99, second))]
    reports: queue.SimpleQueue[Sequence[ChildStarted | ChildEnded]] = queue.SimpleQueue()
    executor.start_batch(executions, "mail", Recycling(), reports.put)
    ends: list[ChildEnded] = []
    while len(ends) < 2:
        ends += [report for report in reports.get(timeout=LIMIT_SECONDS) if isinstance(report, ChildEnded)]
    assert [(end.key.run_id, end.begun) for end in ends] == [(98, True), (99, False)]
    assert ends[0].ending.outcome is Outcome.LAUNCHED
    assert not bench.log_of(99).exists()
