"""Old log files in the folders of jobs."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.log_retention import LogRetention
from cron_actors.adapters.run_logs import RunLogFiles
from cron_actors.model.job import Retention
from tests.fakes.values import NOON

DAY = timedelta(days=1)


class Logs:
    """A folder of a job whose logs are a day apart, and the time that can be set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOON
        self.retention = LogRetention(lambda: self.now)
        folder.mkdir()

    def write(self, number: int, written_at: datetime = NOON, size: int = 1) -> str:
        path = self.folder / f"2026-11-01T00-00-00Z_{number}.txt"
        path.write_bytes(b"x" * size)
        os.utime(path, (written_at.timestamp(), written_at.timestamp()))
        return str(path)

    def over(self, path: str, rule: Retention) -> None:
        self.retention.over(path, Path(path).stat().st_size if Path(path).exists() else 0, rule)

    def left(self) -> list[int]:
        return sorted(int(path.stem.split("_")[1]) for path in self.folder.glob("2026*"))


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "job")


def test_the_end_of_a_run_deletes_what_is_beyond_the_retention(logs: Logs) -> None:
    for number in range(1, 6):
        logs.write(number, NOON - DAY * (6 - number))
    logs.over(logs.write(6), Retention(count=3))
    assert logs.left() == [4, 5, 6]


def test_files_of_other_names_folders_and_links_are_left_alone(logs: Logs) -> None:
    old = (NOON - 99 * DAY).timestamp()
    for name in ("notes.txt", "2026-11-01.txt", ".2026-11-01T00-00-00Z_1.txt.link", "2026-11-01T00-00-00Z_x.txt"):
        (logs.folder / name).write_text("mine")
        os.utime(logs.folder / name, (old, old))
    before = {path.name for path in logs.folder.iterdir()}
    logs.over(logs.write(1), Retention())
    assert {path.name for path in logs.folder.iterdir()} == {*before, "2026-11-01T00-00-00Z_1.txt"}


def test_the_log_of_a_run_under_way_stays_until_it_is_over(logs: Logs) -> None:
    slow = logs.write(1, NOON - 40 * DAY)
    logs.retention.begun(slow)
    logs.over(logs.write(2), Retention(count=1))
    assert logs.left() == [1, 2]
    logs.now += timedelta(minutes=2)
    logs.write(3, logs.now)
    logs.over(slow, Retention(count=1))
    assert logs.left() == [3]


def test_the_newest_log_stays_however_old_it_is(logs: Logs) -> None:
    newest = logs.write(1, NOON - 99 * DAY, size=5000)
    (logs.folder / "latest.txt").symlink_to(Path(newest).name)
    logs.over(newest, Retention(size=10))
    assert logs.left() == [1]


def test_a_folder_is_looked_through_at_most_once_a_minute(logs: Logs) -> None:
    rule = Retention(count=1)
    logs.over(logs.write(1), rule)
    logs.over(logs.write(2), rule)
    assert logs.left() == [1, 2]
    logs.now += timedelta(seconds=60)
    logs.over(logs.write(3, logs.now), rule)
    assert logs.left() == [3]


def test_a_clock_set_back_does_not_stop_the_looking(logs: Logs) -> None:
    rule = Retention(count=1)
    logs.over(logs.write(1), rule)
    logs.now -= timedelta(hours=1)
    logs.over(logs.write(2, NOON + DAY), rule)
    assert logs.left() == [2]


def test_a_folder_that_grows_fast_is_looked_through_sooner(logs: Logs) -> None:
    rule = Retention(count=1, size=1_000_000)
    logs.over(logs.write(1), rule)
    logs.over(logs.write(2, NOON + DAY, size=600_000), rule)
    assert logs.left() == [1, 2]
    logs.over(logs.write(3, NOON + 2 * DAY, size=600_000), rule)
    assert logs.left() == [3]


def test_each_job_has_its_own_minute(logs: Logs, tmp_path: Path) -> None:
    rule = Retention(count=1)
    logs.over(logs.write(1), rule)
    logs.now += timedelta(seconds=1)
    (tmp_path / "other").mkdir()
    for number in (1, 2):
        (tmp_path / "other" / f"2026-11-01T00-00-00Z_{number}.txt").touch()
    logs.over(str(tmp_path / "other" / "2026-11-01T00-00-00Z_2.txt"), rule)
    assert len(list((tmp_path / "other").iterdir())) == 1


def test_in_a_burst_of_first_runs_a_folder_is_left_alone_until_the_first_end_after_a_minute(
    logs: Logs, tmp_path: Path
) -> None:
    rule = Retention(count=1)
    (tmp_path / "other").mkdir()
    logs.over(str(tmp_path / "other" / "2026-11-01T00-00-00Z_1.txt"), rule)
    logs.now += timedelta(milliseconds=20)
    logs.write(1, NOON - DAY)
    logs.over(logs.write(2), rule)
    logs.now += timedelta(seconds=59)
    logs.over(logs.write(3, logs.now), rule)
    assert logs.left() == [1, 2, 3]
    logs.now += timedelta(seconds=1)
    logs.over(logs.write(4, logs.now), rule)
    assert logs.left() == [4]


def test_in_a_burst_a_folder_is_looked_through_again_as_at_any_other_time(logs: Logs, tmp_path: Path) -> None:
    rule = Retention(count=1)
    logs.over(logs.write(1), rule)
    logs.now += timedelta(minutes=1)
    (tmp_path / "other").mkdir()
    logs.over(str(tmp_path / "other" / "2026-11-01T00-00-00Z_1.txt"), rule)
    logs.over(logs.write(2, logs.now), rule)
    assert logs.left() == [2]


def test_a_log_that_was_never_begun_is_no_trouble(logs: Logs) -> None:
    logs.over(str(logs.folder / "2026-11-01T00-00-00Z_1.txt"), Retention())


def test_a_log_of_the_real_files_is_kept_while_it_is_written_and_deleted_when_it_is_old(tmp_path: Path) -> None:
    now = NOON
    files = RunLogFiles(LogRetention(lambda: now))
    paths = [str(tmp_path / "job" / f"2026-11-01T00-00-0{number}Z_{number}.txt") for number in range(3)]
    for path in paths:
        files.begin(path, "header\n")
    files.retire(paths[2], Retention(count=1))
    assert all(Path(path).exists() for path in paths)
    files.retire(paths[0], Retention(count=1))
    assert all(Path(path).exists() for path in paths), "it was looked at a moment ago"
    now += timedelta(minutes=2)
    files.retire(paths[2], Retention(count=1))
    assert [Path(path).exists() for path in paths] == [False, True, True], "the second one is still written"
