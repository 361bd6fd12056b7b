"""The daemon inside another program: by its own threads in this process, in real and in virtual time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors import Scheduler, composition, launch_scheduler
from cron_actors.errors import JobsFileError, UsageError
from cron_actors.settings import Granularity, Settings
from tests.fakes.daemon import NEVER, job

pytestmark = pytest.mark.e2e

HANGS_UP = """
import os
from cron_actors import launch_scheduler
job = {"identifier": "hang-up", "command": f"kill -HUP {os.getpid()}", "periodicity": "1h", "timeout": "1m"}
raise SystemExit(launch_scheduler({"jobs": [job]}))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings for ticks of a second and logs in a folder of the test."""
    return Settings(granularity=Granularity.SECOND, logs_base_directory=tmp_path / "logs")


def until(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        NEVER.wait(0.02)
    pytest.fail("not within 8 s")


def test_on_a_virtual_clock_five_ticks_launch_a_job_of_one_second_five_times_and_one_of_five_once(
    settings: Settings,
) -> None:
    jobs = {"jobs": [job("one"), job("five", periodicity="5s")]}
    assert launch_scheduler(jobs=jobs, settings=settings, max_ticks=5, wait=False) == 0
    launches = {name: len(list((settings.logs_base_directory / name).glob("20*.txt"))) for name in ("one", "five")}
    assert launches == {"one": 5, "five": 1}
    first = min((settings.logs_base_directory / "one").glob("20*.txt"))
    assert "T00-00-00Z_" in first.name, "the virtual clock starts at midnight UTC"


def test_a_running_scheduler_answers_and_stops(settings: Settings) -> None:
    running = Scheduler(jobs={"jobs": [job("clock")]}, settings=settings).start()
    until(lambda: running.num_runs("clock") >= 2)
    assert running.current_ticks() >= 2
    assert running.num_runs("nobody") == 0
    assert running.statistics()["clock"].launches >= 2
    assert not running.finished(0)
    running.stop()
    assert running.finished(8)
    assert running.statistics()["clock"].successes == running.num_runs("clock")
    assert running.wait() == 0
    assert running.wait() == 0


def test_a_second_stop_hurries(settings: Settings) -> None:
    running = Scheduler(jobs={"jobs": [job("long", "exec sleep 60")]}, settings=settings).start()
    until(lambda: running.num_runs("long") >= 1)
    running.stop()
    assert not running.finished(0.3)
    running.stop()
    assert running.finished(5)
    assert running.statistics()["long"].interrupted >= 1
    assert running.wait() == 0


def test_a_stop_that_cannot_be_written_down_is_given_up(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "GIVE_UP_AFTER", 0.5)
    database = tmp_path / "jobs.db"
    settings = replace(settings, database_url=f"sqlite:///{database}", grace=timedelta(0))
    running = Scheduler(jobs={"jobs": [job("clock")]}, settings=settings).start()
    until(lambda: running.num_runs("clock") >= 1)
    with closing(sqlite3.connect(database)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        running.stop()
        assert running.finished(5)
        assert running.wait() == 1


def test_several_schedulers_live_in_one_process(settings: Settings) -> None:
    both = [Scheduler({"jobs": [job("clock")]}, settings, 2, wait=False).start() for _ in range(2)]
    assert [running.finished(8) for running in both] == [True, True]
    assert [running.num_runs("clock") for running in both] == [2, 2]
    assert [running.wait() for running in both] == [0, 0]


def test_what_cannot_be_run_is_refused_before_anything_is_made(settings: Settings) -> None:
    with pytest.raises(JobsFileError, match="periodicty"):
        Scheduler({"jobs": [{"identifier": "a", "command": "true", "periodicty": "1s"}]}, settings).start()
    with pytest.raises(UsageError, match="max_ticks"):
        launch_scheduler({"jobs": []}, settings, wait=False)
    assert not settings.logs_base_directory.exists()


def test_a_call_needs_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "LOGS_BASE_DIRECTORY", "GRANULARITY"):
        monkeypatch.delenv(name, raising=False)
    assert launch_scheduler(jobs={"jobs": [job("clock", periodicity="1m")]}, max_ticks=1, wait=False) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["logs"], "jobs of a mapping are kept in memory"


def test_a_hangup_stops_a_daemon_that_has_no_file_to_read_again(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS_UP], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "SIGHUP: stopping" in ended.stderr
