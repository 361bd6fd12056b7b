from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from cron_actors.adapters.stores.sqlite.database import Database
from cron_actors.adapters.stores.sqlite.migrations import shipped_migrations
from cron_actors.adapters.stores.urls import open_store
from cron_actors.core.run_log import log_name
from cron_actors.core.statistics import fold_all
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Cause, Outcome, RunState
from tests.fakes.values import NOON, a_change

RUN = (
    "INSERT INTO run (job, key, due_at, last_due_at, count, cause, state, queue, priority, definition, attempt,"
    " lease_token, node, finished_at) VALUES ('backup', ?, 1000000, 1000000, ?, 'schedule', ?, 'default', 0, 'd', ?, ?,"
    " ?, ?)"
)
RUNS = (
    ("1", 1, "completed", 1, "t1", "n", 2000000),
    ("2", 60, "missed", 0, None, None, 2000000),
    ("3", 1, "available", 0, None, None, None),
    ("4", 1, "executing", 1, "t4", "n", None),
    ("5", 1, "scheduled", 0, None, None, None),
    ("6", 1, "discarded", 1, "t6", "n", 2000000),
)
# What a daemon of that version put aside: the fourteen values of a change as it was then.
UNCOUNTED = (
    """
    [[1, "backup", 1795262400000000, 1795262400000000, 1, "schedule", "completed", null, 1, 1795262401000000,
      "success", 1000000, 1795262400000000, 0]]
    """,
    """
    [[2, "backup", 1795262400000000, 1795262459000000, 60, "schedule", "missed", "down", 0, 1795262460000000,
      null, null, null, null],
     [6, "backup", 1795262400000000, 1795262400000000, 1, "schedule", "discarded", "failed", 1, 1795262402000000,
      "failure", 2000000, 1795262400000000, 0]]
    """,
)
SECOND = timedelta(seconds=1)
COMPLETED = a_change(
    RunState.COMPLETED,
    at=NOON + SECOND,
    outcome=Outcome.SUCCESS,
    duration=SECOND,
    started_at=NOON,
    lateness=timedelta(0),
)
TOLD = [
    COMPLETED,
    a_change(
        RunState.MISSED,
        run_id=2,
        last_due_at=NOON + 59 * SECOND,
        count=60,
        cause=Cause.SCHEDULE,
        reason="down",
        attempt=0,
        at=NOON + 60 * SECOND,
    ),
    a_change(
        RunState.DISCARDED,
        run_id=6,
        reason="failed",
        at=NOON + 2 * SECOND,
        outcome=Outcome.FAILURE,
        duration=2 * SECOND,
        started_at=NOON,
        lateness=timedelta(0),
    ),
]


def of_version_3(path: Path) -> None:
    with closing(Database(path=path, migrations=shipped_migrations()[:3]).for_writing()) as session:
        connection = session.connection
        connection.executemany(RUN, RUNS)
        for run_id, token in ((1, "t1"), (4, "t4"), (6, "t6")):
            connection.execute(
                "INSERT INTO attempt (run_id, attempt, lease_token, node, started_at) VALUES (?, 1, ?, 'n', 1)",
                (run_id, token),
            )
        connection.executemany("INSERT INTO uncounted (changes) VALUES (?)", [(text,) for text in UNCOUNTED])


def test_runs_and_figures_of_version_3_come_through(tmp_path: Path) -> None:
    of_version_3(tmp_path / "store.db")
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.open()
    with closing(store), closing(store.reader()) as reader:
        assert reader.statistics() == fold_all({}, TOLD)
        assert [change for _, changes in reader.events(0) for change in changes] == TOLD
        with store.begin() as transaction:
            assert transaction.fold_statistics() == len(TOLD)
            transaction.journal([COMPLETED])
        assert reader.statistics() == fold_all({}, [*TOLD, COMPLETED])
        assert reader.last_event() == len(UNCOUNTED) + 1
        assert reader.counts() == {RunState(state): count for _, count, state, *_ in RUNS}
        assert [run.run_id for run in reader.runs(RunFilter(states=(RunState.DISCARDED,), dismissed=False))] == [6]
        with store.begin() as transaction:
            assert [(run.run_id, attempt.attempt) for run, attempt in transaction.held()] == [(4, 1)]
            assert transaction.last_run_id() == len(RUNS)
            (claimed,) = transaction.claim("default", 9, "n2", NOON, log_name)
            assert (claimed.run_id, claimed.max_attempts, claimed.scheduled_at) == (3, None, None)
            assert transaction.next_scheduled() is None


def test_a_database_of_version_3_in_which_nothing_happened_comes_through(tmp_path: Path) -> None:
    Database(path=tmp_path / "store.db", migrations=shipped_migrations()[:3]).for_writing().close()
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.open()
    with closing(store), closing(store.reader()) as reader:
        assert (reader.statistics(), reader.events(0), reader.last_event()) == ({}, [], 0)
        assert reader.counts() == {}
