"""The commands about queues, on a real database with a stopped clock."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.core.queue_reader import built_in_records
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import Request, RequestKind
from cron_actors.model.run import Cause, NewRun, RunState
from tests.fakes.command_line import MINUTE, NOW, CommandLine, answer, claim, put_job, put_run

MAIL = QueueRecord(
    name="mail",
    source="/srv/jobs.json",
    declared='{"parallelism":4,"rate_limit":"10/1m"}',
    changes='{"parallelism":9}',
    changed_at=NOW - MINUTE,
    changed_by="ada (process 7)",
    share=3,
)


@pytest.fixture
def store(cli: CommandLine) -> SqliteStore:
    """Return the store of a living daemon with the built-in queues and one more."""
    opened = cli.start_daemon()
    put_queues(opened, *built_in_records(), MAIL)
    return opened


def put_queues(store: SqliteStore, *records: QueueRecord) -> None:
    with store.begin() as transaction:
        for record in records:
            transaction.put_queue(record)


def listed(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """Return what ``queues list --json`` says of each queue."""
    assert cli("queues", "list", "--json") == 0
    return {queue["queue"]: queue for queue in json.loads(capsys.readouterr().out)}


def requests(store: SqliteStore) -> list[Request]:
    with store.begin() as transaction:
        return transaction.requests()


def asked(store: SqliteStore, cli: CommandLine, *words: str) -> tuple[RequestKind, Any]:
    """Give the command while a daemon answers; return what it asked for."""
    seen: list[Request] = []

    def daemon() -> None:
        seen.extend(requests(store))
        answer(store, "done")

    cli.while_waiting = daemon
    assert cli(*words) == 0
    [request] = seen
    return request.kind, request.payload


def test_a_queue_is_listed_as_it_is_in_force_with_what_waits_in_it(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(3):
        put_run(store, NOW - MINUTE * index)
    claim(store, NOW)
    put_queues(store, replace(built_in_records()[2], share=4))
    queues = listed(cli, capsys)
    assert list(queues) == ["wait_room", "low", "default", "high", "critical", "mail"]
    default = queues["default"]
    assert (default["share"], default["busy"], default["free"], default["to_terminate"]) == (4, 1, 3, 0)
    assert (default["waiting"], default["later"], default["weight"], default["min_workers"]) == (2, 0, 8, 3)
    assert queues["mail"] == {
        "queue": "mail",
        "source": "/srv/jobs.json",
        "parallelism": 9,
        "weight": 8,
        "priority_level": None,
        "min_workers": 1,
        "backoff": None,
        "rate_limit": "10/1m",
        "poll_interval": "1s",
        "isolation": "fresh",
        "recycle": {"runs": 1000, "memory": 256_000_000},
        "share": 3,
        "busy": 0,
        "free": 3,
        "to_terminate": 0,
        "waiting": 0,
        "later": 0,
        "paused_at": None,
        "paused_by": None,
        "changed_at": "2026-11-21T11:59:00Z",
        "changed_by": "ada (process 7)",
    }


def test_busy_workers_beyond_the_share_are_to_end(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_run(store, NOW)
    claim(store, NOW)
    default = listed(cli, capsys)["default"]
    assert (default["busy"], default["free"], default["to_terminate"]) == (1, 0, 1)


def test_without_a_daemon_it_is_said_that_shares_and_busy_workers_are_the_last_known(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_run(store, NOW)
    claim(store, NOW)
    assert cli("queues", "list") == 0
    assert capsys.readouterr().err == ""
    cli.stop_daemon()
    assert cli("queues", "list", "--json") == 0
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert "no daemon runs on this database; what the queues have of workers is what was last known" in told.err
    assert {queue["queue"]: queue["busy"] for queue in json.loads(told.out)}["default"] == 1


def test_a_paused_queue_says_since_when_and_by_whom(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_queues(store, replace(MAIL, paused_at=NOW - MINUTE * 2, paused_by="ada"))
    assert cli("queues", "list") == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("mail")]
    assert line.endswith("2m ago by ada")
    cli("status")
    assert "queues       mail paused\n" in capsys.readouterr().out


def test_a_queue_that_has_gone_is_not_listed(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_queues(store, replace(MAIL, removed_at=NOW))
    assert "mail" not in listed(cli, capsys)
    assert cli("queues", "pause", "mail") == 2


def test_without_a_database_what_is_built_in_and_written_is_listed(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    (cli.folder / "jobs.json").write_text('{"queues": {"mail": {"parallelism": 2}}, "jobs": []}')
    assert listed(cli, capsys)["mail"]["parallelism"] == 2


@pytest.mark.parametrize(
    ("words", "kind", "payload"),
    [
        ("queues pause mail", RequestKind.PAUSE_QUEUE, {"queue": "mail"}),
        ("queues resume mail", RequestKind.RESUME_QUEUE, {"queue": "mail"}),
        ("queues balance", RequestKind.BALANCE, None),
        (
            "queues add bulk --parallelism 4 --priority-level 7 --min-workers 2 --rate-limit 10/1m",
            RequestKind.ADD_QUEUE,
            {"queue": "bulk", "parallelism": 4, "priority_level": 7, "min_workers": 2, "rate_limit": "10/1m"},
        ),
        (
            "queues add bulk --isolation reuse --recycle-runs 50 --recycle-memory 64MB --weight 3 --backoff linear",
            RequestKind.ADD_QUEUE,
            {
                "queue": "bulk",
                "isolation": "reuse",
                "weight": 3,
                "backoff": "linear",
                "recycle": {"runs": 50, "memory": "64MB"},
            },
        ),
        (
            "queues resize mail --parallelism none --rate-limit none",
            RequestKind.RESIZE_QUEUE,
            {"queue": "mail", "parallelism": None, "rate_limit": None},
        ),
        (
            "queues resize high --backoff initial=5s,factor=1.5,jitter=0.1",
            RequestKind.RESIZE_QUEUE,
            {"queue": "high", "backoff": {"initial": "5s", "factor": 1.5, "jitter": 0.1}},
        ),
        ("queues resize mail --backoff none", RequestKind.RESIZE_QUEUE, {"queue": "mail", "backoff": "none"}),
    ],
)
def test_what_is_said_is_asked_of_the_daemon_and_its_answer_printed(
    cli: CommandLine,
    store: SqliteStore,
    capsys: pytest.CaptureFixture[str],
    words: str,
    kind: RequestKind,
    payload: object,
) -> None:
    assert asked(store, cli, *words.split()) == (kind, payload)
    assert capsys.readouterr().out == "done\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("queues pause mial", "queue: found 'mial', did you mean 'mail'?; accepted: a queue: wait_room, low, default"),
        ("queues resume mial", "did you mean 'mail'?"),
        ("queues resize mial --weight 3", "did you mean 'mail'?"),
        ("queues resize mail", "nothing to change; name at least one option"),
        ("queues resize mail --weight x", "weight: found 'x'; accepted: a whole number from 1 to 1000"),
        ("queues resize mail --min-workers 10", "min_workers: found 10, more than the parallelism of 9"),
        ("queues resize mail --weight 3 --priority-level 3", "priority_level: stands beside weight"),
        ("queues resize mail --backoff start=5s", "backoff: found 'start=5s', where 'start' means nothing"),
        ("queues resize mail --backoff factor=fast", "backoff.factor: found 'fast'; accepted: a number from 1 to 1000"),
        ("queues add mail", "there is a queue 'mail' already; cron-actors queues resize mail changes it"),
        (
            "queues add Mail",
            "name: found 'Mail', which differs from the queue 'mail' only in its spelling; ",
        ),
        ("queues add DEFAULT", "differs from the queue 'default' only in its spelling"),
        ("queues add a/b", "name: found 'a/b', which holds a separator of folders"),
        ("queues add bulk --rate-limit 10", "rate_limit: found '10'; accepted: how many runs in what time"),
        ("queues add bulk --isolation no", "isolation: found 'no'; accepted: fresh, reuse"),
        ("queues ad bulk", "No such command 'ad'"),
        ("runs --queue mial", "did you mean 'mail'?"),
        ("dead list --queue mial", "did you mean 'mail'?"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_asks_nothing(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str], words: str, complaint: str
) -> None:
    assert cli(*words.split()) == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert told.count("\n") == 1
    assert requests(store) == []


def test_without_a_daemon_a_request_is_recorded_and_that_is_said(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.stop_daemon()
    assert cli("queues", "pause", "mail") == 0
    assert "no daemon runs on this database; the request is recorded" in capsys.readouterr().err
    [request] = requests(cli.start_daemon())
    assert (request.kind, request.payload) == (RequestKind.PAUSE_QUEUE, {"queue": "mail"})


def test_runs_of_one_queue_can_be_listed(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_run(store, NOW)
    cli("runs", "--queue", "default", "--json")
    [run] = json.loads(capsys.readouterr().out)
    assert (run["queue"], run["state"]) == ("default", RunState.AVAILABLE)
    cli("runs", "--queue", "mail", "--json")
    assert json.loads(capsys.readouterr().out) == []


def test_jobs_show_the_queue_where_one_says_it(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(store)
    cli("jobs")
    assert "QUEUE" not in capsys.readouterr().out
    put_job(store, "report", queue="mail")
    cli("jobs")
    titles, *rows = capsys.readouterr().out.splitlines()
    assert "QUEUE" in titles
    assert [row.rstrip().endswith("mail") for row in rows] == [False, True]


def test_why_names_the_queue_that_holds_a_run_up(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(store)
    put_run(store, NOW)
    put_queues(store, replace(built_in_records()[2], paused_at=NOW, paused_by="ada"))
    cli("why", "backup", "--at", "2026-11-21T12:00")
    assert "it waits for its queue 'default', which is paused, as run 1" in capsys.readouterr().out


def test_explain_says_what_becomes_of_runs(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    job = {"identifier": "load", "command": "x", "manual": True, "max_attempts": 3, "queue": "high"}
    cli.write_jobs(
        {**job, "on_success": ["report", "alarm"], "on_failure": "alarm"},
        *({"identifier": name, "command": "x", "manual": True} for name in ("report", "alarm")),
    )
    assert cli("explain", "load") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Its runs wait in the queue 'high' with priority 0.",
        "A run that fails is tried up to 3 times; the wait before each further attempt: as its queue says.",
        "A run that is completed starts 'report' and 'alarm'.",
        "A run that is given up starts 'alarm'.",
    ]
    assert cli("explain", "report") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.CHAIN, "it is running as run 1, begun by the end of another run since"),
        (Cause.SUBMITTED, "it is running as run 1, which was submitted since"),
    ],
)
def test_why_says_what_made_a_run(
    cli: CommandLine, store: SqliteStore, capsys: pytest.CaptureFixture[str], cause: Cause, words: str
) -> None:
    put_job(store)
    new = NewRun(job="backup", due_at=NOW, cause=cause, key=None, definition="", queue="default")
    with store.begin() as transaction:
        transaction.insert_runs([new])
    claim(store, NOW)
    cli("why", "backup", "--at", "2026-11-21T12:00")
    assert words in capsys.readouterr().out
