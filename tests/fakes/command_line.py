"""The command line on a real database that a daemon may hold open, with a stopped clock."""

from __future__ import annotations

import json
from collections.abc import Callable
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
from cron_actors.model.records import JobRecord, NodeRecord
from cron_actors.model.run import AttemptKey, Cause, Ending, NewRun, Outcome, Run, RunState, Settlement

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class CommandLine:
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
        (run,) = transaction.claim("default", 1, "node", at, lambda *_: str(log or "/nowhere/log.txt"))
    return run


def settle(store: SqliteStore, run: Run, at: datetime, *, error: str | None = None) -> None:
    assert run.lease_token is not None
    settlement = Settlement(
        key=AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token),
        ending=Ending(
            outcome=Outcome.FAILURE if error else Outcome.SUCCESS,
            exit_code=3 if error else 0,
            error=error,
            duration=max(at - (run.started_at or at), timedelta(0)),
        ),
        state=RunState.DISCARDED if error else RunState.COMPLETED,
        reason="failed" if error else None,
        at=at,
    )
    with store.begin() as transaction:
        assert transaction.settle([settlement]) == [True]


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
