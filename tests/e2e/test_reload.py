"""A daemon whose jobs files change under it."""

from __future__ import annotations

import json
import signal

import pytest

from cron_actors.model.run import RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e


def test_a_change_is_taken_up_and_what_runs_goes_on(home: DaemonHome) -> None:
    home.write_jobs(job("old"), job("long", "touch begun; sleep 4; echo done", periodicity="1h"))
    daemon = home.start()
    home.eventually((home.folder / "begun").exists)
    home.write_jobs(job("new"))
    home.eventually(lambda: home.runs("new", RunState.COMPLETED))
    jobs = [known["job"] for known in home.ask("jobs")]
    assert jobs == ["new"]
    seen = len(home.runs("old"))
    home.eventually(lambda: home.runs("long", RunState.COMPLETED))
    assert "done" in home.read("logs/long/latest.txt")
    assert len(home.runs("old")) == seen
    assert home.stop(daemon) == 0


def test_a_hangup_has_the_files_read_at_once_and_the_daemon_lives_on(home: DaemonHome) -> None:
    home.write_jobs(job("old"))
    daemon = home.start_ready()
    home.write_jobs(job("old", periodicity="2s"))
    daemon.send_signal(signal.SIGHUP)
    home.eventually(lambda: "jobs.json was read again: 1 changed" in home.said())
    daemon.send_signal(signal.SIGHUP)
    home.eventually(lambda: "jobs.json was read again: nothing changed" in home.said())
    assert daemon.poll() is None
    assert home.stop(daemon) == 0


def test_a_bad_file_keeps_the_old_jobs_in_force_and_status_says_so_until_it_is_good(home: DaemonHome) -> None:
    home.write_jobs(job("clock"))
    daemon = home.start_ready()
    home.write("jobs.json", '{"jobs": [{"identifier": "clock", "command": "true", "periodicity": "soon"}]}')
    home.eventually(lambda: home.run("status").returncode == 1)
    assert "jobs.json:1:69: job 'clock', periodicity: " in home.run("status").stdout
    seen = len(home.runs("clock"))
    home.eventually(lambda: len(home.runs("clock")) > seen)
    home.write_jobs(job("clock"))
    home.eventually(lambda: home.run("status").returncode == 0)
    assert home.stop(daemon) == 0


def test_a_repaired_job_gets_its_failed_run_done(home: DaemonHome) -> None:
    home.write_jobs(job("report", "exit 3", periodicity="1h"))
    daemon = home.start()
    [failed] = home.eventually(lambda: home.runs("report", RunState.DISCARDED))
    home.write_jobs(job("report", "echo repaired", periodicity="1h"))
    [done] = home.eventually(lambda: home.runs("report", RunState.COMPLETED))
    assert (done.run_id, done.attempt) == (failed.run_id, 2)
    assert "repaired" in home.read("logs/report/latest.txt")
    assert home.stop(daemon) == 0


def test_files_of_a_directory_come_and_go_with_their_jobs(home: DaemonHome) -> None:
    folder = home.folder / "jobs.d"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps({"jobs": [job("a")]}))
    daemon = home.start("--jobs", "jobs.d")
    home.eventually(lambda: home.runs("a", RunState.COMPLETED))
    (folder / "b.yaml").write_text("defaults: {periodicity: 1s}\njobs:\n  - {identifier: b, command: 'true'}\n")
    home.eventually(lambda: home.runs("b", RunState.COMPLETED))
    (folder / "a.json").unlink()
    home.eventually(lambda: [known["job"] for known in home.ask("jobs")] == ["b"])
    assert home.stop(daemon) == 0


def test_every_instant_of_a_job_that_is_re_timed_again_and_again_is_there_once(home: DaemonHome) -> None:
    home.write_jobs(job("steady"), job("changing"))
    daemon = home.start()
    home.eventually(lambda: home.runs("changing", RunState.COMPLETED))
    for period in ("2s", "1s", "3s"):
        home.write_jobs(job("steady"), job("changing", periodicity=period))
        seen = home.said().count("was read again")
        daemon.send_signal(signal.SIGHUP)
        home.eventually(lambda seen=seen: home.said().count("was read again") > seen)  # type: ignore[misc] # bound now
    assert home.stop(daemon) == 0
    instants = sorted(int(run.due_at.timestamp()) for run in home.runs("steady") if run.count == 1)
    assert instants == list(range(instants[0], instants[-1] + 1))
    assert len({run.due_at for run in home.runs("changing")}) == len(home.runs("changing"))
