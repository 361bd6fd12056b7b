"""What waits for an instant, what goes on by itself, and what ends many at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.messages import (
    ActiveRun,
    Changed,
    Delayed,
    Drain,
    Due,
    FinishedBatch,
    NumRuns,
    Performing,
    Promote,
    TimeOut,
    WakeAt,
)
from cron_actors.model.run import Outcome, RunState
from tests.fakes.scheduler_desk import SchedulerDesk
from tests.fakes.values import IDENTITY, NOON, QUEUE, a_change, a_job, a_launch, finished

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk() -> SchedulerDesk:
    """Return a Scheduler with ``backup`` every minute, accounted for up to noon."""
    desk = SchedulerDesk()
    desk.load(a_job())
    return desk


def test_the_timer_wakes_at_what_comes_first_an_instant_of_a_job_or_one_that_a_run_waits_for(
    desk: SchedulerDesk,
) -> None:
    for at, expected in [(NOON + SECOND, NOON + SECOND), (NOON + 2 * MINUTE, NOON + MINUTE), (None, NOON + MINUTE)]:
        desk.timer.take()
        desk.tell(Delayed(at=at))
        assert desk.timer.messages == [WakeAt(at=expected)]


def test_a_window_promotes_what_waited_for_an_instant_in_it_and_once(desk: SchedulerDesk) -> None:
    desk.tell(Delayed(at=NOON + 2 * SECOND))
    desk.tick(NOON + SECOND)
    assert desk.ledger.of(Promote) == []
    desk.tick(NOON + 2 * SECOND)
    desk.tick(NOON + 3 * SECOND)
    assert desk.ledger.of(Promote) == [Promote(until_at=NOON + 2 * SECOND)]
    desk.tell(Delayed(at=NOON + 3 * SECOND))
    desk.tick(NOON + 4 * SECOND)
    assert desk.ledger.of(Promote)[1:] == [Promote(until_at=NOON + 4 * SECOND)]


def test_what_waited_is_promoted_before_what_became_due_in_the_same_window(desk: SchedulerDesk) -> None:
    desk.tell(Delayed(at=NOON + SECOND))
    desk.tick(NOON + MINUTE)
    assert [type(message) for message in desk.ledger.messages] == [Promote, Due]


def test_a_drain_that_finishes_what_is_due_does_not_wait_for_what_is_scheduled_for_later(desk: SchedulerDesk) -> None:
    desk.tell(Delayed(at=NOON + MINUTE))
    drain = Drain(finish=True, grace=None)
    desk.tell(drain)
    assert desk.ledger.messages == [drain]


def test_the_end_of_a_batch_takes_the_deadlines_of_all_its_runs_back(desk: SchedulerDesk) -> None:
    for run_id in (1, 2, 3):
        key = a_launch(run_id).key
        desk.tell(Performing(key=key, job="backup", queue=QUEUE, identity=IDENTITY, monotonic=1000.0, timeout=MINUTE))
    desk.tell(FinishedBatch(finished=(finished(a_launch(1)), finished(a_launch(3)))))
    desk.pulse(1060.0)
    assert [order.key.run_id for order in desk.queue.of(TimeOut)] == [2]


def test_a_launched_run_is_under_way_until_it_is_over(desk: SchedulerDesk) -> None:
    desk.tell(Changed(changes=(a_change(RunState.EXECUTING),), commit=1))
    desk.tell(Changed(changes=(a_change(RunState.LAUNCHED),), commit=2))
    assert desk.scheduler.handle(NumRuns(job="backup")) == 1
    desk.tell(Changed(changes=(a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS),), commit=3))
    assert desk.scheduler.handle(NumRuns(job="backup")) == 1


def test_a_process_that_goes_on_by_itself_is_timed_out_from_the_begin_of_its_attempt(desk: SchedulerDesk) -> None:
    key = a_launch(1).key
    run = ActiveRun(key=key, job="backup", queue=QUEUE, started_at=NOON, timeout=MINUTE)
    desk.tell(run)
    desk.pulse(1000.0, at=NOON + 20 * SECOND)
    desk.tell(run)
    desk.pulse(1039.9, at=NOON + 59 * SECOND)
    assert desk.queue.of(TimeOut) == []
    desk.pulse(1040.0, at=NOON + MINUTE)
    assert desk.queue.of(TimeOut) == [TimeOut(key=key)]
