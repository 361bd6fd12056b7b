"""The command that makes a jobs file of a crontab."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from cron_actors.cli.program import run_program
from cron_actors.core import crontab_places

CRONTABS = Path(__file__).with_name("crontabs")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    return tmp_path


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def install_crontab_program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_what_is_written_is_valid_and_runs_when_the_crontab_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["import-crontab", str(CRONTABS / "person"), "--output", "jobs.yaml"]) == 0
    assert capsys.readouterr().out == "jobs.yaml: 28 jobs written\n"
    assert run_program(["validate", "jobs.yaml"]) == 0
    capsys.readouterr()
    monkeypatch.setenv("JOBS_FILE_PATH", "jobs.yaml")
    assert run_program(["next", "backup", "--after", "2026-03-27", "--count", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["2026-03-27T02:30:00+01:00", "2026-03-30T02:30:00+02:00"]


def test_the_jobs_are_the_same_in_both_formats(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("yaml", "json"):
        assert run_program(["import-crontab", str(CRONTABS / "person"), "--format", kind]) == 0
        Path(f"jobs.{kind}").write_text(capsys.readouterr().out)
        assert run_program(["validate", f"jobs.{kind}"]) == 0
        assert capsys.readouterr().out == f"jobs.{kind}: valid, 28 jobs\n"


def test_a_line_that_is_not_imported_is_told_with_its_place_and_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").write_text("MAILTO=x\n0 4 * * * a\n0 4 * * * * b\n")
    assert run_program(["import-crontab", "mine", "--format", "json"]) == 1
    shown = capsys.readouterr()
    assert [job["identifier"] for job in json.loads(shown.out)["jobs"]] == ["a"]
    warning, error = shown.err.splitlines()
    assert warning.startswith("cron-actors: warning: mine:1: MAILTO")
    assert error.startswith("cron-actors: mine:3: not imported: found six time fields")
    give(monkeypatch, b"61 4 * * * a")
    assert run_program(["import-crontab", "-"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "jobs: []\n"
    assert shown.err.startswith("cron-actors: stdin:1: not imported: '61 4 * * *': minute field '61'")


def test_without_a_file_it_is_the_own_crontab(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_crontab_program(folder, monkeypatch, "test \"$*\" = -l && echo '@daily a' && echo nonsense")
    assert run_program(["import-crontab"]) == 1
    shown = capsys.readouterr()
    assert "identifier: a\n" in shown.out
    assert shown.err.startswith("cron-actors: crontab:2: not imported: ")


def test_who_has_no_crontab_is_told_so_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_crontab_program(folder, monkeypatch, "echo no crontab for ann >&2; exit 1")
    assert run_program(["import-crontab"]) == 2
    monkeypatch.setenv("PATH", str(folder))
    assert run_program(["import-crontab"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    said, missing = shown.err.splitlines()
    assert "no crontab for ann" in said
    assert "found no program crontab" in missing


def test_a_system_crontab_is_known_by_its_path_or_by_the_flag(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crontab_places, "_SYSTEM_FOLDER", folder / "cron.d")
    (folder / "cron.d").mkdir()
    (folder / "cron.d" / "x").write_text("@daily root a\n@daily nobody-here b\n")
    Path("link").symlink_to("cron.d/x")
    assert run_program(["import-crontab", "link", "--format", "json"]) == 1
    shown = capsys.readouterr()
    by_path, lost = shown.err.splitlines()
    assert by_path == "cron-actors: link: read as a system crontab, with a column of users, because of its path"
    assert lost.startswith("cron-actors: link:2: not imported: found the user 'nobody-here'")
    (job,) = json.loads(shown.out)["jobs"]
    assert (job["command"], job["user"]) == ("a", "root")
    give(monkeypatch, b"@daily root a\n")
    assert run_program(["import-crontab", "-", "--system", "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert (json.loads(shown.out)["jobs"], shown.err) == ([job], "")


def test_a_crontab_of_the_spool_is_its_owners(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crontab_places, "_SPOOLS", {folder / "spool"})
    (folder / "spool").mkdir()
    (folder / "spool" / "daemon").write_text("@daily a\n")
    assert run_program(["import-crontab", "spool/daemon", "--format", "json"]) == 0
    (job,) = json.loads(capsys.readouterr().out)["jobs"]
    assert (job["user"], job["env"]["LOGNAME"]) == ("daemon", "daemon")


def test_the_zone_is_the_machines_or_the_one_that_is_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").write_text("@daily a\n")
    for words, zone in (([], "Europe/Berlin"), (["--timezone", "Asia/Tokyo"], "Asia/Tokyo")):
        assert run_program(["import-crontab", "mine", *words]) == 0
        assert f"timezone: {zone}\n" in capsys.readouterr().out
    assert run_program(["import-crontab", "mine", "--timezone", "Asia/Tokio"]) == 2
    assert "did you mean 'Asia/Tokyo'?" in capsys.readouterr().err
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert run_program(["import-crontab", "mine"]) == 2
    assert "--timezone" in capsys.readouterr().err


def test_a_file_is_replaced_only_by_force_and_is_for_its_owner_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").write_text("@daily a\n")
    Path("jobs.yaml").write_text("precious")
    assert run_program(["import-crontab", "mine", "--output", "jobs.yaml"]) == 2
    assert "jobs.yaml there already" in capsys.readouterr().err
    assert Path("jobs.yaml").read_text() == "precious"
    assert run_program(["import-crontab", "mine", "--output", "jobs.yaml", "--force"]) == 0
    assert Path("jobs.yaml").read_text().startswith("jobs:\n  - identifier: a\n")
    assert run_program(["import-crontab", "mine", "--output", "new.json"]) == 0
    assert json.loads(Path("new.json").read_text())["jobs"][0]["identifier"] == "a"
    assert stat.S_IMODE(Path("new.json").stat().st_mode) == 0o600
    assert sorted(path.name for path in Path().iterdir()) == ["jobs.yaml", "mine", "new.json"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--output", "jobs.toml"], "ends with .yaml, .yml or .json"),
        (["--output", "jobs.json", "--format", "yaml"], "ends with .yaml or .yml"),
        (["--output", "jobs.yaml", "--format", "json"], "ends with .json"),
        (["--output", "nowhere/jobs.yaml"], "nowhere"),
        (["--prefix", "a/b"], "--prefix: found 'a/b'"),
        (["--prefix", "x" * 51], "at most 50 bytes"),
        (["--prefix", ""], "--prefix"),
        (["--format", "toml"], "--format"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").write_text("@daily a\n")
    assert run_program(["import-crontab", "mine", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"@daily a\n@daily caf\xe9\n", "stdin:2: found the byte 0xe9, which is not UTF-8"),
        ("@daily a\n".encode("utf-16"), "stdin:1: found the byte 0xff, which is not UTF-8"),
        (bytes(range(256)) * 100, "stdin:2: found the byte 0x80, which is not UTF-8"),
        (b"#" * (16 * 2**20 + 1), "stdin: found more than 16 MB"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(
    content: bytes, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, content)
    assert run_program(["import-crontab", "-"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"cron-actors: {said}")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("name", ["absent", ".", "loop", "a\nb"])
def test_what_cannot_be_read_is_refused_in_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop").symlink_to("loop")
    assert run_program(["import-crontab", name]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("cron-actors: ")
    assert shown.err.count("\n") == 1 + name.count("\n")


def test_many_lines_are_read_in_one_go(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    give(monkeypatch, b"*/5 * * * * /usr/bin/poll --quietly\n" * 3_000 + b"0 0 * * * " + b"x" * 200_000 + b"\n")
    assert run_program(["import-crontab", "-", "--output", "jobs.yaml"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "jobs.yaml: 3000 jobs written\n"
    assert shown.err.startswith("cron-actors: stdin:3001: not imported: found a line of more than 131072 bytes")
    assert shown.err.count("\n") == 1


def test_a_command_finds_what_cron_would_have_given_it(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("mine").write_text(
        f"HOME={folder}\nEMPTY=\nSPACED='a  b'\n"
        '@daily echo "$LOGNAME $USER $PATH $SHELL [$EMPTY-$SPACED]" \\%; pwd; cat%one%%100\\%%\n'
    )
    assert run_program(["import-crontab", "mine", "--output", "jobs.json"]) == 0
    (job,) = json.loads(Path("jobs.json").read_text())["jobs"]
    capfd.readouterr()
    assert run_program(["exec", job["identifier"]]) == 0
    me = job["env"]["USER"]
    assert capfd.readouterr().out == f"{me} {me} /usr/bin:/bin /bin/sh [-a  b] %\n{folder}\none\n\n100%\n"
