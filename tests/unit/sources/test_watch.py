from __future__ import annotations

import os
from pathlib import Path

import pytest

from cron_actors.adapters.sources import FileWatch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that was written an hour ago."""
    path = tmp_path / "jobs.json"
    path.write_text("old")
    os.utime(path, (1, 1))
    return path


def watch(*paths: Path) -> FileWatch:
    return FileWatch(lambda: map(str, paths))


def test_a_file_that_stays_as_it_is_has_not_changed(file: Path) -> None:
    watched = watch(file)
    assert [watched.has_changed() for _ in range(3)] == [False, False, False]


def test_a_change_counts_once_it_has_come_to_rest(file: Path) -> None:
    watched = watch(file)
    file.write_text("half")
    assert not watched.has_changed()
    file.write_text("whole")
    assert not watched.has_changed()
    assert watched.has_changed()


@pytest.mark.parametrize("how", ["replaced", "written", "gone", "mode", "touched"])
def test_every_kind_of_change_is_seen(file: Path, tmp_path: Path, how: str) -> None:
    watched = watch(file)
    match how:
        case "replaced":
            (tmp_path / "new").write_text("old")
            os.utime(tmp_path / "new", (1, 1))
            (tmp_path / "new").rename(file)
        case "written":
            file.write_text("new")
        case "gone":
            file.unlink()
        case "mode":
            file.chmod(0o600)
        case _:
            os.utime(file, (2, 2))
    assert [watched.has_changed(), watched.has_changed()] == [False, True]


def test_what_a_link_leads_to_is_looked_at(file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    watched = watch(tmp_path / "link")
    file.write_text("new")
    assert [watched.has_changed(), watched.has_changed()] == [False, True]


def test_a_file_that_comes_or_goes_is_a_change(file: Path, tmp_path: Path) -> None:
    watched = FileWatch(lambda: map(str, tmp_path.iterdir()))
    (tmp_path / "other").touch()
    assert [watched.has_changed(), watched.has_changed()] == [False, True]


def test_reading_says_which_files_are_as_they_were_and_begins_anew(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("old")
    watched = watch(file, other)
    other.write_text("new one")
    assert watched.begin_reading() == {str(file)}
    assert [watched.has_changed(), watched.has_changed()] == [False, False]


def test_a_file_that_cannot_be_looked_at_is_never_as_it_was(tmp_path: Path) -> None:
    watched = watch(tmp_path / "none.json")
    assert watched.begin_reading() == frozenset()
    assert [watched.has_changed(), watched.has_changed()] == [False, False]


def test_files_that_others_name_are_looked_at_too(file: Path, tmp_path: Path) -> None:
    named = tmp_path / "holidays.ics"
    named.write_text("old")
    watched = watch(file)
    watched.follow([str(named)])
    assert [watched.has_changed(), watched.has_changed()] == [False, False]
    named.write_text("new one")
    assert [watched.has_changed(), watched.has_changed()] == [False, True]
