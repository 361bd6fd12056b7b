"""A program that embeds a daemon is told what happens, whatever its other listeners do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cron_actors import RunningScheduler, Scheduler
from cron_actors.errors import InvalidValueError
from cron_actors.model.event import Event, EventKind
from cron_actors.settings import Settings

TICKS = 3
JOBS: dict[str, Any] = {
    "jobs": [
        {"identifier": "good", "command": "true", "periodicity": "1s"},
        {"identifier": "bad", "command": "false", "periodicity": "1s"},
    ]
}


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[RunningScheduler]:
    settings = Settings.from_environment(
        {"GRANULARITY": "second", "LOGS_BASE_DIRECTORY": str(tmp_path / "logs"), "DATABASE_URL": "sqlite://"}
    )
    running = Scheduler(JOBS, settings, max_ticks=TICKS).start()
    yield running
    running.stop()
    assert running.wait() == 0


def kinds(events: Iterator[Event], job: str) -> list[EventKind]:
    return [event.kind for event in events if event.job == job]


@pytest.mark.e2e
def test_a_subscriber_is_told_all_that_happens_up_to_the_end(scheduler: RunningScheduler) -> None:
    events = scheduler.subscribe(buffer=10_000)
    assert scheduler.finished(20)
    seen = list(events)
    assert events.missed == 0
    for job, end in (("good", EventKind.COMPLETED), ("bad", EventKind.DISCARDED)):
        ends = [kind for kind in kinds(iter(seen), job) if kind not in {EventKind.INSERTED, EventKind.STARTED}]
        assert ends == [end] * TICKS
    assert [event.sequence for event in seen] == sorted(event.sequence for event in seen)


@pytest.mark.e2e
def test_neither_one_that_never_reads_nor_one_that_fails_or_hangs_costs_the_others_anything(
    scheduler: RunningScheduler,
) -> None:
    hung = threading.Event()

    def fail(event: Event) -> None:
        raise RuntimeError(event.job)

    never_read = scheduler.subscribe(buffer=1)
    scheduler.subscribe(callback=fail)
    scheduler.subscribe(callback=lambda _: hung.wait(30))
    ended = scheduler.subscribe(kinds=["completed"], jobs=["good"])
    assert scheduler.finished(20)
    assert [event.kind for event in ended] == [EventKind.COMPLETED] * TICKS
    assert never_read.missed > 0
    assert scheduler.num_runs("good") == TICKS
    hung.set()


@pytest.mark.e2e
def test_who_subscribes_after_the_end_is_told_nothing_and_does_not_wait(scheduler: RunningScheduler) -> None:
    assert scheduler.finished(20)
    assert list(scheduler.subscribe()) == []


@pytest.mark.e2e
def test_a_kind_that_there_is_not_is_refused(scheduler: RunningScheduler) -> None:
    with pytest.raises(InvalidValueError, match="did you mean 'completed'"):
        scheduler.subscribe(kinds=["complete"])
