"""The command that simulates a jobs file, as people and programs use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from cron_actors.core.statistics import observe
from cron_actors.model.statistics import Distribution, JobStatistics
from tests.fakes.command_line import NOW, CommandLine

WELL_BEGUN = 1.5  # seconds of CPU: the command and what it imports take less, its work far more
DECEMBER = ("--from", "2026-12-01", "--for", "2d")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    command_line = CommandLine(tmp_path)
    yield command_line
    command_line.stop_daemon()
    monkeypatch.undo()
    time.tzset()


def job(identifier: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - keys of a jobs file
    return {"identifier": identifier, "command": "true", "timeout": "1h", **fields}


def herd(size: int = 40) -> list[dict[str, Any]]:
    return [job(f"backup-{number}", cron="0 3 * * *") for number in range(size)]


def asked(cli: CommandLine, capsys: pytest.CaptureFixture[str], *words: str) -> Any:  # noqa: ANN401 - JSON
    assert cli("simulate", *words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_a_herd_is_found_and_what_h_would_change_is_simulated(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write_jobs(*herd(), job("other", cron="15 * * * *"))
    found = asked(cli, capsys, *DECEMBER, "--workers", "8", "--default-duration", "30s")
    (advised,) = found["herds"]
    assert (advised["written"], advised["advice"], advised["before"]) == ("0 3 * * *", "H 3 * * *", 40)
    assert found["with_h"] == {"most_fires_a_minute": advised["after"], "most_at_once": advised["after"]}
    assert advised["after"] < 8
    assert (found["fires"], found["at_once"]) == (80 + 48, {"most": 40, "at": "2026-12-01T03:00:00Z"})
    assert (found["workers"]["waited"], found["workers"]["longest_wait_s"]) == (64, 120)
    assert cli("simulate", *DECEMBER) == 0
    shown = capsys.readouterr().out
    assert "H 3 * * *" in shown
    assert f"All together: 40 → {advised['after']} in the busiest minute" in shown


def test_every_minute_of_the_span_is_counted_in_json(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    cli.write_jobs(job("a", cron="*/10 * * * *"), job("b", cron="30 2 * * *"))
    counted = asked(cli, capsys, *DECEMBER)["per_minute"]
    assert counted["from"] == "2026-12-01T00:00:00Z"
    assert len(counted["fires"]) == 2 * 1440
    assert [minute for minute in range(1440) if counted["fires"][minute] == 2] == [150]
    assert sum(counted["fires"]) == 2 * 145


def test_lengths_come_from_the_option_the_database_or_the_default(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write_jobs(*(job(name, cron="*/5 * * * *", overlap="skip") for name in ("stated", "backup", "new")))
    store = cli.start_daemon()
    figures = JobStatistics(duration=observe(Distribution(), timedelta(minutes=8)))
    with store.begin() as transaction:
        transaction.put_statistics({"backup": figures})
    words = (*DECEMBER, "--duration", "stated=12m")
    found = asked(cli, capsys, *words)
    assert found["durations"] == {"stated": 1, "recorded": 1, "assumed": 1, "assumed_s": 60, "cut_to_timeout": 0}
    assert {told["job"]: told["skipped"] for told in found["overlaps"]} == {"stated": 384, "backup": 288}
    assert [told["job"] for told in asked(cli, capsys, *words, "--no-history")["overlaps"]] == ["stated"]
    cli("simulate", *words)
    shown = capsys.readouterr().out
    assert "1 stated, 1 recorded (median), 1 assumed to be 1m" in shown
    assert "384 skipped" in shown


def test_a_year_of_nothing_and_jobs_without_instants_are_told(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write_jobs(job("by-hand", manual=True), job("later", run_in="1h"))
    assert cli("simulate", "--for", "365d") == 0
    shown = capsys.readouterr().out
    assert "fires        0" in shown
    assert "left out     manual of by-hand" in shown
    assert "left out     run_in of later" in shown
    assert not Path(cli.folder / "jobs.db").exists(), "a simulation writes nothing"


@pytest.mark.parametrize("columns", [80, 140])
def test_a_terminal_is_never_too_narrow(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))
    cli.write_jobs(*herd(), *(job(f"poll-{number}", cron="*/5 * * * *", overlap="queue_one") for number in range(9)))
    assert cli("simulate", *DECEMBER, "--default-duration", "12m", "--workers", "16") == 0
    _, *lines = [click.unstyle(line) for line in capsys.readouterr().out.splitlines()]  # the path is as long as it is
    assert max(map(len, lines)) <= columns
    assert any("coalesced" in line for line in lines)
    assert sum("█" in line for line in lines) > 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "yesterday"), "--from"),
        (("--from", "2026-12-01", "--until", "2026-11-01"), "not after its beginning"),
        (("--until", "2027-01-01", "--for", "1d"), "give one of them"),
        (("--for", "5"), "no unit"),
        (("--for", "11000d"), "3660 days"),
        (("--from", "9998-12-31", "--for", "3000d"), "9999"),
        (("--duration", "30s"), "JOB=DURATION"),
        (("--duration", "backup-1=fast"), "--duration"),
        (("--duration", "bakup-1=30s"), "did you mean 'backup-1'"),
        (("--workers", "0"), "--workers"),
        (("nowhere.json",), "no such file"),
    ],
)
def test_a_misuse_is_one_line_with_code_2(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    cli.write_jobs(*herd(3))
    assert cli("simulate", *words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert told in shown.err
    assert shown.err.count("\n") == 1


def test_without_a_beginning_it_is_this_minute(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    cli.write_jobs(job("a", cron="0 * * * *"))
    found = asked(cli, capsys)
    assert (found["from"], found["until"], found["fires"]) == ("2026-11-21T12:00:00Z", "2026-11-28T12:00:00Z", 168)
    assert datetime.fromisoformat(found["from"]) == NOW.astimezone(UTC)


def cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_ctrl_c_ends_it_silently(tmp_path: Path) -> None:
    jobs = [job(f"job-{number}", cron="* * * * * *", periodicity=f"{number + 1}s") for number in range(300)]
    (tmp_path / "jobs.json").write_text(json.dumps({"jobs": jobs}))
    words = [sys.executable, "-m", "cron_actors", "simulate", "jobs.json", "--for", "3000d"]
    environ = {**os.environ, "GRANULARITY": "second"}
    with subprocess.Popen(words, cwd=tmp_path, env=environ, stdout=-1, stderr=-1, text=True) as process:
        while process.poll() is None and cpu_seconds(process.pid) < WELL_BEGUN:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")
