"""The look through all folders of logs, by what the store knows of the jobs."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.log_retention import LogRetention
from cron_actors.adapters.log_sweep import LogSweep
from cron_actors.adapters.stores.urls import open_reader
from cron_actors.ports.store import Reader
from tests.fakes.command_line import NOW, CommandLine, put_job

DAY = timedelta(days=1)


class Home:
    """A store with jobs, and the folders of their logs."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.line = CommandLine(folder)
        self.store = self.line.start_daemon()
        self.retention = LogRetention(lambda: NOW)

    def open_reader(self) -> Reader | None:
        return open_reader(self.line.url)

    def put_logs(self, job: str, *days: int) -> None:
        folder = self.logs / job
        folder.mkdir()
        for number, age in enumerate(days):
            path = folder / f"2026-11-01T00-00-00Z_{number}.txt"
            path.write_text("x")
            os.utime(path, ((NOW - DAY * age).timestamp(),) * 2)
        (folder / "latest.txt").symlink_to(f"2026-11-01T00-00-00Z_{len(days) - 1}.txt")

    def remove(self, job: str) -> None:
        with self.store.begin() as transaction:
            (record,) = [found for found in transaction.jobs() if found.identifier == job]
            transaction.put_job(replace(record, removed_at=NOW))

    def sweep(self) -> None:
        LogSweep(self.logs, self.retention, self.open_reader).sweep()

    def left(self, job: str) -> int:
        return len(list((self.logs / job).glob("2026*")))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(autouse=True)
def _closed(home: Home) -> object:
    yield
    home.line.stop_daemon()


def test_every_job_is_pruned_by_its_own_retention_and_keeps_its_newest_log(home: Home) -> None:
    put_job(home.store, "usual")
    put_job(home.store, "short", retention={"age": "1 day"})
    home.put_logs("usual", 40, 20, 5)
    home.put_logs("short", 40, 20, 5)
    home.sweep()
    assert (home.left("usual"), home.left("short")) == (2, 1)


def test_a_removed_job_loses_its_logs_by_age_and_in_the_end_its_folder(home: Home) -> None:
    for name, ages in (("older", (40, 35)), ("newer", (40, 5))):
        put_job(home.store, name)
        home.put_logs(name, *ages)
        home.remove(name)
    home.sweep()
    assert not (home.logs / "older").exists()
    assert home.left("newer") == 1


def test_a_folder_with_anything_else_in_it_stays(home: Home) -> None:
    put_job(home.store, "gone")
    home.put_logs("gone", 40)
    (home.logs / "gone" / "notes").touch()
    home.remove("gone")
    home.sweep()
    assert (home.logs / "gone" / "notes").exists()


def test_the_log_of_a_run_under_way_is_not_deleted_although_its_job_is_gone(home: Home) -> None:
    put_job(home.store, "gone")
    home.put_logs("gone", 40)
    home.remove("gone")
    home.retention.begun(str(home.logs / "gone" / "2026-11-01T00-00-00Z_0.txt"))
    home.sweep()
    assert home.left("gone") == 1


def test_folders_of_jobs_that_the_store_does_not_know_are_left_alone(home: Home) -> None:
    home.put_logs("of-another-daemon", 400)
    home.sweep()
    assert home.left("of-another-daemon") == 1


def test_without_a_database_nothing_is_swept(home: Home) -> None:
    home.put_logs("any", 400)
    LogSweep(home.logs, home.retention, lambda: None).sweep()
    assert home.left("any") == 1


def test_a_sweep_that_is_stopped_ends_its_thread(home: Home) -> None:
    put_job(home.store, "usual")
    home.put_logs("usual", 40, 20)
    sweep = LogSweep(home.logs, home.retention, home.open_reader)
    sweep.stop()
    sweep.start()
    sweep.stop()
    assert home.left("usual") == 2


def test_a_sweep_that_fails_says_so_and_goes_on(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    def no_reader() -> Reader | None:
        sweep._stopped.set()
        raise OSError("unreadable")

    sweep = LogSweep(home.logs, home.retention, no_reader)
    sweep._run()
    assert "the old logs cannot be looked through" in caplog.text
