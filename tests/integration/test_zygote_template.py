"""The template process itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.process_groups import process_stat
from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.errors import StartError
from cron_actors.ports.executor import ChildStarted
from tests.integration.executor_bench import FOREVER, Bench

LIMIT_KILOBYTES = 18_000


@pytest.fixture
def executor() -> Iterator[ZygoteExecutor]:
    executor = ZygoteExecutor()
    executor.open()
    yield executor
    executor.close()


def test_the_template_is_small_and_has_one_thread(executor: ZygoteExecutor) -> None:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{executor.template_pid}/status").read_text().splitlines())
    assert int(status["VmRSS"].split()[0]) < LIMIT_KILOBYTES
    assert int(status["Threads"]) == 1


def test_the_template_never_imports_what_jobs_import(executor: ZygoteExecutor, tmp_path: Path) -> None:
    bench = Bench(executor, tmp_path)
    body = "import sys\nbefore = set(sys.modules)\nimport decimal\ndef job():\n    print('decimal' in before)\n"
    call = bench.function(body)
    assert [bench.output(call), bench.output(call)] == ["False\n", "False\n"]


def test_no_file_of_the_working_directory_hides_a_library_from_the_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('hidden')\n")
    monkeypatch.chdir(tmp_path)
    executor = ZygoteExecutor()
    executor.open()
    executor.close()


def test_a_working_directory_that_is_gone_refuses_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(StartError, match="the working directory cannot be used: No such file or directory"):
        ZygoteExecutor().open()
    monkeypatch.chdir(tmp_path)


def test_an_interpreter_that_does_not_get_ready_refuses_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(StartError, match="process template '/bin/false' did not get ready"):
        ZygoteExecutor().open()
    monkeypatch.setattr("sys.executable", "/no/such/python")
    with pytest.raises(StartError, match="cannot start the process template '/no/such/python'"):
        ZygoteExecutor().open()


def test_the_start_of_a_process_that_lives_on_is_told_with_its_age(bench: Bench) -> None:
    key = bench.start(FOREVER)
    identity = bench.identity(key)
    [started] = bench._heard[key]
    assert isinstance(started, ChildStarted)
    assert timedelta(milliseconds=50) <= started.age < timedelta(seconds=10)
    assert process_stat(identity.pid) is not None
    bench.end(key, 0)
    bench.ending(key)
