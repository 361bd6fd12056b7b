"""Who a job is, what it may use, what counts as its success, and how long its logs stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cron_actors.model.run import RunState
from tests.conftest import Require
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e
ONCE = {"periodicity": "1h"}


def output(log: str | None) -> list[str]:
    """Return the lines between the first and the last."""
    assert log is not None
    return Path(log).read_text().splitlines()[1:-1]


def test_a_job_says_who_it_is_and_what_it_may_use(home: DaemonHome, require: Require) -> None:
    require("the rights of root", present=os.geteuid() == 0)
    home.write("shop.env", "A='from the file'\nB=file\n")
    limits = {"memory": "512MiB", "cpu": "10m", "open_files": 64, "nice": 5}
    line = 'id -u; id -g; umask; ulimit -d; ulimit -t; ulimit -n; nice; echo "$USER $A $B"'
    home.write_jobs(
        job(
            "confined",
            line,
            user="nobody",
            group="daemon",
            umask="027",
            limits=limits,
            env_file="shop.env",
            env={"B": "env"},
            working_directory="/",
            **ONCE,
        ),
        job("plain", "id -u", **ONCE),
    )
    assert home.start("--max-ticks", "1").wait(20) == 0
    (confined,) = home.runs("confined")
    assert confined.state == RunState.COMPLETED, confined.error
    nice = str(os.nice(0) + 5)
    told = ["65534", "1", "0027", str(512 * 1024), "600", "64", nice, "nobody from the file env"]
    assert output(confined.log) == told
    assert Path(confined.log or "").stat().st_uid == 0
    (plain,) = home.runs("plain")
    assert output(plain.log) == ["0"]


def test_success_is_what_a_job_says_it_is(home: DaemonHome) -> None:
    home.write_jobs(
        job("status", "exit 3", success={"exit_codes": [0, 3]}, **ONCE),
        job("noisy", "echo oops >&2", success={"stderr": "failure"}, **ONCE),
        job("silent", "echo nothing", success={"output": "^done$"}, **ONCE),
        job("done", "echo done", success={"output": "^done$"}, **ONCE),
    )
    assert home.start("--max-ticks", "1").wait(20) == 0
    found = {run.job: (run.state, run.error) for run in home.runs()}
    assert found == {
        "status": (RunState.COMPLETED, None),
        "noisy": (RunState.DISCARDED, "it wrote to standard error, which counts as failure"),
        "silent": (RunState.DISCARDED, "no line of the output matches '^done$'"),
        "done": (RunState.COMPLETED, None),
    }
    assert "no line of the output matches '^done$'\n" in home.read("logs/silent/latest.txt")


def test_old_logs_go_at_the_start_also_those_of_a_job_that_is_gone(home: DaemonHome) -> None:
    home.write_jobs(job("stays", "echo x", **ONCE), job("goes", "echo x", **ONCE))
    assert home.start("--max-ticks", "1").wait(20) == 0
    for name in ("stays", "goes"):
        (run,) = home.runs(name)
        os.utime(run.log or "", (0, 0))
        old = home.folder / "logs" / name / "2000-01-01T00-00-00Z_0.txt"
        old.write_text("old")
        os.utime(old, (0, 0))
    home.write_jobs(job("stays", "echo x", **ONCE))
    daemon = home.start_ready()
    home.eventually(lambda: not (home.folder / "logs" / "goes").exists())
    home.eventually(lambda: len(list((home.folder / "logs" / "stays").glob("*Z_*.txt"))) == 1)
    assert home.stop(daemon) == 0
    (run,) = home.runs("goes")
    gone = home.run("logs", "goes")
    assert gone.returncode == 1
    assert f"the log of run {run.run_id} was deleted, as the job's retention says, or by hand: {run.log}" in gone.stderr
    assert f"{run.log}: deleted" in home.run("runs", "--run", str(run.run_id)).stdout
