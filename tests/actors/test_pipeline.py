"""All actors together, in their threads, on a virtual clock and a store in memory; only processes are fake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cron_actors.actors.timer import Timepieces
from cron_actors.adapters.clock import SystemAlarm, VirtualClock
from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.urls import open_store
from cron_actors.composition import Daemon, Parts
from cron_actors.core.definitions import definition_of
from cron_actors.messages import NumRuns
from cron_actors.model.records import RunFilter
from cron_actors.ports.executor import Execution, Report
from cron_actors.settings import Granularity, Settings
from tests.fakes.executor import FakeExecutor
from tests.fakes.values import at

WITHIN = 20.0  # seconds, for what takes a fraction of one
MIDNIGHT = at("2026-11-21T00:00:00")
JOBS = (
    {"identifier": "every-second", "command": "true", "periodicity": "1s"},
    {"identifier": "every-five", "command": "true", "periodicity": "5s"},
)


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """Return an open store in memory."""
    store = open_store("sqlite://")
    store.open()
    yield store
    store.close()


def make(store: SqliteStore, folder: Path, executor: FakeExecutor, ticks: int) -> Daemon:
    clock = VirtualClock(MIDNIGHT)
    executor.open()
    parts = Parts(
        store=store,
        executor=executor,
        timepieces=Timepieces(clock=clock, wall_alarm=clock.alarm, monotonic_alarm=SystemAlarm),
        unresolved=frozenset(),
        jobs={"memory": [definition_of(job, folder) for job in JOBS]},
        database=None,
    )
    settings = Settings(granularity=Granularity.SECOND, logs_base_directory=folder, max_processes=3)
    return Daemon(settings, parts, max_ticks=ticks)


def states(store: SqliteStore) -> list[str]:
    return [run.state for run in store.reader().runs(RunFilter(limit=None))]


def instants(store: SqliteStore, job: str) -> list[int]:
    """Return every instant of the job that has a run or is accounted for, in seconds after midnight."""
    step = 1 if job == "every-second" else 5
    seconds: list[int] = []
    for run in store.reader().runs(RunFilter(job=job, limit=None)):
        first = int((run.due_at - MIDNIGHT).total_seconds())
        seconds += range(first, first + run.count * step, step)
    return sorted(seconds)


def test_five_ticks_launch_a_job_of_one_second_five_times_and_one_of_five_seconds_once(
    store: SqliteStore, tmp_path: Path
) -> None:
    daemon = make(store, tmp_path, FakeExecutor(programs={"true": 0}), ticks=5)
    daemon.start()
    assert daemon.wait(WITHIN)
    assert [daemon.ask(NumRuns(job=job["identifier"])) for job in JOBS] == [5, 1]
    assert states(store) == ["completed"] * 6
    assert len(list(tmp_path.glob("*/*Z_*.txt"))) == 6
    assert daemon.stop() is None


@pytest.mark.parametrize(
    "actor", ["timer", "scheduler", "ledger", "queue", "events", "worker-1 monitor", "worker-1 task"]
)
def test_the_crash_of_any_actor_loses_and_doubles_no_run(store: SqliteStore, tmp_path: Path, actor: str) -> None:
    daemon = make(store, tmp_path, FakeExecutor(programs={"true": 0}), ticks=40)
    daemon.start()
    daemon._directory.address(actor).tell("something that no actor understands")
    assert daemon.wait(WITHIN)
    owed = {job["identifier"]: instants(store, job["identifier"]) for job in JOBS}
    assert set(states(store)) <= {"completed", "skipped"}
    assert daemon.stop() is None
    # A job is first seen at the first tick that is evaluated, which may be later than the first tick; never twice.
    for job, step, last in (("every-second", 1, 39), ("every-five", 5, 35)):
        assert owed[job] == list(range(owed[job][0], last + 1, step))
        assert owed[job][0] <= 10


class Endless(FakeExecutor):
    """Performs programs that do not end by themselves; ``begun`` is set once one has begun."""

    def __init__(self) -> None:
        super().__init__(programs={"true": None})
        self.begun = threading.Event()

    def start(self, execution: Execution, report: Report) -> None:
        super().start(execution, report)
        self.begun.set()


def test_a_stop_in_a_hurry_ends_runs_that_do_not_end_by_themselves_and_keeps_them_for_the_next_daemon(
    store: SqliteStore, tmp_path: Path
) -> None:
    executor = Endless()
    daemon = make(store, tmp_path, executor, ticks=3)
    daemon.start()
    assert executor.begun.wait(WITHIN)
    daemon.drain()
    daemon.hurry()
    assert daemon.wait(WITHIN)
    assert set(states(store)) == {"available"}
    assert executor.running == ()
    assert daemon.stop() is None
