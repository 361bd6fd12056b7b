"""The command that runs one job in the foreground, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MODULE = """
import os, sys

def greet(name, times=1):
    print("hello", name, times, os.environ["CRON_ACTORS_RUN_ID"])

async def later():
    print("awaited")

def fail():
    raise ValueError("bad")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "works.py").write_text(MODULE)
    return tmp_path


def command_for(folder: Path, **job: object) -> list[str]:
    path = folder / "jobs.json"
    path.write_text(json.dumps({"jobs": [{"identifier": "job", "manual": True, **job}]}))
    return [sys.executable, "-m", "cron_actors", "exec", "job"]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "JOBS_FILE_PATH": str(folder / "jobs.json"), "COLOUR": "red"}


def execute(folder: Path, **job: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_for(folder, **job), env=environment(folder), capture_output=True, text=True, timeout=60, check=False
    )


def test_the_exit_code_is_the_jobs_own(folder: Path) -> None:
    assert execute(folder, command="exit 7").returncode == 7


def test_a_job_ended_by_a_signal_ends_as_a_shell_says_it(folder: Path) -> None:
    assert execute(folder, command="kill -9 $$").returncode == 137


def test_output_goes_where_the_command_s_own_would(folder: Path) -> None:
    done = execute(folder, command="echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_a_job_finds_what_the_daemon_would_give_it(folder: Path) -> None:
    (folder / "inside").mkdir()
    done = execute(
        folder,
        command='cat; echo "$CRON_ACTORS_JOB $CRON_ACTORS_RUN_ID $CRON_ACTORS_ATTEMPT $COLOUR $SIZE"; pwd',
        env={"SIZE": "big"},
        stdin="typed\n",
        working_directory="inside",
    )
    assert done.stdout == f"typed\njob 0 1 red big\n{folder / 'inside'}\n"


def test_a_list_is_executed_without_a_shell(folder: Path) -> None:
    assert execute(folder, command=["echo", "$COLOUR"]).stdout == "$COLOUR\n"


def test_a_function_is_found_beside_the_jobs_file_and_called(folder: Path) -> None:
    done = execute(folder, path="works", function_name="greet", args=["world"], kwargs={"times": 2})
    assert (done.returncode, done.stdout) == (0, "hello world 2 0\n")


def test_an_async_function_is_awaited(folder: Path) -> None:
    assert execute(folder, path="works", function_name="later").stdout == "awaited\n"


def test_a_function_that_raises_ends_with_code_1_and_its_traceback(folder: Path) -> None:
    done = execute(folder, path="works", function_name="fail")
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: bad\n")


def test_a_timeout_ends_the_whole_group_with_code_124(folder: Path) -> None:
    # cat holds our pipe as the grandchild: run() returns only when it is gone too.
    done = execute(folder, command="sleep 600 | cat", timeout="1s")
    assert done.returncode == 124
    assert done.stderr == "cron-actors: job 'job' timed out after 1s\n"


def test_what_ignores_sigterm_is_killed_after_kill_after(folder: Path) -> None:
    done = execute(folder, command="trap '' TERM; while :; do sleep 1; done", timeout="1s", kill_after="1s")
    assert done.returncode == 124


@pytest.mark.parametrize(
    ("job", "code", "told"),
    [
        ({"command": ["no-such-program"]}, 127, "no-such-program"),
        ({"command": ["/etc/hostname"]}, 126, "/etc/hostname"),
        ({"command": "true", "working_directory": "nowhere"}, 127, "nowhere"),
    ],
)
def test_what_cannot_be_started_is_one_line(folder: Path, job: dict[str, Any], code: int, told: str) -> None:
    done = execute(folder, **job)
    assert done.returncode == code
    assert done.stderr.startswith("cron-actors: job 'job' cannot be started: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_stops_the_command_stops_the_job(folder: Path, number: signal.Signals, code: int) -> None:
    words = command_for(folder, command="echo $$; exec sleep 600")
    with subprocess.Popen(words, env=environment(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        job = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(timeout=60) == code
    with pytest.raises(ProcessLookupError):
        os.kill(job, 0)


def test_an_unknown_job_is_told_with_the_nearest_name(folder: Path) -> None:
    words = command_for(folder, command="true")[:-1]
    done = subprocess.run([*words, "jobs"], env=environment(folder), capture_output=True, text=True, check=False)
    told = f"cron-actors: there is no job 'jobs' in {folder / 'jobs.json'}; did you mean 'job'?\n"
    assert (done.returncode, done.stderr) == (2, told)
