"""A daemon that runs a few ticks and ends: exit code, log files, statistics, runs, and what it says."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cron_actors.core.moments import iso
from cron_actors.model.run import RunState
from tests.fakes.daemon import AT_MOST, DaemonHome, job

pytestmark = pytest.mark.e2e

AMPLE = timedelta(seconds=20)  # for what takes a fraction of a second where the machine is not shared
EXECUTION_TIME = r"Execution Time = [0-9]+:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}\n"


def test_after_its_ticks_the_daemon_ends_with_code_0_and_every_figure_adds_up(home: DaemonHome) -> None:
    home.write_jobs(
        job("good", "echo out; echo err >&2", timeout="5s"),
        job("bad", "echo before; exit 3", timeout="5s"),
        job("slow", "sleep 30", timeout="1s", periodicity="3s"),
    )
    assert home.start("--max-ticks", "3").wait(AT_MOST) == 0
    good, bad = home.stats("good"), home.stats("bad")
    assert (good["launches"], good["successes"], good["failures"], good["last_outcome"]) == (3, 3, 0, "success")
    assert (bad["launches"], bad["successes"], bad["failures"], bad["last_outcome"]) == (3, 0, 3, "failure")
    slow = home.stats("slow")
    assert slow["launches"] == slow["timeouts"] == len(home.runs("slow"))
    assert slow["ticks"] == 3
    assert {(run.state, run.reason, run.exit_code) for run in home.runs("bad")} == {("discarded", "failed", 3)}
    assert {(run.state, run.reason) for run in home.runs("slow")} == {("discarded", "timeout")}
    instants = sorted(run.due_at for run in home.runs("good"))
    assert [later - earlier for earlier, later in pairwise(instants)] == [timedelta(seconds=1)] * 2


def test_a_log_holds_all_output_of_its_run_and_ends_with_how_it_ended_and_its_execution_time(home: DaemonHome) -> None:
    home.write_jobs(
        job("good", "echo out; echo err >&2"),
        job("bad", "echo before; exit 3"),
        job("slow", "echo begun; sleep 30", timeout="1s"),
    )
    assert home.start("--max-ticks", "1").wait(AT_MOST) == 0
    (run,) = home.runs("good")
    assert run.log == str(home.logs / "good" / f"{run.due_at:%Y-%m-%dT%H-%M-%SZ}_{run.run_id}.txt")
    begin = "=== run [0-9]+ of {}, due .*, attempt 1, started .* ===\n"
    good, bad, slow = (home.read(f"logs/{name}/latest.txt") for name in ("good", "bad", "slow"))
    assert re.fullmatch(begin.format("good") + "out\nerr\n" + EXECUTION_TIME, good), good
    assert re.fullmatch(begin.format("bad") + "before\nexit status 3\n" + EXECUTION_TIME, bad), bad
    assert re.fullmatch(begin.format("slow") + "begun\nTask Execution Timed Out\n" + EXECUTION_TIME, slow), slow
    assert "Execution Time = 0:00:01." in slow


def test_latest_points_at_the_newest_log(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    assert home.start("--max-ticks", "2").wait(AT_MOST) == 0
    newest, *older = home.runs("clock")
    assert older
    assert str((home.logs / "clock" / "latest.txt").resolve()) == newest.log


def test_logs_and_database_are_for_their_owner_alone(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    assert home.start("--max-ticks", "1").wait(AT_MOST) == 0
    made = [home.database, home.logs, *home.logs.rglob("*")]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made}
    assert modes == {path.name: 0o700 if path.is_dir() else 0o600 for path in made}


def test_the_start_is_told_with_absolute_paths(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    assert home.start("--max-ticks", "1").wait(AT_MOST) == 0
    for path in (home.folder / "jobs.json", home.database, home.logs):
        assert re.search(rf": {re.escape(str(path))}\b", home.said()), path


@pytest.mark.parametrize(("level", "told"), [("ERROR", False), ("INFO", True)])
def test_the_log_level_says_how_much_is_told(home: DaemonHome, level: str, told: bool) -> None:  # noqa: FBT001 # a case
    home.write_jobs(job("clock"))
    assert home.start("--max-ticks", "1", LOG_LEVEL=level).wait(AT_MOST) == 0
    assert ("run 1 of clock" in home.said()) is told
    assert bool(home.said()) is told


def test_by_default_the_daemon_ticks_by_the_minute_and_still_wakes_for_single_instants(home: DaemonHome) -> None:
    now = datetime.now(UTC)
    run_at = now.replace(microsecond=0) + timedelta(seconds=3)
    home.write_jobs(job("at", run_at=iso(run_at)), job("in", run_in="2 seconds"), job("every", periodicity="1m"))
    daemon = home.start_ready(GRANULARITY="")
    at = home.eventually(lambda: home.runs("at", RunState.COMPLETED))[0]
    after = home.eventually(lambda: home.runs("in", RunState.COMPLETED))[0]
    assert at.due_at == run_at
    assert timedelta(seconds=2) <= after.due_at - now < AMPLE
    for run in (at, after):
        assert run.started_at is not None
        assert timedelta(0) <= run.started_at - run.due_at < AMPLE
    assert len(home.runs("every")) <= 2
    assert home.stop(daemon) == 0
