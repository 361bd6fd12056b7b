"""Commands beside a daemon or without one: those that only look create nothing, and a closed pipe is no accident."""

from __future__ import annotations

import subprocess

import pytest

from tests.fakes.daemon import PROGRAM, DaemonHome, job

pytestmark = pytest.mark.e2e

LOOKING = {
    "validate": ["validate"],
    "next": ["next", "clock"],
    "explain": ["explain", "* * * * *"],
    "jobs": ["jobs"],
    "runs": ["runs"],
    "stats": ["stats"],
    "status": ["status"],
    "schema": ["schema"],
    "logs": ["logs", "clock"],
    "help": ["--help"],
    "exec": ["exec", "clock"],
}
NOT_HEALTHY = {"status", "logs"}


@pytest.mark.parametrize("name", LOOKING)
def test_a_command_that_looks_works_without_a_daemon_and_creates_nothing(home: DaemonHome, name: str) -> None:
    home.write_jobs(job("clock"))
    answer = home.run(*LOOKING[name])
    assert answer.returncode == (1 if name in NOT_HEALTHY else 0), answer.stderr
    assert "Traceback" not in answer.stderr
    assert [path.name for path in home.folder.iterdir()] == ["jobs.json"]


def test_what_was_recorded_can_be_read_after_the_daemon_is_gone(home: DaemonHome) -> None:
    home.write_jobs(job("clock", "echo tick"))
    assert home.start("--max-ticks", "1").wait(20) == 0
    assert "completed" in home.run("runs").stdout
    assert "tick\n" in home.run("logs", "clock").stdout
    assert home.run("stats", "nobody").returncode == 2
    status = home.run("status")
    assert status.returncode == 1
    assert "no daemon runs on this database" in status.stdout


def test_status_says_healthy_while_a_daemon_lives_and_not_after_it(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    daemon = home.start_ready()
    told = home.ask("status")
    assert (told["healthy"], told["daemon"]["pid"]) == (True, daemon.pid)
    assert home.stop(daemon) == 0
    assert home.ask("status")["healthy"] is False


def in_shell(home: DaemonHome, line: str) -> None:
    """Run a line of the shell, in which ``"$@"`` is the program."""
    words = ["sh", "-c", line, "sh", *PROGRAM]
    subprocess.run(words, cwd=home.folder, env=home.environment(), check=True, timeout=20)


def test_a_reader_that_leaves_early_ends_the_command_quietly(home: DaemonHome) -> None:
    home.write_jobs(*(job(f"job{number}") for number in range(3)))
    assert home.start("--max-ticks", "1").wait(20) == 0
    for words in ("schema", "runs --json", "stats", "jobs"):
        line = f'exec 2>errors; {{ "$@" {words}; echo $? >code; }} | true'
        subprocess.run(
            ["sh", "-c", line, "sh", *PROGRAM], cwd=home.folder, env=home.environment(), check=True, timeout=20
        )
        assert home.read("errors") == ""
        assert home.read("code").strip() in {"0", "141"}


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_daemon_with_closed_descriptors_runs_its_jobs_all_the_same(home: DaemonHome, closed: str) -> None:
    home.write_jobs(job("talks", "echo out; echo err >&2; cat; echo end"))
    daemon = home.start("--max-ticks", "1", before=["sh", "-c", f'exec "$@" {closed}', "sh"])
    assert daemon.wait(20) == 0
    assert "out\nerr\nend\nExecution Time = " in home.read("logs/talks/latest.txt")
    assert home.stats("talks")["successes"] == 1


def test_a_daemon_whose_listener_has_gone_goes_on(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    line = '{ "$@" run --max-ticks 2; echo $? >code; } 2>&1 | head -n 1 >/dev/null'
    in_shell(home, line)
    assert home.read("code") == "0\n"
    assert home.stats("clock")["successes"] == 2
