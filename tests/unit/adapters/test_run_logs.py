from __future__ import annotations

import os
from pathlib import Path

import pytest

from cron_actors.adapters.run_logs import DiskRoom, RunLogFiles
from cron_actors.model.job import Retention


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a log is to be; neither it nor its folder exists."""
    return tmp_path / "logs" / "backup" / "run_1.txt"


def descriptors() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir()}


def test_a_log_begins_with_its_header_in_a_folder_made_for_it(path: Path) -> None:
    RunLogFiles().begin(str(path), "=== first ===\n")
    assert path.read_text() == "=== first ===\n"


def test_only_the_owner_can_read_a_log_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        RunLogFiles().begin(str(path), "header\n")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_log_tells_whether_an_attempt_was_begun(path: Path) -> None:
    logs = RunLogFiles()
    assert not logs.has_begun(str(path), "=== first ===\n")
    logs.begin(str(path), "=== first ===\n")
    assert logs.has_begun(str(path), "=== first ===\n")
    assert not logs.has_begun(str(path), "=== second ===\n")


def test_a_log_too_long_to_be_read_is_taken_to_tell_of_every_attempt(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "=== first ===\n")
    monkeypatch.setattr("cron_actors.adapters.run_logs.READ_AT_MOST", 10)
    assert logs.has_begun(str(path), "=== second ===\n")


def test_a_second_attempt_is_appended_to_the_first(path: Path) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "=== first ===\n")
    logs.finish(str(path), "end\n")
    logs.begin(str(path), "=== second ===\n")
    assert path.read_text() == "=== first ===\nend\n=== second ===\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [(b"done\n", b"done\nend\n"), (b"no newline", b"no newline\nend\n"), (b"\xff\xfe", b"\xff\xfe\nend\n")],
)
def test_a_trailer_stands_on_a_line_of_its_own_whatever_was_written_before(
    path: Path, output: bytes, expected: bytes
) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "")
    with path.open("ab") as file:
        file.write(output)
    logs.finish(str(path), "end\n")
    assert path.read_bytes() == expected


def test_the_trailer_of_an_empty_log_is_its_first_line(path: Path) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "")
    logs.finish(str(path), "end\n")
    assert path.read_text() == "end\n"


def test_the_log_of_a_dead_daemon_is_ended_without_having_been_begun_here(path: Path) -> None:
    RunLogFiles().begin(str(path), "header\n")
    RunLogFiles().finish(str(path), "end\n")
    assert path.read_text() == "header\nend\n"


def test_a_log_that_somebody_deleted_cannot_be_ended(path: Path) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "header\n")
    path.unlink()
    with pytest.raises(FileNotFoundError):
        logs.finish(str(path), "end\n")


def test_output_as_long_as_what_it_replaced_is_looked_at_before_the_end_is_added(path: Path) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "header\n")
    logs.truncate(str(path), 3)
    with path.open("ab") as file:
        file.write(b"more")
    logs.finish(str(path), "end\n")
    assert path.read_text() == "heamore\nend\n"


def test_descriptors_are_kept_for_logs_under_way_only(path: Path) -> None:
    logs = RunLogFiles()
    before = descriptors()
    logs.begin(str(path), "first\n")
    logs.begin(str(path), "again, as its monitor was lost\n")
    assert len(descriptors()) == len(before) + 1
    logs.retire(str(path), Retention())
    logs.retire(str(path), Retention())
    assert descriptors() == before


def test_a_trailer_makes_no_log_that_was_never_begun(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RunLogFiles().finish(str(path), "end\n")


def test_text_that_no_encoding_knows_is_written_readably(path: Path) -> None:
    RunLogFiles().begin(str(path), "caf\N{LATIN SMALL LETTER E WITH ACUTE} \udcff\n")
    assert path.read_text(encoding="utf-8") == "caf\N{LATIN SMALL LETTER E WITH ACUTE} ?\n"


def test_latest_points_at_the_newest_log_also_when_the_folder_is_moved(path: Path) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "first\n")
    logs.begin(str(path.with_name("run_2.txt")), "second\n")
    moved = path.parent.rename(path.parent.with_name("moved"))
    assert (moved / "latest.txt").readlink() == Path("run_2.txt")
    assert (moved / "latest.txt").read_text() == "second\n"


def test_a_link_that_a_killed_daemon_left_half_way_is_no_obstacle(path: Path) -> None:
    path.parent.mkdir(parents=True)
    (path.parent / f".{path.name}.link").symlink_to("nowhere")
    RunLogFiles().begin(str(path), "header\n")
    assert sorted(file.name for file in path.parent.iterdir()) == ["latest.txt", path.name]


def test_a_log_is_cut_to_its_size_only_if_it_is_longer(path: Path) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "x" * 100)
    assert not logs.truncate(str(path), 100)
    assert logs.truncate(str(path), 40)
    assert logs.size(str(path)) == 40


def test_output_written_after_a_cut_follows_the_cut(path: Path) -> None:
    logs = RunLogFiles()
    logs.begin(str(path), "x" * 100)
    with path.open("ab", buffering=0) as output:
        logs.truncate(str(path), 10)
        output.write(b"more")
    assert path.read_bytes() == b"x" * 10 + b"more"


def test_a_log_in_place_of_a_folder_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("a file")
    with pytest.raises(OSError, match="Not a directory"):
        RunLogFiles().begin(str(tmp_path / "backup" / "run.txt"), "header\n")


def test_a_disk_with_room_lacks_nothing(tmp_path: Path) -> None:
    assert DiskRoom([tmp_path]).shortage() is None


def test_a_disk_without_room_is_named_with_what_is_free_and_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiskRoom, "LEAST", 10**18)
    text = DiskRoom([tmp_path]).shortage()
    assert text is not None
    assert text.startswith(f"{tmp_path}: ")
    assert "bytes free on this disk, at least 1000000000000000000 needed" in text


def test_a_folder_that_is_gone_has_the_room_of_the_one_in_which_it_will_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone" / "logs"
    assert DiskRoom([gone]).shortage() is None
    monkeypatch.setattr(DiskRoom, "LEAST", 10**18)
    assert (DiskRoom([gone]).shortage() or "").startswith(f"{gone}: ")


def test_a_disk_that_takes_no_further_file_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 9, 10**9, 10**9, 50, 0, 0, 0, 255)))
    assert DiskRoom([tmp_path]).shortage() == (
        f"{tmp_path}: no further file can be made on this disk, whose number of files is limited"
    )
