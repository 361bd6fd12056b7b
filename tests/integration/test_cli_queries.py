"""The commands that read the store, on a real database and a stopped clock."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.adapters.run_logs import DiskRoom
from cron_actors.core.statistics import observe
from cron_actors.model.run import (
    Account,
    RunState,
)
from cron_actors.model.statistics import Distribution, JobStatistics
from tests.fakes.command_line import MINUTE, NOW, CommandLine, claim, put_job, put_node, put_run, settle


def shown(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - JSON of any kind
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        ("runs", 0, "no runs\n"),
        ("runs --json", 0, "[]\n"),
        ("stats", 0, None),
        ("jobs --json", 0, None),
        ("status", 1, None),
    ],
)
def test_where_there_is_no_database_standard_error_says_where_one_was_looked_for(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], words: str, code: int, out: str | None
) -> None:
    cli.write_jobs()
    assert cli(*words.split()) == code
    told = capsys.readouterr()
    assert told.err == f"cron-actors: there is no database at {cli.folder}/jobs.db yet; DATABASE_URL names it\n"
    assert out in (None, told.out)


def test_a_database_that_is_there_is_not_spoken_of(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    cli.start_daemon()
    cli("runs")
    assert capsys.readouterr().err == ""


def test_queries_create_no_database(cli: CommandLine) -> None:
    assert [cli(*words) for words in [("runs",), ("stats",), ("status",), ("prune",)]] == [0, 0, 1, 0]
    assert list(cli.folder.iterdir()) == []


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_runs_tell_all_that_is_known_of_a_run(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW - MINUTE)
    run = claim(store, NOW - MINUTE + timedelta(seconds=2), Path("/logs/x.txt"))
    settle(store, run, NOW - MINUTE + timedelta(seconds=5), error="exit status 3")
    assert cli("runs", "--json") == 0
    assert shown(capsys) == [
        {
            "run_id": run.run_id,
            "job": "backup",
            "due_at": "2026-11-21T11:59:00Z",
            "queue": "default",
            "priority": 0,
            "cause": "schedule",
            "cause_run_id": None,
            "state": "discarded",
            "reason": "failed",
            "attempt": 1,
            "max_attempts": None,
            "scheduled_at": None,
            "started_at": "2026-11-21T11:59:02Z",
            "finished_at": "2026-11-21T11:59:05Z",
            "duration_s": 3.0,
            "lateness_s": 2.0,
            "outcome": "failure",
            "exit_code": 3,
            "error": "exit status 3",
            "result": None,
            "dismissed_at": None,
            "log": "/logs/x.txt",
        }
    ]


def test_what_is_not_known_of_a_run_is_null(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    cli("runs", "--json")
    (told,) = shown(capsys)
    unknown = {key for key, value in told.items() if value is None}
    assert unknown == {
        "reason", "started_at", "finished_at", "duration_s", "lateness_s", "outcome", "exit_code", "error", "log",
        "cause_run_id", "max_attempts", "scheduled_at", "result", "dismissed_at",
    }  # fmt: skip


def test_json_has_every_due_instant_of_a_stretch(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    account = Account(
        job="backup",
        state=RunState.MISSED,
        reason="down",
        first_due_at=NOW - MINUTE * 3,
        last_due_at=NOW - MINUTE,
        count=3,
        recorded_at=NOW,
    )
    with store.begin() as transaction:
        transaction.insert_accounts([account])
    put_run(store, NOW)
    assert cli("runs", "--job", "backup", "--json") == 0
    assert [(run["due_at"][11:16], run["state"]) for run in shown(capsys)] == [
        ("12:00", "available"),
        ("11:59", "missed"),
        ("11:58", "missed"),
        ("11:57", "missed"),
    ]
    cli("runs", "--limit", "2", "--json")
    assert [run["due_at"][11:16] for run in shown(capsys)] == ["12:00", "11:59"]
    cli("runs", "--state", "missed", "--since", "2026-11-21T11:58", "--json")
    assert [run["due_at"][11:16] for run in shown(capsys)] == ["11:59", "11:58"]
    cli("runs")
    assert re.search(r"3 instants  3m   missed: down", capsys.readouterr().out)


def test_fifty_runs_are_told_unless_a_job_is_named(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    for index in range(52):
        put_run(store, NOW - MINUTE * index)
    cli("runs", "--json")
    assert len(shown(capsys)) == 50
    cli("runs", "--json", "--job", "backup")
    assert len(shown(capsys)) == 52


def test_runs_of_an_unknown_job_are_a_misuse(cli: CommandLine) -> None:
    assert cli("runs", "--job", "backup") == 2


@pytest.mark.parametrize(
    "words", [("runs", "--job"), ("stats",), ("logs",), ("dead", "list", "--job"), ("events", "--job")]
)
def test_work_that_was_submitted_is_asked_for_as_a_job_is(cli: CommandLine, words: tuple[str, ...]) -> None:
    """No jobs file and no row of a job names it."""
    put_run(cli.start_daemon(), NOW, "shop.Film")
    assert cli(*words, "shop.Film") == (1 if words == ("logs",) else 0)  # it has none yet
    assert cli(*words, "shop.Fim") == 2


@pytest.mark.parametrize("words", [("trigger",), ("pause",), ("why", "--at", "2026-11-21T03:00")])
def test_work_that_was_submitted_has_no_schedule_to_ask_about_or_to_change(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    put_run(cli.start_daemon(), NOW, "shop.Film")
    assert cli(*words, "shop.Film") == 2
    assert "no job 'shop.Film' in force, only runs of it; cron-actors runs --job shop.Film" in capsys.readouterr().err


def test_an_error_of_a_job_cannot_move_the_terminal(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    settle(store, claim(store, NOW), NOW, error="\x1b[2Jboo\nho")
    cli("runs")
    assert "?[2Jboo ho" in capsys.readouterr().out


# ── statistics ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_statistics_tell_what_is_counted(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_node(store, NOW)
    figures = JobStatistics(
        launches=4,
        successes=3,
        failures=1,
        skipped={"overlap": 2, "coalesced": 5},
        missed={"down": 7},
        last_outcome="success",
        last_due_at=NOW,
        duration=observe(Distribution(), timedelta(seconds=2)),
    )
    with store.begin() as transaction:
        transaction.put_statistics({"backup": figures})
    assert cli("stats", "backup", "--json") == 0
    told = shown(capsys)
    assert told == {
        "ticks": 42,
        "launches": 4,
        "successes": 3,
        "failures": 1,
        "timeouts": 0,
        "retries": 0,
        "skipped": 7,
        "skipped_by_reason": {"overlap": 2, "coalesced": 5},
        "missed": 7,
        "missed_by_reason": {"down": 7},
        "interrupted": 0,
        "cancelled": 0,
        "executing": [],
        "last_outcome": "success",
        "last_due_at": "2026-11-21T12:00:00Z",
        "next_due_at": "2026-11-21T12:03:00Z",
        "duration_s": {"min": 2.0, "mean": 2.0, "p50": 2.0, "p95": 2.0, "max": 2.0},
        "lateness_s": {"p50": None, "p95": None, "max": None},
    }
    assert cli("stats", "--json") == 0
    ticks = told.pop("ticks")
    assert shown(capsys) == {"ticks": ticks, "jobs": {"backup": told}}


def test_the_run_being_executed_is_told(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    run = claim(store, NOW)
    cli("stats", "backup", "--json")
    assert shown(capsys)["executing"] == [run.run_id]


def test_a_job_of_the_file_that_was_never_launched_says_so(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", "manual": True})
    assert cli("stats", "new") == 0
    assert "new: not launched\n" in capsys.readouterr().out
    assert cli("stats") == 0
    assert re.search(r"^new  0 .* -  ", capsys.readouterr().out, re.MULTILINE)


def test_statistics_of_an_unknown_job_are_a_misuse_with_the_nearest_name(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(cli.start_daemon())
    assert cli("stats", "bakup") == 2
    assert "did you mean 'backup'?" in capsys.readouterr().err


# ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_jobs_are_shown_without_their_secrets(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    put_job(cli.start_daemon(), env={"DB_PASSWORD": "hunter2", "LANG": "C"})
    for words in (["jobs"], ["jobs", "backup"], ["jobs", "--json"], ["jobs", "backup", "--json"]):
        assert cli(*words) == 0
        out = capsys.readouterr().out
        assert "hunter2" not in out
        assert "backup" in out


def test_jobs_are_those_of_the_file_before_a_daemon_loads_it(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", "cron": "@daily", "timezone": "Europe/Berlin"})
    assert cli("jobs") == 0
    assert "cron @daily (Europe/Berlin)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"at_startup": True}, "at_startup"),
        ({"at_startup": "every_start", "periodicity": "1h"}, "periodicity 1h, at_startup every_start"),
        ({"at_startup": False, "manual": False, "cron": ["@daily", "0 4 * * *"]}, "cron @daily; 0 4 * * *"),
        ({"manual": True}, "manual"),
    ],
)
def test_jobs_say_when_they_run_in_the_words_of_the_file(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], when: dict[str, Any], words: str
) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", **when})
    assert cli("jobs") == 0
    assert capsys.readouterr().out.splitlines()[1].split("  ")[1] == words


def test_descriptions_take_no_room_where_no_job_has_one(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cron_actors.cli.jobs.width", lambda: 80)
    long = {"identifier": "new", "command": "true", "cron": "30 4 * * mon-fri", "timezone": "Africa/Porto-Novo"}
    cli.write_jobs(long)
    assert cli("jobs") == 0
    told = capsys.readouterr().out
    assert "cron 30 4 * * mon-fri (Africa/Porto-Novo)" in told
    assert "DESCRIPTION" not in told
    cli.write_jobs(long, {"identifier": "other", "command": "true", "manual": True, "description": "what it does"})
    assert cli("jobs") == 0
    assert "what it does" in capsys.readouterr().out


def test_a_clock_set_back_makes_no_length_of_time_negative(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    settle(store, claim(store, NOW - MINUTE), NOW - 2 * MINUTE)
    assert cli("runs", "--json") == 0
    (told,) = shown(capsys)
    assert (told["duration_s"], told["lateness_s"]) == (0.0, 0.0)


# ── status ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_daemon_that_beats_and_has_no_trouble_is_healthy(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    store = cli.start_daemon()
    put_node(store, NOW - timedelta(seconds=15))
    assert cli("status", "--json") == 0
    told = shown(capsys)
    assert (told["healthy"], told["troubles"], told["daemon"]["pid"]) == (True, [], 123)
    assert cli("status") == 0
    assert "(15 seconds ago)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("age", "trouble", "told"),
    [(16, None, "heartbeat came 16 s ago"), (0, "the disk is full", "the disk is full")],
)
def test_a_silent_or_troubled_daemon_is_not_healthy(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], age: int, trouble: str | None, told: str
) -> None:
    put_node(cli.start_daemon(), NOW - timedelta(seconds=age), trouble=trouble)
    assert cli("status") == 1
    assert told in capsys.readouterr().out


def test_a_daemon_without_room_for_its_database_is_not_healthy(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_node(cli.start_daemon(), NOW)
    monkeypatch.setattr(DiskRoom, "LEAST", 10**18)
    assert cli("status") == 1
    assert f"no room for the database: {cli.folder}: " in capsys.readouterr().out


def test_a_daemon_that_is_gone_is_not_healthy(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    put_node(cli.start_daemon(), NOW)
    cli.stop_daemon()
    assert cli("status") == 1
    assert "no daemon runs" in capsys.readouterr().out


def test_without_a_daemon_what_is_told_is_of_the_last_one(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_node(store, NOW)
    put_run(store, NOW)
    claim(store, NOW)
    cli("status")
    out = capsys.readouterr().out
    assert "\ndaemon       process 123 " in out
    assert "1 executing\n" in out
    cli.stop_daemon()
    cli("status")
    out = capsys.readouterr().out
    assert "\nlast daemon  process 123 " in out
    assert "1 executing (left over)\n" in out
