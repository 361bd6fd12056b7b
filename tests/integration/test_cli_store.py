"""The commands that read the store or ask something of the daemon, on a real database and a stopped clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.urls import open_mailbox, open_reader, open_store
from cron_actors.cli.program import run_program
from cron_actors.cli.surroundings import Surroundings
from cron_actors.core.definitions import definition_of
from cron_actors.core.moments import iso
from cron_actors.core.statistics import observe
from cron_actors.model.records import JobRecord, NodeRecord
from cron_actors.model.run import Account, AttemptKey, Cause, Ending, NewRun, Outcome, Run, RunState, Settlement
from cron_actors.model.statistics import Distribution, JobStatistics

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class World:
    """A database that a daemon may hold open, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'jobs.db'}"
        self.daemon: SqliteStore | None = None
        self.while_waiting: Callable[[], None] = lambda: pytest.fail("the command waits for nothing")

    def __call__(self, *words: str) -> int:
        environ = {"DATABASE_URL": self.url, "JOBS_FILE_PATH": str(self.folder / "jobs.json")}
        around = Surroundings(
            environ=environ,
            now=lambda: NOW,
            pause=lambda _: self.while_waiting(),
            open_reader=open_reader,
            open_mailbox=open_mailbox,
        )
        return run_program(words, around)

    def start_daemon(self) -> SqliteStore:
        self.daemon = open_store(self.url)
        self.daemon.open()
        return self.daemon

    def stop_daemon(self) -> None:
        if self.daemon is not None:
            self.daemon.close()
            self.daemon = None

    def write_jobs(self, *jobs: dict[str, Any]) -> None:
        (self.folder / "jobs.json").write_text(json.dumps({"jobs": jobs}))


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.stop_daemon()


def put_job(store: SqliteStore, identifier: str = "backup", **job: Any) -> None:  # noqa: ANN401 - keys of a jobs file
    written = {"identifier": identifier, "command": "true", "periodicity": "1m", **job}
    with store.begin() as transaction:
        key = transaction.put_definition(definition_of(written, Path("/jobs")).text)
        transaction.put_job(
            JobRecord(
                identifier=identifier,
                source="jobs.json",
                definition=key,
                first_seen_at=NOW - MINUTE * 99,
                changed_at=NOW - MINUTE * 99,
                next_due_at=NOW + MINUTE * 3,
            )
        )


def put_run(store: SqliteStore, due_at: datetime, job: str = "backup") -> Run:
    new = NewRun(job=job, due_at=due_at, cause=Cause.SCHEDULE, key=iso(due_at), definition="", queue="default")
    with store.begin() as transaction:
        (run,) = transaction.insert_runs([new])
    assert run is not None
    return run


def claim(store: SqliteStore, at: datetime, log: Path | None = None) -> Run:
    with store.begin() as transaction:
        (run,) = transaction.claim("default", 1, "node", at)
        if log is not None:
            transaction.set_log({run.run_id: str(log)})
    return run


def settle(store: SqliteStore, run: Run, at: datetime, *, error: str | None = None) -> None:
    assert run.lease_token is not None
    settlement = Settlement(
        key=AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token),
        ending=Ending(outcome=Outcome.FAILURE if error else Outcome.SUCCESS, exit_code=3 if error else 0, error=error),
        state=RunState.DISCARDED if error else RunState.COMPLETED,
        reason="failed" if error else None,
        at=at,
    )
    with store.begin() as transaction:
        assert transaction.settle(settlement) is not None


def put_node(store: SqliteStore, heartbeat_at: datetime, *, trouble: str | None = None) -> None:
    record = NodeRecord(
        node="n1",
        pid=123,
        boot_id="b",
        host="here",
        started_at=NOW - MINUTE * 5,
        heartbeat_at=heartbeat_at,
        ticks=42,
        trouble=trouble,
    )
    with store.begin() as transaction:
        transaction.put_node(record)


def answer(store: SqliteStore, text: str, run_id: int | None = None) -> None:
    with store.begin() as transaction:
        for request in transaction.requests():
            transaction.answer(request.request_id, text, NOW, run_id)


def shown(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - JSON of any kind
    return json.loads(capsys.readouterr().out)


def test_queries_create_no_database(cli: World) -> None:
    assert [cli(*words) for words in [("runs",), ("stats",), ("status",), ("prune",)]] == [0, 0, 1, 0]
    assert list(cli.folder.iterdir()) == []


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_runs_tell_all_that_is_known_of_a_run(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
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
            "state": "discarded",
            "reason": "failed",
            "attempt": 1,
            "started_at": "2026-11-21T11:59:02Z",
            "finished_at": "2026-11-21T11:59:05Z",
            "duration_s": 3.0,
            "lateness_s": 2.0,
            "outcome": "failure",
            "exit_code": 3,
            "error": "exit status 3",
            "log": "/logs/x.txt",
        }
    ]


def test_what_is_not_known_of_a_run_is_null(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    cli("runs", "--json")
    (told,) = shown(capsys)
    unknown = {key for key, value in told.items() if value is None}
    assert unknown == {
        "reason", "started_at", "finished_at", "duration_s", "lateness_s", "outcome", "exit_code", "error", "log",
    }  # fmt: skip


def test_json_has_every_due_instant_of_a_stretch(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert "3 instants  missed: down" in capsys.readouterr().out


def test_fifty_runs_are_told_unless_a_job_is_named(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    for index in range(52):
        put_run(store, NOW - MINUTE * index)
    cli("runs", "--json")
    assert len(shown(capsys)) == 50
    cli("runs", "--json", "--job", "backup")
    assert len(shown(capsys)) == 52


def test_runs_of_an_unknown_job_are_a_misuse(cli: World) -> None:
    assert cli("runs", "--job", "backup") == 2


def test_an_error_of_a_job_cannot_move_the_terminal(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    settle(store, claim(store, NOW), NOW, error="\x1b[2Jboo\nho")
    cli("runs")
    assert "?[2Jboo ho" in capsys.readouterr().out


# ── statistics ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_statistics_tell_what_is_counted(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_the_run_being_executed_is_told(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    run = claim(store, NOW)
    cli("stats", "backup", "--json")
    assert shown(capsys)["executing"] == [run.run_id]


def test_a_job_of_the_file_that_was_never_launched_says_so(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", "manual": True})
    assert cli("stats", "new") == 0
    assert "new: not launched\n" in capsys.readouterr().out
    assert cli("stats") == 0
    assert "not launched" in capsys.readouterr().out


def test_statistics_of_an_unknown_job_are_a_misuse_with_the_nearest_name(
    cli: World, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(cli.start_daemon())
    assert cli("stats", "bakup") == 2
    assert "did you mean 'backup'?" in capsys.readouterr().err


# ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_jobs_are_shown_without_their_secrets(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    put_job(cli.start_daemon(), env={"DB_PASSWORD": "hunter2", "LANG": "C"})
    for words in (["jobs"], ["jobs", "backup"], ["jobs", "--json"], ["jobs", "backup", "--json"]):
        assert cli(*words) == 0
        out = capsys.readouterr().out
        assert "hunter2" not in out
        assert "backup" in out


def test_jobs_are_those_of_the_file_before_a_daemon_loads_it(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", "cron": "@daily", "timezone": "Europe/Berlin"})
    assert cli("jobs") == 0
    assert "cron @daily (Europe/Berlin)" in capsys.readouterr().out


# ── status ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_daemon_that_beats_and_has_no_trouble_is_healthy(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
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
    cli: World, capsys: pytest.CaptureFixture[str], age: int, trouble: str | None, told: str
) -> None:
    put_node(cli.start_daemon(), NOW - timedelta(seconds=age), trouble=trouble)
    assert cli("status") == 1
    assert told in capsys.readouterr().out


def test_a_daemon_that_is_gone_is_not_healthy(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    put_node(cli.start_daemon(), NOW)
    cli.stop_daemon()
    assert cli("status") == 1
    assert "no daemon runs" in capsys.readouterr().out


# ── logs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_log_is_that_of_the_newest_run_or_of_the_one_named(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    for number in (1, 2):
        log = cli.folder / f"{number}.txt"
        log.write_text(f"log {number}\n")
        put_run(store, NOW - MINUTE * (3 - number))
        settle(store, claim(store, NOW - MINUTE * (3 - number), log), NOW)
    put_run(store, NOW)
    assert cli("logs", "backup") == 0
    assert capsys.readouterr().out == "log 2\n"
    assert cli("logs", "backup", "--run", "1") == 0
    assert capsys.readouterr().out == "log 1\n"


def test_a_log_is_followed_until_the_run_ends(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    log = cli.folder / "log.txt"
    log.write_text("one\n")
    run = claim(store, NOW, log)

    def end() -> None:
        log.write_text("one\ntwo\n")
        settle(store, run, NOW)

    cli.while_waiting = end
    assert cli("logs", "backup", "-f") == 0
    assert capsys.readouterr().out == "one\ntwo\n"


def test_following_ends_when_the_daemon_is_gone(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    (cli.folder / "log.txt").write_text("one\n")
    claim(store, NOW, cli.folder / "log.txt")
    cli.while_waiting = cli.stop_daemon
    assert cli("logs", "backup", "-f") == 0
    assert "no daemon executes run 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["logs", "backup"], 1, "no run of 'backup' has a log yet"),
        (["logs", "backup", "--run", "99"], 2, "'backup' has no run 99"),
        (["logs", "nothing"], 2, "there is no job 'nothing'"),
    ],
)
def test_a_log_that_is_not_there_is_told(
    cli: World, capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    assert cli(*words) == code
    assert told in capsys.readouterr().err


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("words", "code"), [([], 0), (["--wait"], 1)])
def test_a_trigger_without_a_daemon_is_recorded_with_a_warning(
    cli: World, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", "manual": True})
    assert cli("trigger", "new", "--force", *words) == code
    assert "warning: no daemon runs" in capsys.readouterr().err
    with cli.start_daemon().begin() as transaction:
        (request,) = transaction.requests()
    assert (request.job, request.force) == ("new", True)


def test_a_trigger_does_not_wait_unless_told(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    put_job(cli.start_daemon())
    assert cli("trigger", "backup") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("error", "code"), [(None, 0), ("exit status 3", 1)])
def test_a_trigger_that_waits_ends_as_its_run(
    cli: World, capsys: pytest.CaptureFixture[str], error: str | None, code: int
) -> None:
    store = cli.start_daemon()
    put_job(store)
    steps: list[Callable[[], None]] = [
        lambda: answer(store, "run 1", put_run(store, NOW).run_id),
        lambda: None,
        lambda: settle(store, claim(store, NOW), NOW, error=error),
    ]

    def next_step() -> None:
        steps.pop(0)()

    cli.while_waiting = next_step
    assert cli("trigger", "backup", "--wait") == code
    assert capsys.readouterr().out.startswith("run 1: " + ("discarded: failed" if error else "completed"))


def test_a_trigger_that_makes_no_run_says_why_and_fails(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    cli.while_waiting = lambda: answer(store, "skipped: overlap")
    assert cli("trigger", "backup", "--wait") == 1
    assert capsys.readouterr().out == "skipped: overlap\n"


def test_waiting_ends_when_the_daemon_is_gone(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    put_job(cli.start_daemon())
    cli.while_waiting = cli.stop_daemon
    assert cli("trigger", "backup", "--wait") == 1
    assert "the daemon ended before it answered" in capsys.readouterr().err


def test_an_unknown_or_removed_job_cannot_be_triggered(cli: World) -> None:
    store = cli.start_daemon()
    put_job(store)
    with store.begin() as transaction:
        (record,) = transaction.jobs()
        removed = {name: getattr(record, name) for name in JobRecord.__slots__} | {"removed_at": NOW}
        transaction.put_job(JobRecord(**removed))
    assert (cli("trigger", "backup"), cli("trigger", "nothing")) == (2, 2)
    with store.begin() as transaction:
        assert transaction.requests() == []


def test_the_answer_to_a_cancel_is_printed(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    cli.while_waiting = lambda: answer(store, "run 1 is cancelled")
    assert cli("cancel", "1") == 0
    assert capsys.readouterr().out == "run 1 is cancelled\n"


def test_an_unknown_run_cannot_be_cancelled(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    cli.start_daemon()
    assert cli("cancel", "7") == 2
    assert capsys.readouterr().err == "cron-actors: there is no run 7\n"


# ── housekeeping ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_pruning_deletes_old_runs_beside_a_living_daemon(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    for days in (100, 80):
        put_run(store, NOW - timedelta(days=days))
        settle(store, claim(store, NOW - timedelta(days=days)), NOW - timedelta(days=days))
    assert cli("prune") == 0
    assert capsys.readouterr().out == "1 run deleted\n"
    assert cli("prune", "--keep", "0") == 0
    assert capsys.readouterr().out == "1 run deleted\n"


def test_a_bad_age_is_a_misuse(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("prune", "--older-than", "soon") == 2
    assert "--older-than" in capsys.readouterr().err


def test_a_reset_deletes_everything_only_if_told_so(
    cli: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_run(cli.start_daemon(), NOW)
    cli.stop_daemon()
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert cli("reset") == 1
    cli("runs", "--json")
    assert '"run_id": 1' in capsys.readouterr().out
    assert cli("reset", "--yes") == 0
    capsys.readouterr()
    cli("runs", "--json")
    assert shown(capsys) == []


def test_a_reset_is_refused_while_a_daemon_lives(cli: World, capsys: pytest.CaptureFixture[str]) -> None:
    put_run(cli.start_daemon(), NOW)
    assert cli("reset", "--yes") == 1
    assert capsys.readouterr().err.startswith("cron-actors: another daemon")
