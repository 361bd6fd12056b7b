"""Queues of a jobs file and of commands, in a daemon that runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cron_actors.model.run import RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e


def write(home: DaemonHome, *jobs: dict[str, Any], **queues: dict[str, Any]) -> None:
    home.write("jobs.json", json.dumps({"queues": queues, "jobs": jobs}))


def queue(home: DaemonHome, name: str) -> dict[str, Any]:
    """Return what is said of the queue, nothing if there is none."""
    listed: list[dict[str, Any]] = json.loads(home.run("queues", "list", "--json").stdout)
    return next((one for one in listed if one["queue"] == name), {})


def test_queues_come_change_and_go_with_their_file_and_commands_go_before_it(home: DaemonHome) -> None:
    write(home, job("a", manual=True), mail={"parallelism": 2})
    daemon = home.start_ready()
    assert queue(home, "mail")["parallelism"] == 2
    write(home, job("a", manual=True), mail={"parallelism": 3, "rate_limit": "5/1m"})
    home.eventually(lambda: queue(home, "mail")["parallelism"] == 3)
    assert home.run("queues", "resize", "mail", "--parallelism", "7").stdout == "queue 'mail' changed\n"
    assert home.run("queues", "add", "bulk", "--weight", "3").stdout == "queue 'bulk' added\n"
    assert home.stop(daemon) == 0
    daemon = home.start_ready()
    mail, bulk = queue(home, "mail"), queue(home, "bulk")
    assert (mail["parallelism"], mail["rate_limit"], bulk["weight"]) == (7, "5/1m", 3)
    assert mail["changed_by"] is not None
    write(home, job("a", manual=True))
    home.eventually(lambda: queue(home, "mail") == {})
    assert queue(home, "bulk")
    assert home.stop(daemon) == 0


def test_a_paused_queue_holds_its_runs_also_over_a_restart_and_no_others(home: DaemonHome) -> None:
    write(home, job("letter", queue="mail", manual=True), job("other", manual=True), mail={})
    daemon = home.start_ready()
    assert home.run("queues", "pause", "mail").returncode == 0
    assert home.stop(daemon) == 0
    daemon = home.start_ready()
    assert home.run("trigger", "letter").returncode == 0
    assert home.run("trigger", "other", "--wait").returncode == 0
    assert [run.state for run in home.runs("letter")] == [RunState.AVAILABLE]
    assert home.run("queues", "resume", "mail").returncode == 0
    home.eventually(lambda: home.runs("letter", RunState.COMPLETED))
    assert home.stop(daemon) == 0


def test_minimums_beyond_max_workers_are_refused_at_their_place(home: DaemonHome) -> None:
    write(home, mail={"min_workers": 50})
    refused = home.run("validate", "jobs.json", MAX_WORKERS="60")
    assert refused.returncode == 2
    assert refused.stderr.startswith("cron-actors: jobs.json:1:37: queues.mail.min_workers: ")
    assert refused.stderr.endswith("accepted: at most MAX_WORKERS, which is 60\n")
    assert home.run("validate", "jobs.json", MAX_WORKERS="70").returncode == 0
