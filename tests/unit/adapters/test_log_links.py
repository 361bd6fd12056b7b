"""The link beside log files that points at the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from cron_actors.adapters.log_links import point

LINK = "latest.txt"


@pytest.mark.parametrize("is_new", [True, False])
def test_the_link_points_at_the_file_of_this_name_and_nothing_else_is_left(tmp_path: Path, is_new: bool) -> None:  # noqa: FBT001
    for name in ("first.txt", "second.txt"):
        (tmp_path / name).touch()
        point(str(tmp_path), LINK, name, is_new=is_new)
        assert (tmp_path / LINK).readlink() == Path(name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.txt", LINK, "second.txt"]


def test_what_a_process_left_that_was_killed_in_between_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".first.txt.link").symlink_to("elsewhere.txt")
    point(str(tmp_path), LINK, "first.txt")
    assert (tmp_path / LINK).readlink() == Path("first.txt")
    assert [path.name for path in tmp_path.iterdir()] == [LINK]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        point(str(tmp_path / "none"), LINK, "first.txt", is_new=True)
