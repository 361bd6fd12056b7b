"""The stores that must keep the contract, and the values it is tried with.

A new store joins by one more row in ``PLACES``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from cron_actors.adapters.stores.urls import open_store
from cron_actors.core.moments import iso
from cron_actors.core.run_log import log_name
from cron_actors.model.run import (
    Account,
    AttemptKey,
    Cause,
    Ending,
    NewRun,
    Outcome,
    Run,
    RunState,
    Settlement,
)
from cron_actors.ports.store import Mailbox, Reader, Store
from cron_actors.ports.submissions import Submissions

T = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SUCCESS = Ending(outcome=Outcome.SUCCESS, exit_code=0, output_tail="done", cpu_seconds=0.25, peak_memory=4096)


class AnyStore(Store, Protocol):
    """A store whose readers and mailboxes can be had from itself."""

    def reader(self) -> Reader: ...

    def mailbox(self) -> Mailbox: ...

    def submissions(self) -> Submissions: ...


PLACES: dict[str, Callable[[Path], AnyStore]] = {
    "sqlite-file": lambda folder: open_store(f"sqlite:///{folder}/store.db"),
    "sqlite-memory": lambda _: open_store("sqlite://"),
}


ACCOUNT = Account(
    job="backup",
    state=RunState.MISSED,
    reason="down",
    first_due_at=T,
    last_due_at=T + 59 * SECOND,
    count=60,
    recorded_at=T + 90 * SECOND,
)


def owed(job: str = "backup", after: int = 0, **others: object) -> NewRun:
    due_at = T + after * SECOND
    run = NewRun(job=job, due_at=due_at, cause=Cause.SCHEDULE, key=iso(due_at), definition="d", queue="default")
    return replace(run, **others)  # type: ignore[arg-type]  # the names are checked by replace itself


def insert(store: Store, *runs: NewRun) -> list[Run]:
    with store.begin() as transaction:
        return [run for run in transaction.insert_runs(runs) if run is not None]


def claim(store: Store, slots: int = 1, node: str = "node-1", at: datetime = T) -> list[Run]:
    with store.begin() as transaction:
        return transaction.claim("default", slots, node, at, log_name)


def key_of(run: Run) -> AttemptKey:
    assert run.lease_token is not None
    return AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token)


def ended(run: Run, state: RunState = RunState.COMPLETED, **others: object) -> Settlement:
    settlement = Settlement(key=key_of(run), ending=SUCCESS, state=state, reason=None, at=T + 9 * SECOND)
    return replace(settlement, **others)  # type: ignore[arg-type]  # as above


def settle(store: Store, settlement: Settlement) -> Run | None:
    """Settle the attempt; return its run, None if the token was an old one."""
    with store.begin() as transaction:
        return transaction.run(settlement.key.run_id) if transaction.settle([settlement]) == [True] else None


def look(store: Store, run_id: int) -> Run:
    with store.begin() as transaction:
        run = transaction.run(run_id)
    assert run is not None
    return run
