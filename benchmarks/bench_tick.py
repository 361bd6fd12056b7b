"""What a tick costs by the number of jobs that are not due: it must not grow with them."""

from __future__ import annotations

import queue
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from conditions import describe, table

from cron_actors.actors.scheduler import SchedulerActor
from cron_actors.messages import ActiveJob, Loaded, Tick
from cron_actors.model.job import Command, Job, When
from cron_actors.model.records import JobRecord

SIZES = (10, 1_000, 100_000)
TICKS = 5_000
ROUNDS = 5
MOST_GROWTH = 1.5
START = datetime(2026, 1, 1, tzinfo=UTC)


class Silence:
    """An address that forgets what it is told."""

    def tell(self, message: object) -> None:
        """Forget the message."""


def scheduler(jobs: int) -> SchedulerActor:
    """Return a Scheduler, not started, whose jobs are due a year from now."""
    nowhere: Any = Silence()
    actor = SchedulerActor(queue.SimpleQueue(), nowhere, nowhere, nowhere, nowhere)
    far = START + timedelta(days=365)
    active = tuple(_active(f"job{number}", far + timedelta(seconds=number)) for number in range(jobs))
    actor.handle(Loaded(jobs=active, statistics={}, running=()))
    return actor


def _active(identifier: str, run_at: datetime) -> ActiveJob:
    job = Job(identifier=identifier, work=Command(line="true"), when=When(run_at=run_at), folder=Path("/"))
    record = JobRecord(
        identifier=identifier, source="file", definition="", first_seen_at=START, changed_at=START, cursor_at=START
    )
    return ActiveJob(record=record, job=job)


def microseconds_a_tick(actor: SchedulerActor, first: int) -> float:
    """Return the mean cost of one tick over many."""
    ticks = [
        Tick(since_at=START + timedelta(seconds=n), until_at=START + timedelta(seconds=n + 1), number=n)
        for n in range(first, first + TICKS)
    ]
    begun = time.perf_counter()
    for tick in ticks:
        actor.handle(tick)
    return (time.perf_counter() - begun) / TICKS * 1e6


def main() -> list[str]:
    """Measure the sizes in turn, print, return the bounds that were missed."""
    actors = {size: scheduler(size) for size in SIZES}
    costs = {size: float("inf") for size in SIZES}
    for turn in range(ROUNDS):  # the sizes take turns, so that a noisy neighbour hits them all
        for size, actor in actors.items():
            costs[size] = min(costs[size], microseconds_a_tick(actor, turn * TICKS))
    smallest = costs[SIZES[0]]
    print(f"tick: {TICKS} ticks, best of {ROUNDS} rounds, nothing due; {describe()}")
    rows = [(size, f"{cost:.2f}", f"{cost / smallest:.2f}") for size, cost in costs.items()]
    print(table(("jobs", "µs a tick", f"ratio (at most {MOST_GROWTH})"), rows))
    print("tick " + " ".join(f"us_{size}={cost:.2f}" for size, cost in costs.items()))
    return [
        f"tick: {size} jobs cost {cost / smallest:.2f} times what {SIZES[0]} do, at most {MOST_GROWTH}"
        for size, cost in costs.items()
        if cost > MOST_GROWTH * smallest
    ]
