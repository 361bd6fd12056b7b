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

from tests.conftest import Require

MODULE = """
import os, sys

def greet(name, times=1):
    print("hello", name, times, os.environ["CRON_ACTORS_RUN_ID"])

async def later():
    print("awaited")

def fail():
    raise ValueError("bad")

def discard():
    from cron_actors import Discard
    return Discard("no customer")

def snooze():
    from cron_actors import Snooze
    return Snooze(5)
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


@pytest.mark.parametrize(
    ("function", "told"),
    [("discard", "discarded by itself: no customer"), ("snooze", "snoozed: nobody tries it again here")],
)
def test_what_no_daemon_goes_on_with_is_told_and_no_success(folder: Path, function: str, told: str) -> None:
    result = execute(folder, path="works", function_name=function)
    assert result.returncode == 1
    assert told in result.stderr


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


def test_rights_limits_and_env_file_are_those_that_the_daemon_would_give(folder: Path) -> None:
    (folder / "a.env").write_text("A=file\nB=file\n")
    surroundings = {"env_file": "a.env", "env": {"B": "env"}, "umask": "027", "limits": {"open_files": 64}}
    done = execute(folder, command='echo "$A $B $(umask) $(ulimit -n)"; cat', stdin="in\n", **surroundings)
    assert (done.returncode, done.stdout, done.stderr) == (0, "file env 0027 64\nin\n", "")
    (folder / "works.py").write_text("import os\ndef show():\n    print(os.environ['A'], os.umask(0))\n")
    assert execute(folder, path="works", function_name="show", **surroundings).stdout == "file 23\n"


def test_a_job_of_another_user_runs_as_that_user(folder: Path, require: Require) -> None:
    require("the rights of root", present=os.geteuid() == 0)
    done = execute(folder, command='id -un; echo "$HOME"', user="nobody", working_directory="/")
    assert (done.returncode, done.stdout) == (0, "nobody\n/nonexistent\n")


@pytest.mark.parametrize(
    ("job", "code", "told"),
    [
        ({"command": "true", "env_file": "none.env"}, 126, "cannot read the env file '{}/none.env': No such file"),
        ({"command": ["no-such-program"], "umask": "0"}, 127, "cannot run 'no-such-program': no such program in PATH"),
        ({"command": "true", "user": "no-such-user"}, 126, "no such user: 'no-such-user'"),
    ],
)
def test_what_a_job_cannot_have_is_one_line(folder: Path, job: dict[str, Any], code: int, told: str) -> None:
    done = execute(folder, success={"exit_codes": [0, code]}, **job)
    assert done.returncode == code
    assert done.stderr.startswith(f"cron-actors: job 'job' cannot be started: {told.format(folder)}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "success", "code", "told"),
    [
        ("exit 3", {"exit_codes": [0, 3]}, 0, ""),
        ("exit 4", {"exit_codes": [0, 3]}, 4, "exit status 4; success is 0, 3"),
        ("exit 0", {"exit_codes": [3]}, 1, "exit status 0; success is 3"),
        ("echo fine", {"stderr": "failure"}, 0, ""),
        ("echo bad >&2", {"stderr": "failure"}, 1, "it wrote to standard error, which counts as failure"),
        ("echo 5 rows", {"output": "^5 rows$"}, 0, ""),
        ("echo 5 rows >&2", {"output": "^5 rows$", "output_not": "ERROR"}, 0, ""),
        ("echo 6 rows", {"output": "^5 rows$"}, 1, "no line of the output matches '^5 rows$'"),
        ("seq 100000; echo ERROR", {"output_not": "ERROR"}, 1, "a line of the output matches 'ERROR'"),
    ],
)
def test_success_is_what_the_job_says_it_is(
    folder: Path, command: str, success: dict[str, Any], code: int, told: str
) -> None:
    done = execute(folder, command=command, success=success)
    assert done.returncode == code
    line = f"cron-actors: job 'job' failed: {told}\n" if told else ""
    assert done.stderr.replace("bad\n", "").replace("5 rows\n", "") == line


def test_output_that_is_looked_at_is_passed_on_as_it_comes(folder: Path) -> None:
    words = command_for(folder, command="echo first; read line; echo err >&2; echo last", success={"output": "last"})
    with subprocess.Popen(
        words, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "first\n"
        assert process.stdout.read() == "last\n"
        assert process.stderr.read() == "err\n"
        assert process.wait(timeout=60) == 0


def test_a_process_that_is_left_behind_does_not_hold_up_the_end(folder: Path) -> None:
    done = execute(folder, command="sleep 600 >&2 & echo $!", success={"output": "^[0-9]+$"})
    os.kill(int(done.stdout), signal.SIGKILL)
    assert done.returncode == 0
