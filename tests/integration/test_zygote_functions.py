"""Python functions as children of the template process: what they may do costs their own attempt and nothing else."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.job import FunctionCall, Json, ProcessSettings
from cron_actors.model.run import AttemptKey, Outcome
from cron_actors.ports.executor import ChildEnded
from tests.integration.executor_bench import Bench

SAMPLE = "def job():\n    print('fine')\n"


@pytest.fixture(scope="module")
def executor() -> Iterator[ZygoteExecutor]:
    executor = ZygoteExecutor()
    executor.open()
    yield executor
    executor.close()


@pytest.fixture
def bench(executor: ZygoteExecutor, tmp_path: Path) -> Iterator[Bench]:
    template = executor.template_pid
    bench = Bench(executor, tmp_path)
    yield bench
    assert bench.output(bench.function(SAMPLE)) == "fine\n"
    assert executor.template_pid == template


@pytest.fixture(params=["forked", "other interpreter"])
def python(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "forked" else sys.executable


def test_a_function_gets_its_arguments(bench: Bench, python: str | None) -> None:
    body = "def job(*args, **kwargs):\n    print(args, kwargs)\n"
    assert bench.output(bench.function(body, 1, "b", None, x=[2], python=python)) == "(1, 'b', None) {'x': [2]}\n"


def test_arguments_that_cannot_be_ordered_are_a_failure_of_their_run_alone(bench: Bench) -> None:
    poison: Json = []
    for _ in range(100_000):
        poison = [poison]
    ending = bench.run(bench.function(SAMPLE, poison))
    assert (ending.outcome, ending.exit_code) == (Outcome.FAILURE, 126)
    assert (ending.error or "").startswith("cannot start: maximum recursion depth exceeded")
    assert bench.run(bench.function(SAMPLE)).outcome is Outcome.SUCCESS


@pytest.mark.parametrize("name", ["nul \0.txt", "surrogate \ud800.txt"])
def test_a_log_that_no_system_can_name_is_a_failure_of_its_run_alone(bench: Bench, name: str) -> None:
    key = AttemptKey(run_id=1_000, attempt=1, token="token")  # noqa: S106 - not a password
    execution = replace(bench.execution(1_000, bench.function(SAMPLE)), log=str(bench.folder / name))
    bench.executor.start(execution, bench.reports.put)
    end = bench.reports.get(timeout=20)
    assert isinstance(end, ChildEnded)
    assert (end.key, end.ending.outcome) == (key, Outcome.FAILURE)


def test_arguments_may_be_longer_than_a_packet(bench: Bench, python: str | None) -> None:
    body = "def job(text):\n    print(len(text))\n"
    assert bench.output(bench.function(body, "é" * 1_000_000, python=python)) == "1000000\n"


def test_an_async_function_is_awaited(bench: Bench, python: str | None) -> None:
    body = "import asyncio\nasync def job():\n    await asyncio.sleep(0)\n    print('awaited')\n"
    assert bench.output(bench.function(body, python=python)) == "awaited\n"


def test_a_method_of_a_class_can_be_named(bench: Bench) -> None:
    name = bench.module("shop", "class Shop:\n    @staticmethod\n    def close():\n        print('closed')\n")
    assert bench.output(FunctionCall(path=name, function_name="Shop.close")) == "closed\n"


def test_an_exception_is_shown_from_the_users_frames_on(bench: Bench, python: str | None) -> None:
    call = bench.function(
        "def job():\n    helper()\ndef helper():\n    raise ValueError('bad\\nworse')\n", python=python
    )
    key = bench.start(call)
    ending = bench.ending(key)
    assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.FAILURE, 1, "ValueError: bad")
    text = bench.text(key)
    assert text.startswith(
        f'Traceback (most recent call last):\n  File "{bench.folder}/{call.path}.py", line 2, in job'
    )
    assert text.endswith("ValueError: bad\nworse\n")
    assert "function_call" not in text


def test_an_exception_of_an_async_function_is_shown_from_the_users_frames_on(bench: Bench) -> None:
    key = bench.start(bench.function("async def job():\n    raise KeyError('k')\n"))
    assert bench.ending(key).error == "KeyError: 'k'"
    assert "asyncio" not in bench.text(key)


@pytest.mark.parametrize(
    ("argument", "status", "error", "output"),
    [
        ("", 0, None, ""),
        ("None", 0, None, ""),
        ("3", 3, "exit status 3", ""),
        ("-1", 255, "exit status 255", ""),
        ("'no more'", 1, "no more", "no more\n"),
    ],
)
def test_sys_exit_means_what_it_means_in_a_program(
    bench: Bench, argument: str, status: int, error: str | None, output: str
) -> None:
    key = bench.start(bench.function(f"import sys\ndef job():\n    sys.exit({argument})\n"))
    ending = bench.ending(key)
    assert (ending.exit_code, ending.error, bench.text(key)) == (status, error, output)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("os._exit(4)", "exit status 4"),
        ("os.abort()", "killed by SIGABRT"),
        ("os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("ctypes.string_at(0)", "killed by SIGSEGV"),
        ("os.closerange(0, 100); raise ValueError('dark')", "exit status 1"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("[].append([0] * 10**13)", "MemoryError"),
        ("recurse()", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_a_violent_end_costs_its_own_attempt(bench: Bench, statement: str, error: str) -> None:
    body = f"import ctypes, os\ndef recurse():\n    recurse()\ndef job():\n    {statement}\n"
    ending = bench.run(bench.function(body))
    assert (ending.outcome, ending.error) == (Outcome.FAILURE, error)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("raise OSError('db down')\n", "OSError: db down"),
        ("import sys; sys.exit(5)\n", "exit status 5"),
        ("def job(:\n", "SyntaxError: invalid syntax"),
        ("import no_such_thing\n", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("x = 1\n", "AttributeError: module"),
        ("def job(missing): pass\n", "TypeError: job() missing 1 required positional argument: 'missing'"),
    ],
)
def test_a_module_that_cannot_be_used_is_a_failure_that_says_why(bench: Bench, body: str, error: str) -> None:
    ending = bench.run(bench.function(body))
    assert ending.error is not None
    assert ending.error.startswith(error)


def test_output_reaches_the_log_line_by_line(bench: Bench) -> None:
    body = "import os\ndef job(log):\n    print('shown')\n    assert open(log).read() == 'shown\\n'\n"
    call = bench.function(body)
    log = bench.folder / "2.txt"
    assert bench.output(FunctionCall(path=call.path, function_name="job", args=(str(log),))) == "shown\n"


def test_threads_exit_handlers_and_open_files_are_finished_first(bench: Bench, python: str | None) -> None:
    body = (
        "import atexit, threading, sys\n"
        "def job(path):\n"
        "    global kept\n"
        "    kept = open(path, 'w')\n"
        "    kept.write('kept')\n"
        "    main = threading.current_thread()\n"
        "    atexit.register(print, 'at exit')\n"
        "    go = threading.Event()\n"
        "    threading.Thread(target=lambda: (go.wait(), print('thread'))).start()\n"
        "    threading.Timer(0.05, go.set).start()\n"
        "    sys.stdout.write('partial ')\n"
    )
    path = bench.folder / "kept"
    assert bench.output(bench.function(body, str(path), python=python)) == "partial thread\nat exit\n"
    assert path.read_text() == "kept"


def test_log_records_from_info_on_go_to_the_log(bench: Bench, python: str | None) -> None:
    body = "import logging\nlog = logging.getLogger('shop')\ndef job():\n    log.debug('no')\n    log.info('yes')\n"
    text = bench.output(bench.function(body, python=python))
    assert text.endswith(" INFO shop: yes\n")
    assert "no" not in text


def test_the_users_own_logging_configuration_rules(bench: Bench) -> None:
    body = (
        "import logging\n"
        "def job():\n"
        "    logging.basicConfig(format='mine %(message)s', level='ERROR')\n"
        "    logging.getLogger('a').warning('no')\n"
        "    logging.getLogger('a').error('yes')\n"
    )
    assert bench.output(bench.function(body)) == "mine yes\n"


def test_modules_come_from_the_jobs_folder_then_the_working_directory(bench: Bench, python: str | None) -> None:
    body = "import json, sys\ndef job():\n    print(json.dumps(sys.path))\n"
    path = json.loads(bench.output(bench.function(body, python=python)))
    assert path[:2] == [str(bench.folder), str(Path.cwd())]
    assert not [entry for entry in path if entry.endswith("adapters/executors")]


def test_a_changed_module_is_used_at_the_next_run(bench: Bench) -> None:
    name = bench.module("changing", "def job():\n    print('old')\n")
    assert bench.output(FunctionCall(path=name, function_name="job")) == "old\n"
    bench.module("changing", "def job():\n    print('entirely new')\n")
    assert bench.output(FunctionCall(path=name, function_name="job")) == "entirely new\n"


def test_surroundings_are_those_of_the_job(bench: Bench, python: str | None) -> None:
    (bench.folder / "sub").mkdir()
    body = "import os, sys\ndef job():\n    print(os.getcwd(), os.environ['A'], sys.stdin.read())\n"
    settings = ProcessSettings(env={"A": "a"}, working_directory="sub", stdin="typed")
    assert bench.output(bench.function(body, python=python), settings) == f"{bench.folder}/sub a typed\n"


def test_a_time_zone_of_the_job_is_in_force(bench: Bench) -> None:
    body = "import time\ndef job():\n    print(time.strftime('%Z', time.localtime(0)))\n"
    assert bench.output(bench.function(body), ProcessSettings(env={"TZ": "EST5"})) == "EST\n"


def test_no_descriptor_of_the_template_reaches_a_function_or_its_children(bench: Bench, python: str | None) -> None:
    body = (
        "import os, subprocess\n"
        "def job():\n"
        "    print(sorted(os.listdir('/proc/self/fd'), key=int)[:4], flush=True)\n"
        "    subprocess.run(['sh', '-c', 'ls -l /proc/self/fd | grep -c -E \"socket|anon_inode|memfd\"'])\n"
    )
    first, second = bench.output(bench.function(body, python=python)).splitlines()
    assert first.startswith("['0', '1', '2', ")
    assert second == "0"


def test_each_run_has_its_own_randomness(bench: Bench) -> None:
    call = bench.function("import random\ndef job():\n    print(random.random())\n")
    assert bench.output(call) != bench.output(call)


def test_a_daemon_that_keeps_the_output_does_not_keep_the_run_open(bench: Bench) -> None:
    body = (
        "import os, signal\n"
        "def job():\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        signal.alarm(600)\n"
        "        signal.pause()\n"
        "    print(pid)\n"
    )
    daemon = int(bench.output(bench.function(body)))
    os.kill(daemon, signal.SIGKILL)


def test_a_child_that_returns_from_the_function_does_not_speak_for_the_run(bench: Bench) -> None:
    body = (
        "import os\n"
        "def job():\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        raise ValueError('of the child')\n"
        "    os.waitpid(pid, 0)\n"
        "    raise LookupError\n"
    )
    assert bench.run(bench.function(body)).error == "LookupError"


def test_multiprocessing_works_in_a_function(bench: Bench) -> None:
    body = (
        "import multiprocessing\n"
        "def double(x):\n"
        "    return 2 * x\n"
        "def job():\n"
        "    for method in ('fork', 'spawn'):\n"
        "        with multiprocessing.get_context(method).Pool(1) as pool:\n"
        "            print(pool.map(double, [1, 2]))\n"
    )
    assert bench.output(bench.function(body)) == "[2, 4]\n[2, 4]\n"


def test_an_interpreter_that_does_not_exist_is_one_clear_line(bench: Bench) -> None:
    ending = bench.run(bench.function(SAMPLE, python="venv/bin/python"))
    assert (ending.exit_code, ending.error) == (
        127,
        f"cannot run '{bench.folder}/venv/bin/python': no such program",
    )
