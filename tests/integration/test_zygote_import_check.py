"""The check of modules and functions before any run."""

from __future__ import annotations

import builtins
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.import_check import ImportProblem, check_imports
from cron_actors.model.job import FunctionCall
from tests.integration.executor_bench import is_gone


def check(folder: Path, *calls: FunctionCall, seconds: float = 10) -> list[ImportProblem]:
    named = [(f"job{number}", call, folder) for number, call in enumerate(calls)]
    return check_imports(named, cwd=folder.parent, timeout=timedelta(seconds=seconds))


def of_module(folder: Path, text: str, function_name: str = "job", *, seconds: float = 10) -> list[ImportProblem]:
    (folder / "tasks.py").write_text(text)
    return check(folder, FunctionCall(path="tasks", function_name=function_name), seconds=seconds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs"
    folder.mkdir()
    return folder


def test_a_function_that_is_there_is_no_problem(folder: Path) -> None:
    assert of_module(folder, "def job(): pass\nclass Shop:\n    def close(self): pass\n", "job") == []
    assert of_module(folder, "def job(): pass\nclass Shop:\n    def close(self): pass\n", "Shop.close") == []


def test_nothing_to_check_is_no_problem(folder: Path) -> None:
    assert check(folder) == []


def test_modules_are_found_in_the_jobs_folder_first_then_in_the_working_directory(folder: Path) -> None:
    (folder.parent / "tasks.py").write_text("def of_cwd(): pass\n")
    assert check(folder, FunctionCall(path="tasks", function_name="of_cwd")) == []
    assert [problem.fatal for problem in of_module(folder, "def job(): pass\n", "of_cwd")] == [True]


@pytest.mark.parametrize("path", ["missing", "json.missing", "missing.sub", "tasks.py", "a/b"])
def test_a_missing_module_is_fatal(folder: Path, path: str) -> None:
    (folder / "tasks.py").touch()
    (problem,) = check(folder, FunctionCall(path=path, function_name="job"))
    assert (problem.job, problem.field, problem.fatal) == ("job0", "path", True)
    looked = f"looked in {folder}, {folder.parent} and the packages of {sys.executable}"
    assert problem.message == f"module {path!r} was not found; {looked}"


def test_a_folder_that_was_searched_is_named_once(folder: Path) -> None:
    (problem,) = check_imports([("job", FunctionCall(path="missing", function_name="job"), folder)], cwd=folder)
    looked = f"looked in {folder} and the packages of {sys.executable}"
    assert problem.message == f"module 'missing' was not found; {looked}"


@pytest.mark.parametrize("path", ["", ".tasks", "a..b"])
def test_what_is_no_modules_name_is_fatal(folder: Path, path: str) -> None:
    (problem,) = check(folder, FunctionCall(path=path, function_name="job"))
    assert (problem.field, problem.fatal) == ("path", True)
    assert problem.message.startswith(f"module {path!r} is no module's name")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'job' of module 'tasks' was not found"),
        ("job = 3\n", "'job' of module 'tasks' is of type int, not a function"),
    ],
)
def test_a_missing_function_is_fatal(folder: Path, text: str, message: str) -> None:
    expected = ImportProblem(job="job0", field="function_name", message=message, fatal=True)
    assert of_module(folder, text) == [expected]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import not_there\n", "imports 'not_there', which was not found"),
        ("raise OSError('db down')\n", "raises OSError: db down when it is imported"),
        ("def job(:\n", "raises SyntaxError: invalid syntax"),
        ("import sys; sys.exit(3)\n", "calls sys.exit(3) when it is imported"),
        ("import os; os._exit(4)\n", "ends its process with status 4 when it is imported"),
        ("import os; os.abort()\n", "is killed by SIGABRT when it is imported"),
        ("raise KeyboardInterrupt\n", "raises KeyboardInterrupt"),
    ],
)
def test_a_module_that_fails_to_import_is_a_warning(folder: Path, text: str, found: str) -> None:
    (problem,) = of_module(folder, text)
    assert (problem.field, problem.fatal) == ("path", False)
    assert problem.message.startswith(f"module 'tasks' {found}")
    assert problem.message.endswith("; only a warning, as it may pass")


def test_a_module_that_hangs_is_a_warning_and_its_processes_are_gone(folder: Path) -> None:
    text = (
        "import os, signal, subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(folder / 'pid')!r}, 'w').write(str(child.pid))\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "while True: signal.pause()\n"
    )
    (problem,) = of_module(folder, text, seconds=0.5)
    assert not problem.fatal
    assert "is still not imported after the time allowed" in problem.message
    assert is_gone(int((folder / "pid").read_text()))


def test_what_modules_print_is_dropped(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = 'import os, sys\nprint(\'{"index": 0}\')\nos.system("echo x; echo y >&2")\ndef job(): pass\n'
    assert of_module(folder, text) == []
    assert capfd.readouterr() == ("", "")


def test_user_code_never_runs_in_this_process(folder: Path) -> None:
    of_module(folder, "import builtins\nbuiltins.touched = True\ndef job(): pass\n")
    assert "tasks" not in sys.modules
    assert not hasattr(builtins, "touched")


def test_one_bad_module_does_not_hide_another_and_the_order_is_that_of_the_calls(folder: Path) -> None:
    (folder / "good.py").write_text("def job(): pass\n")
    (folder / "bad.py").write_text("import os; os.kill(os.getpid(), 9)\n")
    calls = [
        FunctionCall(path=path, function_name=name)
        for path, name in [("good", "nope"), ("bad", "job"), ("good", "job"), ("missing", "job"), ("bad", "other")]
    ]
    assert [(problem.job, problem.fatal) for problem in check(folder, *calls)] == [
        ("job0", True),
        ("job1", False),
        ("job3", True),
        ("job4", False),
    ]


def test_another_interpreter_looks_in_its_own_packages(folder: Path) -> None:
    call = FunctionCall(path="cron_actors", function_name="job", python="/usr/bin/python3")
    if not Path("/usr/bin/python3").exists():
        pytest.skip("/usr/bin/python3 is missing")
    (problem,) = check(folder, call)
    assert (problem.field, problem.fatal) == ("path", True)
    assert "the packages of /usr/bin/python3" in problem.message


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("no-such-python", "'no-such-python' cannot be run: No such file or directory"),
        (
            "/bin/false",
            "'/bin/false' cannot check imports (exit status 1); an interpreter of Python 3.8 or later is accepted",
        ),
    ],
)
def test_an_interpreter_that_cannot_be_used_is_fatal(folder: Path, python: str, message: str) -> None:
    (folder / "tasks.py").write_text("def job(): pass\n")
    own = FunctionCall(path="tasks", function_name="job")
    other = FunctionCall(path="tasks", function_name="job", python=python)
    assert check(folder, own, other) == [ImportProblem(job="job1", field="python", message=message, fatal=True)]


def test_a_thousand_modules_take_seconds(folder: Path) -> None:
    for number in range(1_000):
        (folder / f"tasks{number}.py").write_text("def job(): pass\n")
    calls = [FunctionCall(path=f"tasks{number}", function_name="job") for number in range(1_000)]
    before = time.monotonic()
    assert check(folder, *calls) == []
    assert time.monotonic() - before < 60
