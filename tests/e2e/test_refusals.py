"""What a daemon refuses to start with: exit code 2, a clear line for each fault, and nothing written anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cron_actors.model.run import RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

BOM = b"\xef\xbb\xbf"
GOOD = json.dumps({"jobs": [job("good")]}).encode()
BOMB = b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (n + 1, n + 1, n, n) for n in range(97, 122))
MERGE = b"jobs:\n- &a {identifier: a, command: x, periodicity: 1s}\n- {<<: *a, identifier: b}\n"
MODULE = "import time\n\ndef work():\n    print('worked')\n"


def refused(home: DaemonHome, *words: str, **variables: str) -> list[str]:
    """Return the lines of a refusal, after having made sure that it is one and has left no trace."""
    before = sorted(home.folder.rglob("*"))
    answer = home.run("run", "--max-ticks", "1", *words, **variables)
    assert (answer.returncode, answer.stdout) == (2, ""), answer.stderr
    assert sorted(path for path in home.folder.rglob("*") if "__pycache__" not in path.parts) == before
    lines = answer.stderr.splitlines()
    assert lines
    assert all(line.startswith("cron-actors: ") for line in lines), lines
    return [line.removeprefix("cron-actors: ") for line in lines]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRANULARITY", "day"),
        ("SUPPORTED_EXTENSIONS", "json,toml"),
        ("LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "mysql://root@localhost/jobs"),
        ("GRACE_SECONDS", "-1"),
        ("MAX_WORKERS", "0"),
        ("MAX_PROCESSES", "many"),
        ("BALANCE_SECONDS", "0"),
        ("POLL_INTERVAL", "1e9"),
    ],
)
def test_a_bad_setting_is_refused_by_its_name(home: DaemonHome, name: str, value: str) -> None:
    home.write_jobs(job("good"))
    (line,) = refused(home, **{name: value})
    assert line.startswith(f"{name}: found ")
    assert "; accepted: " in line


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.json", b"", "empty.json"),
        ("cut.json", GOOD[:-2], "cut.json:1:"),
        ("utf16.json", GOOD.decode().encode("utf-16"), "UTF-16"),
        ("list.json", b"[]", "list.json:1:1"),
        ("deep.json", b"[" * 10_000, "deep.json:1:"),
        ("twice.json", json.dumps({"jobs": [job("a"), job("a")]}).encode(), "'a'"),
        ("tab.yaml", b"jobs:\n\t- identifier: a\n", "tab.yaml:2:1"),
        (
            "bomb.yaml",
            BOMB,
            "bomb.yaml:",
        ),
        (
            "merge.yaml",
            MERGE,
            "merge.yaml:3",
        ),
        ("typo.yaml", b"jobs:\n- identifer: a\n  command: x\n  periodicity: 1s\n", "did you mean 'identifier'?"),
        ("type.txt", GOOD, ".json, .yaml, .yml"),
        ("late.yaml", b"jobs:\n- {identifier: a, command: x, periodicity: 1500 ms}\n", "late.yaml:2:"),
    ],
)
def test_a_hostile_jobs_file_is_refused_at_its_place(home: DaemonHome, name: str, content: bytes, told: str) -> None:
    (home.folder / name).write_bytes(content)
    assert told in "\n".join(refused(home, "--jobs", name))


def test_all_faults_of_a_file_are_told_at_once(home: DaemonHome) -> None:
    home.write(
        "jobs.yaml", "jobs:\n- {identifier: a, command: x, periodicity: 0s}\n- {identifier: b, periodicity: 1s}\n"
    )
    first, second = refused(home, "--jobs", "jobs.yaml")
    assert first.startswith("jobs.yaml:2:")
    assert second.startswith("jobs.yaml:3:")


def test_a_jobs_file_that_is_not_there_a_folder_or_a_loop_is_refused(home: DaemonHome) -> None:
    (home.folder / "folder.json").mkdir()
    (home.folder / "loop.json").symlink_to("loop.json")
    for name in ("nothing.json", "folder.json", "loop.json"):
        (line,) = refused(home, "--jobs", name)
        assert name in line


def test_a_byte_order_mark_is_forgiven(home: DaemonHome) -> None:
    (home.folder / "jobs.json").write_bytes(BOM + GOOD)
    assert home.run("run", "--max-ticks", "1").returncode == 0


def test_a_periodicity_between_the_ticks_is_refused_with_the_multiple(home: DaemonHome) -> None:
    home.write_jobs(job("fast", periodicity="90s"))
    (line,) = refused(home, GRANULARITY="minute")
    assert "fast" in line
    assert "1 minute" in line or "1m" in line


def test_a_function_that_is_not_there_is_told_with_its_place_and_the_other_jobs_run(home: DaemonHome) -> None:
    home.write("mine.py", MODULE)
    home.write(
        "jobs.yaml",
        "jobs:\n"
        "- {identifier: good, path: mine, function_name: work, periodicity: 1s}\n"
        "- identifier: bad\n"
        "  path: mine\n"
        "  function_name: wrok\n"
        "  periodicity: 1s\n",
    )
    answer = home.run("run", "--jobs", "jobs.yaml", "--max-ticks", "1")
    assert answer.returncode == 0
    (line,) = (line for line in answer.stderr.splitlines() if "ERROR" in line)
    assert "jobs.yaml:5:18: job 'bad', function_name: " in line
    assert "the others do" in line
    assert home.stats("good")["successes"] == 1
    assert [(run.state, run.reason) for run in home.runs("bad")] == [(RunState.MISSED, "no such function")]


def test_a_file_none_of_whose_jobs_can_run_is_refused(home: DaemonHome) -> None:
    home.write("jobs.yaml", "jobs:\n- {identifier: bad, path: not.there, function_name: work, periodicity: 1s}\n")
    (line,) = refused(home, "--jobs", "jobs.yaml")
    assert line.startswith("jobs.yaml:2:27: job 'bad', path: ")


def test_a_folder_of_logs_that_cannot_be_made_ends_the_start_with_code_1(home: DaemonHome) -> None:
    home.write_jobs(job("good"))
    blocker = home.write("file", "")
    answer = home.run("run", LOGS_BASE_DIRECTORY=str(blocker / "logs"))
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1].startswith("cron-actors: LOGS_BASE_DIRECTORY: cannot make ")


def test_an_empty_list_of_jobs_is_no_fault(home: DaemonHome) -> None:
    home.write_jobs()
    assert home.run("run", "--max-ticks", "1").returncode == 0


@pytest.mark.parametrize("words", [["--max-ticks", "0"], ["--max-ticks", "x"], ["--nonsense"], ["extra"]])
def test_a_wrong_command_line_is_refused(home: DaemonHome, words: list[str]) -> None:
    home.write_jobs(job("good"))
    (line,) = refused(home, *words)
    assert "--help" in line


def test_a_source_on_the_network_is_not_yet_supported(home: DaemonHome) -> None:
    (line,) = refused(home, JOBS_FILE_PATH="https://example.org/jobs.json")
    assert "not yet supported" in line
    assert not Path(home.folder / "https:").exists()
