"""Hostile files: each ends in one line that names the file."""

from __future__ import annotations

import codecs
import os
import socket
from pathlib import Path

import pytest

from cron_actors.adapters.sources import FaultyJobsError, file_text
from cron_actors.adapters.sources.file_text import read_text


def refusal(path: Path | str) -> str:
    with pytest.raises(FaultyJobsError) as caught:
        read_text(str(path))
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem


def written(folder: Path, content: bytes) -> Path:
    path = folder / "jobs.json"
    path.write_bytes(content)
    return path


def test_a_utf_8_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert read_text(str(written(tmp_path, codecs.BOM_UTF8 + "é".encode()))) == "é"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_utf_16_and_32_are_refused_by_name(tmp_path: Path, encoding: str) -> None:
    assert "found UTF-" in refusal(written(tmp_path, '{"jobs": []}'.encode(encoding)))


def test_a_byte_that_is_not_utf_8_is_named_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, '{\n"é": "\xff"}'.encode("latin-1").replace(b"\xe9", "é".encode()))
    assert refusal(path).startswith(f"{path}:2:7: found the byte 0xff, which is not UTF-8")


@pytest.mark.parametrize("content", [b"", b" \n\t", codecs.BOM_UTF8])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "found an empty file" in refusal(written(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.json").startswith(f"{tmp_path}/none.json: found no such file")


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    assert "needs a folder" in refusal(written(tmp_path, b"x") / "jobs.json")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "found a directory" in refusal(tmp_path)


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "jobs.json")
    assert "found a named pipe" in refusal(tmp_path / "jobs.json")


def test_a_device_is_refused() -> None:
    assert "found a device" in refusal("/dev/zero")


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert "found a socket" in refusal("s")


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("b.json")
    (tmp_path / "b.json").symlink_to("a.json")
    assert "found a loop of links" in refusal(tmp_path / "a.json")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path, flags)

    monkeypatch.setattr(os, "open", denied)
    assert "may not be read" in refusal(tmp_path / "jobs.json")


@pytest.mark.parametrize("name", ["a\0b.json", "x" * 5000 + ".json"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    assert "accepted: the path of a jobs file" in refusal(name)


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    with path.open("wb") as file:
        file.truncate(file_text.LARGEST + 1)
    assert "more than 64 MB" in refusal(path)


def test_a_file_that_another_replaces_while_it_is_read_is_read_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, b"old")
    opening = os.open

    def open_then_replace(name: str, flags: int) -> int:
        descriptor = opening(name, flags)
        (tmp_path / "new").write_bytes(b"entirely new")
        (tmp_path / "new").replace(path)
        return descriptor

    monkeypatch.setattr(os, "open", open_then_replace)
    assert read_text(str(path)) == "old"


def test_a_file_that_is_being_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, b"old")
    looking = os.fstat
    seen: list[os.stat_result] = []

    def look_then_grow(descriptor: int) -> os.stat_result:
        if seen:
            with path.open("ab") as file:
                file.write(b" and more")
        seen.append(looking(descriptor))
        return seen[-1]

    monkeypatch.setattr(os, "fstat", look_then_grow)
    assert "being written while it was read" in refusal(path)
