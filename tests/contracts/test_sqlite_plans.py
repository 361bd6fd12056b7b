"""How the SQLite store finds things: which index serves which statement, and what does not grow with the backlog."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite.attempt_table import CLAIMABLE, HELD, VALID
from cron_actors.adapters.stores.sqlite.final_table import NEWEST_TRIED
from cron_actors.adapters.stores.sqlite.office_tables import ABOUT
from cron_actors.adapters.stores.sqlite.pruning import EXCESS, NEXT_JOB, OLD
from cron_actors.adapters.stores.sqlite.run_query import run_query
from cron_actors.adapters.stores.sqlite.run_table import ARRIVALS, COUNTS, OCCUPANTS, RECORDED
from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.sqlite.submissions import TAKEN
from cron_actors.adapters.stores.sqlite.waiting_table import (
    COUNT_AVAILABLE,
    COUNT_HELD,
    COUNT_WAITING,
    NEXT_QUEUE,
    NEXT_SCHEDULED,
    NEXT_WAITING_QUEUE,
    PENDING,
    RIPE,
    WAITING,
    WAITING_JOBS,
)
from cron_actors.adapters.stores.urls import open_store
from cron_actors.model.records import RunFilter
from cron_actors.model.run import RunState
from tests.contracts.store_contract import SECOND, T, claim, insert, owed

DEAD = run_query(RunFilter(states=(RunState.DISCARDED,), dismissed=False))[0]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.open()
    yield store
    store.close()


def plan(connection: sqlite3.Connection, statement: str, parameters: tuple[object, ...]) -> str:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize(
    ("statement", "parameters", "index"),
    [
        (CLAIMABLE, ("default", 5), "run_available"),
        (HELD, (None,), "run_held"),
        (VALID, ("[]",), "PRIMARY KEY"),
        (OCCUPANTS, ("[]",), "run_unfinished"),
        (ARRIVALS, (1, 1), "PRIMARY KEY"),
        (TAKEN, ("key", "[]", None), "run_unique"),
        (RIPE, (1, 1), "run_delayed"),
        (NEXT_SCHEDULED, (), "run_delayed"),
        (NEXT_QUEUE, ("",), "SEARCH run USING INDEX run_available"),
        (NEXT_WAITING_QUEUE, ("scheduled", ""), "COVERING INDEX run_waiting"),
        (COUNT_AVAILABLE, ("default", 9), "SEARCH run USING INDEX run_available"),
        (COUNT_WAITING, ("scheduled", "default", 9), "COVERING INDEX run_waiting"),
        (COUNT_HELD, (), "COVERING INDEX run_held"),
        (RECORDED, ("backup", "[]"), "run_key"),
        (WAITING, ("backup", 1), "run_scheduled"),
        (WAITING_JOBS, (), "run_scheduled"),
        (NEWEST_TRIED, ("backup",), "run_job_history"),
        (PENDING, ("backup",), "run_unfinished"),
        (OLD, (0, 5), "run_finished"),
        (NEXT_JOB, ("a",), "INDEX run_"),
        (EXCESS, ("backup", 5, 5), "run_job_history"),
        (COUNTS, (), "COVERING INDEX run_finished"),
        (*run_query(RunFilter()), "run_history"),
        (*run_query(RunFilter(since=T, states=(RunState.MISSED,))), "run_history"),
        (*run_query(RunFilter(job="backup", since=T)), "run_job_history"),
        (*run_query(RunFilter(jobs=("backup", "report"))), "run_job_history"),
        (*run_query(RunFilter(states=(RunState.DISCARDED,), dismissed=False)), "run_dead"),
        (ABOUT, (1,), "request_run"),
    ],
)
def test_no_statement_reads_more_than_its_index_offers(
    store: SqliteStore, statement: str, parameters: tuple[object, ...], index: str
) -> None:
    with store.begin() as transaction:
        steps = plan(transaction._connection, statement, parameters)
    assert index in steps
    for step in steps.splitlines():
        assert not step.startswith("SCAN run") or "INDEX" in step


@pytest.mark.parametrize(
    "statement", [CLAIMABLE, RIPE, OLD, EXCESS, run_query(RunFilter())[0], DEAD], ids=lambda text: text[:30]
)
def test_what_is_taken_in_order_is_never_sorted_first(store: SqliteStore, statement: str) -> None:
    with store.begin() as transaction:
        steps = plan(transaction._connection, statement, (0,) * statement.count("?"))
    assert "B-TREE" not in steps


def steps(store: SqliteStore, work: Callable[[], object]) -> int:
    """Return how many steps SQLite takes for the work, by tens."""
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    connection = store._session.connection  # type: ignore[union-attr]  # it is open
    connection.set_progress_handler(tick, 10)
    work()
    connection.set_progress_handler(None, 0)
    return ticks


def test_a_claim_passes_over_the_backlog_and_the_history(store: SqliteStore) -> None:
    insert(store, *(owed(after=number) for number in range(10)))
    alone = steps(store, lambda: claim(store, slots=3))
    done = {"state": RunState.COMPLETED, "finished_at": T}
    insert(store, *(owed("old", number, **done) for number in range(1000)))
    insert(store, *(owed("waiting", number) for number in range(1000)))
    later = {"state": RunState.SCHEDULED, "scheduled_at": T}
    insert(store, *(owed("later", number, **later) for number in range(1000)))
    assert steps(store, lambda: claim(store, slots=3)) < 1.2 * alone  # the trees are deeper; a scan would be tenfold


def test_what_waits_is_looked_at_no_further_than_asked(store: SqliteStore) -> None:
    def work() -> None:
        with store.begin() as transaction:
            transaction.backlog(5)
            transaction.in_queue(5)
            transaction.next_scheduled()
            transaction.promote(T + SECOND, 3)

    later = {"state": RunState.SCHEDULED, "scheduled_at": T}
    for job in ("few", "many"):
        numbers = range(20 if job == "few" else 1000)
        insert(store, *(owed(job, number) for number in numbers))
        insert(store, *(owed(f"{job} later", number, **later) for number in numbers))
        if job == "few":
            alone = steps(store, work)
    assert steps(store, work) < 1.2 * alone
