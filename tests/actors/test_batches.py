from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.actors.task_monitor import Colleagues, TaskMonitorActor
from cron_actors.messages import (
    BatchEnded,
    Cancel,
    End,
    Ended,
    FinishedBatch,
    Inspect,
    Interrupt,
    LaunchBatch,
    PerformBatch,
    Performing,
    Present,
    RollCall,
    SlotFree,
    Started,
    TakeBack,
    TimeOut,
)
from cron_actors.model.job import OutputLimit
from cron_actors.model.queue import Isolation, Queue
from cron_actors.model.run import Outcome
from tests.fakes.mail import Outbox, inbox
from tests.fakes.run_logs import FakeRunLogs
from tests.fakes.values import IDENTITY, a_job, a_launch, an_ending

QUEUE = Queue(name="quick", isolation=Isolation.REUSE)
JOB = a_job(timeout=timedelta(seconds=5))
LAUNCHES = tuple(a_launch(number, JOB) for number in (1, 2, 3))
FIRST, SECOND, THIRD = LAUNCHES


class Desk:
    """The monitor of worker-1, which was given a batch of three runs, and all it talks to."""

    def __init__(self) -> None:
        self.task, self.scheduler, self.ledger, self.queue = Outbox(), Outbox(), Outbox(), Outbox()
        self.logs = FakeRunLogs()
        colleagues = Colleagues(task=self.task, scheduler=self.scheduler, ledger=self.ledger, queue=self.queue)
        self.monitor = TaskMonitorActor(inbox(), Outbox(), "worker-1", self.logs, colleagues)
        self.tell(LaunchBatch(launches=LAUNCHES, queue=QUEUE))

    def tell(self, *messages: Any) -> None:  # noqa: ANN401 # messages of a monitor
        for message in messages:
            self.monitor.handle(message)

    def outcomes(self) -> list[tuple[int, Outcome, bool]]:
        """Return and forget what was reported of which run, having checked that the scheduler heard the same."""
        told = self.ledger.take()
        assert self.scheduler.take() == told
        reports = [report for message in told if isinstance(message, FinishedBatch) for report in message.finished]
        return [(report.key.run_id, report.ending.outcome, report.begun) for report in reports]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    assert desk.task.take() == [PerformBatch(launches=LAUNCHES, queue=QUEUE)]
    return desk


def ended(*numbers: int, outcome: Outcome = Outcome.SUCCESS, begun: bool = True, **fields: Any) -> BatchEnded:  # noqa: ANN401 # any
    ending = an_ending(outcome, logged=True, **fields)
    return BatchEnded(ended=tuple(Ended(key=LAUNCHES[n - 1].key, ending=ending, begun=begun) for n in numbers))


def started(number: int) -> Started:
    return Started(key=LAUNCHES[number - 1].key, identity=IDENTITY, monotonic=1000.0)


def test_the_ends_of_a_batch_are_reported_together_and_the_slot_is_free_after_the_last(desk: Desk) -> None:
    desk.tell(ended(1, 2, duration=timedelta(seconds=1)))
    assert desk.outcomes() == [(1, Outcome.SUCCESS, True), (2, Outcome.SUCCESS, True)]
    assert not desk.queue.messages
    desk.tell(ended(3, duration=timedelta(seconds=2)))
    assert desk.outcomes() == [(3, Outcome.SUCCESS, True)]
    assert desk.queue.messages == [SlotFree(worker="worker-1", runs=3, busy=timedelta(seconds=4))]


def test_a_log_that_its_process_has_ended_is_left_as_it_is(desk: Desk) -> None:
    desk.tell(ended(1))
    assert not desk.logs.files


def test_the_log_of_a_run_whose_process_died_is_ended_here(desk: Desk) -> None:
    desk.logs.files[FIRST.log] = "=== header ===\n"
    ending = an_ending(Outcome.FAILURE, error="killed by SIGSEGV")
    desk.tell(BatchEnded(ended=(Ended(key=FIRST.key, ending=ending),)))
    assert desk.logs.files[FIRST.log].splitlines()[1] == "killed by SIGSEGV"


def test_what_was_not_begun_is_given_back_and_has_no_log(desk: Desk) -> None:
    desk.tell(ended(1), ended(2, 3, begun=False))
    assert desk.outcomes()[1:] == [(2, Outcome.INTERRUPTED, False), (3, Outcome.INTERRUPTED, False)]
    assert desk.queue.messages == [SlotFree(worker="worker-1", runs=1, busy=an_ending(Outcome.SUCCESS).duration)]
    assert [path for path, _ in desk.logs.retired] == [FIRST.log]


def test_a_run_that_takes_its_time_is_known_to_be_performed_and_its_log_is_kept(desk: Desk) -> None:
    desk.tell(started(1))
    told = desk.ledger.take()
    assert [type(message) for message in told] == [Performing]
    assert desk.scheduler.take() == told
    assert desk.logs.held == [FIRST.log]


def test_what_waits_behind_a_run_that_takes_its_time_is_taken_back(desk: Desk) -> None:
    desk.tell(started(1))
    assert desk.task.take() == [TakeBack(key=FIRST.key)]


def test_nothing_is_taken_back_behind_the_last_run(desk: Desk) -> None:
    desk.tell(ended(1, 2), started(3))
    assert not desk.task.messages


def test_a_time_out_ends_the_run_it_is_for_and_no_other(desk: Desk) -> None:
    desk.tell(started(1), TimeOut(key=FIRST.key))
    assert desk.task.take() == [TakeBack(key=FIRST.key), End(key=FIRST.key, kill_after=JOB.kill_after)]
    desk.logs.files[FIRST.log] = ""
    killed = an_ending(Outcome.FAILURE, error="killed by SIGTERM", by_itself=False)
    desk.tell(BatchEnded(ended=(Ended(key=FIRST.key, ending=killed),)), ended(2, 3))
    assert [outcome for _, outcome, _ in desk.outcomes()] == [Outcome.TIMEOUT, Outcome.SUCCESS, Outcome.SUCCESS]
    assert "Task Execution Timed Out" in desk.logs.files[FIRST.log]


def test_a_cancelled_run_that_was_not_begun_is_given_back_for_the_ledger_to_cancel(desk: Desk) -> None:
    desk.tell(Cancel(run_id=2))
    assert desk.task.take() == [End(key=SECOND.key, kill_after=JOB.kill_after)]
    desk.tell(ended(2, begun=False))
    assert desk.outcomes() == [(2, Outcome.INTERRUPTED, False)]


def test_an_interrupt_asks_for_the_end_of_all_of_it(desk: Desk) -> None:
    desk.tell(Interrupt())
    assert [message.key for message in desk.task.take()] == [launch.key for launch in LAUNCHES]


def test_a_roll_call_is_answered_with_what_has_not_ended(desk: Desk) -> None:
    desk.tell(ended(1), RollCall())
    assert desk.queue.take() == [Present(worker="worker-1", keys=(SECOND.key, THIRD.key))]


def test_an_end_that_is_told_twice_counts_once(desk: Desk) -> None:
    desk.tell(ended(1), ended(1))
    assert len(desk.outcomes()) == 1


def test_the_output_of_a_run_that_takes_its_time_is_limited() -> None:
    desk = Desk()
    limited = a_launch(7, a_job(output_limit=OutputLimit(size=4)))
    desk.tell(LaunchBatch(launches=(limited,), queue=QUEUE))
    desk.logs.files[limited.log] = "123456"
    desk.tell(Started(key=limited.key, identity=IDENTITY, monotonic=0.0), Inspect())
    assert desk.logs.files[limited.log] == "1234"


def test_the_folder_of_a_job_is_looked_through_once_for_a_batch_and_held_logs_are_let_go(desk: Desk) -> None:
    desk.tell(started(1), ended(1, 2, 3))
    assert [path for path, _ in desk.logs.retired] == [FIRST.log, THIRD.log]


def test_output_of_a_quick_run_beyond_the_limit_is_cut_with_a_note_and_the_log_ended_anew() -> None:
    desk = Desk()
    limited = a_launch(7, a_job(output_limit=OutputLimit(size=4)))
    desk.tell(LaunchBatch(launches=(limited,), queue=QUEUE))
    desk.logs.files[limited.log] = "123456" + 64 * "x" + "Execution Time = 0:00:01.000000"
    ending = an_ending(Outcome.SUCCESS, logged=True, output_tail="123456")
    desk.tell(BatchEnded(ended=(Ended(key=limited.key, ending=ending),)))
    text = desk.logs.files[limited.log]
    assert text.startswith("1234[output beyond 4 bytes was dropped]\nExecution Time = ")


def test_the_scheduler_hears_of_ends_only_if_it_may_know_a_deadline_of_one() -> None:
    desk = Desk()
    without = tuple(a_launch(number, a_job(timeout=None)) for number in (4, 5))
    desk.tell(ended(1, 2, 3))
    assert desk.scheduler.take() == desk.ledger.take()
    over = an_ending(Outcome.SUCCESS, logged=True)
    for launches, heard in [(without, False), ((without[0], FIRST), True)]:
        desk.tell(LaunchBatch(launches=launches, queue=QUEUE))
        desk.tell(BatchEnded(ended=tuple(Ended(key=launch.key, ending=over) for launch in launches)))
        told = desk.ledger.take()
        assert len(told) == 1
        assert desk.scheduler.take() == (told if heard else [])
