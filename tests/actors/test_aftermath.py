"""The monitor after the end of an attempt's own process: callbacks, and processes left running."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cron_actors.actors.task_monitor import Colleagues, TaskMonitorActor
from cron_actors.messages import (
    Adopt,
    BatchEnded,
    Cancel,
    End,
    Ended,
    FinishedBatch,
    FinishedExecution,
    Interrupt,
    LaunchBatch,
    LeftRunning,
    Perform,
    SlotFree,
    Started,
    TakeBack,
    TimeOut,
    Watch,
)
from cron_actors.model.callback import Callback, CallbackKind
from cron_actors.model.queue import Queue
from cron_actors.model.run import Ending, Identity, Outcome
from tests.fakes.mail import Outbox, inbox
from tests.fakes.run_logs import FakeRunLogs
from tests.fakes.values import IDENTITY, a_job, a_launch, an_ending

JOB = a_job(timeout=timedelta(seconds=5))
LAUNCH = a_launch(1, JOB)
OTHER = a_launch(2, JOB)
KEY = LAUNCH.key
BOTH = ("after_error", "after_async")
LEFT = Identity(pid=12, start_time=34, boot_id="boot")
FREE = SlotFree(worker="worker-1")
CRASH = an_ending(Outcome.FAILURE, error="killed by SIGKILL", output_tail="last words", callbacks=BOTH, by_itself=True)
LAUNCHED = an_ending(Outcome.LAUNCHED, launched=LEFT, callbacks=BOTH, by_itself=True)
AFTER_ERROR = Callback(kind=CallbackKind.AFTER_ERROR, error="killed by SIGKILL", output_tail="last words")
AFTER_ASYNC = Callback(kind=CallbackKind.AFTER_ASYNC, launched=LEFT)
OVER = an_ending(by_itself=True)
KILLED = an_ending(by_itself=False)


class Desk:
    """The monitor of worker-1, whose process for ``LAUNCH`` runs."""

    def __init__(self) -> None:
        self.task, self.scheduler, self.ledger, self.queue = Outbox(), Outbox(), Outbox(), Outbox()
        self.logs = FakeRunLogs()
        colleagues = Colleagues(task=self.task, scheduler=self.scheduler, ledger=self.ledger, queue=self.queue)
        self.monitor = TaskMonitorActor(inbox(), Outbox(), "worker-1", self.logs, colleagues)

    def tell(self, *messages: Any) -> None:  # noqa: ANN401 # messages of a monitor
        for message in messages:
            self.monitor.handle(message)

    def end(self, ending: Ending) -> None:
        self.tell(Ended(key=KEY, ending=ending))

    def outcome(self) -> Ending:
        """Return how the attempt was reported to have ended, and check that the slot is free."""
        assert [message for message in self.queue.take() if not isinstance(message, LeftRunning)] == [FREE]
        (report,) = (message for message in self.ledger.take() if isinstance(message, FinishedExecution))
        assert report in self.scheduler.take()
        return report.ending

    def is_at_it(self) -> bool:
        return FREE not in self.queue.messages and not any(
            isinstance(one, FinishedExecution) for one in self.ledger.messages
        )


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.tell(LAUNCH, Started(key=KEY, identity=IDENTITY, monotonic=1000.0))
    for outbox in (desk.task, desk.scheduler, desk.ledger):
        outbox.take()
    return desk


@pytest.fixture
def left(desk: Desk) -> Desk:
    """Return a monitor whose run has left a process running."""
    desk.end(LAUNCHED)
    for outbox in (desk.task, desk.ledger, desk.queue):
        outbox.take()
    return desk


def test_a_crash_is_told_to_the_worker_class_before_it_is_reported(desk: Desk) -> None:
    desk.end(CRASH)
    assert desk.task.take() == [Perform(launch=LAUNCH, callback=AFTER_ERROR)]
    assert desk.is_at_it()
    desk.end(OVER)
    assert desk.outcome() == CRASH


def test_the_process_that_is_reported_is_that_of_the_attempt_not_that_of_its_callback() -> None:
    desk = Desk()
    desk.tell(LAUNCH, Ended(key=KEY, ending=CRASH, identity=IDENTITY))
    desk.tell(Ended(key=KEY, ending=OVER, identity=LEFT))
    (report,) = (message for message in desk.ledger.messages if isinstance(message, FinishedExecution))
    assert report.identity == IDENTITY


def test_a_failure_without_such_a_callback_is_reported_at_once(desk: Desk) -> None:
    desk.end(replace(CRASH, callbacks=("after_async",)))
    assert desk.task.messages == []
    assert desk.outcome().outcome is Outcome.FAILURE


@pytest.mark.parametrize("outcome", [Outcome.SUCCESS, Outcome.DISCARDED, Outcome.SNOOZED, Outcome.INTERRUPTED])
def test_what_is_no_failure_is_not_told(desk: Desk, outcome: Outcome) -> None:
    desk.end(replace(CRASH, outcome=outcome))
    assert desk.task.messages == []
    assert desk.outcome().outcome is outcome


def test_a_time_out_is_told_and_stays_one(desk: Desk) -> None:
    desk.tell(TimeOut(key=KEY))
    desk.task.take()
    desk.end(replace(CRASH, by_itself=False))
    assert desk.task.take() == [Perform(launch=LAUNCH, callback=replace(AFTER_ERROR, error="timed out after 5s"))]
    desk.end(OVER)
    assert desk.outcome().outcome is Outcome.TIMEOUT


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (an_ending(callback_error="after_error: KeyError"), "after_error: KeyError"),
        (an_ending(Outcome.FAILURE, error="killed by SIGKILL"), "killed by SIGKILL"),
    ],
)
def test_what_went_wrong_in_the_callback_stands_beside_what_went_wrong_before(
    desk: Desk, end: Ending, error: str
) -> None:
    desk.end(CRASH)
    desk.end(end)
    assert desk.outcome() == replace(CRASH, callback_error=error)
    assert desk.logs.files[LAUNCH.log].splitlines()[-2] == error


def test_the_process_of_a_callback_is_not_that_of_the_attempt(desk: Desk) -> None:
    desk.end(CRASH)
    desk.tell(Started(key=KEY, identity=LEFT, monotonic=1001.0))
    assert (desk.ledger.messages, desk.scheduler.messages) == ([], [])


def test_a_stop_of_the_daemon_cuts_the_callback_but_not_the_failure_before_it(desk: Desk) -> None:
    desk.end(CRASH)
    desk.task.take()
    desk.tell(Interrupt())
    assert desk.task.take() == [End(key=KEY, kill_after=timedelta(seconds=5))]
    desk.end(an_ending(Outcome.FAILURE, error="killed by SIGTERM"))
    assert desk.outcome().outcome is Outcome.FAILURE


def test_a_process_left_running_is_told_and_watched_and_keeps_the_slot(desk: Desk) -> None:
    desk.end(LAUNCHED)
    assert desk.ledger.messages == desk.queue.messages == [LeftRunning(key=KEY, job="backup", identity=LEFT)]
    assert desk.task.messages == [Watch(key=KEY, identity=LEFT)]
    assert desk.is_at_it()


def test_once_it_is_over_the_class_is_asked_what_became_of_it(left: Desk) -> None:
    left.end(OVER)
    assert left.task.take() == [Perform(launch=LAUNCH, callback=AFTER_ASYNC)]
    assert left.is_at_it()
    left.end(an_ending(Outcome.DISCARDED, error="no file"))
    ending = left.outcome()
    assert (ending.outcome, ending.error, ending.duration) == (Outcome.DISCARDED, "no file", timedelta(seconds=6))


def test_without_anybody_to_ask_it_is_completed(desk: Desk) -> None:
    desk.end(replace(LAUNCHED, callbacks=()))
    desk.end(OVER)
    assert desk.outcome().outcome is Outcome.SUCCESS


def test_another_process_may_be_left_running_after_the_first(left: Desk) -> None:
    left.end(OVER)
    left.end(replace(LAUNCHED, launched=IDENTITY))
    assert left.ledger.messages == [LeftRunning(key=KEY, job="backup", identity=IDENTITY)]
    assert left.is_at_it()
    left.end(OVER)
    assert left.task.messages[-1] == Perform(launch=LAUNCH, callback=replace(AFTER_ASYNC, launched=IDENTITY))


def test_a_failure_told_by_the_class_itself_is_told_to_it_only_if_it_was_not(left: Desk) -> None:
    left.end(OVER)
    left.end(replace(CRASH, callbacks=("after_async",)))
    assert left.outcome().error == "killed by SIGKILL"


@pytest.mark.parametrize(
    ("message", "outcome"),
    [(TimeOut(key=KEY), Outcome.TIMEOUT), (Cancel(run_id=1), Outcome.CANCELLED)],
)
def test_a_launched_run_can_be_ended_early(left: Desk, message: Any, outcome: Outcome) -> None:  # noqa: ANN401 # either
    left.tell(message)
    assert left.task.take() == [End(key=KEY, kill_after=timedelta(seconds=30))]
    left.end(KILLED)
    if outcome is Outcome.TIMEOUT:
        assert left.task.take() == [
            Perform(launch=LAUNCH, callback=Callback(kind=CallbackKind.AFTER_ERROR, error="timed out after 5s"))
        ]
        left.end(OVER)
    assert left.outcome().outcome is outcome


def test_an_order_to_end_that_came_too_late_ends_what_was_left_running(desk: Desk) -> None:
    desk.tell(TimeOut(key=KEY))
    desk.task.take()
    desk.end(LAUNCHED)
    assert desk.task.messages == [Watch(key=KEY, identity=LEFT), End(key=KEY, kill_after=timedelta(seconds=30))]


def test_a_stop_that_came_too_late_for_the_attempt_leaves_the_process_that_it_has_left(desk: Desk) -> None:
    desk.tell(Interrupt())
    desk.task.take()
    desk.end(LAUNCHED)
    assert not any(isinstance(message, End) for message in desk.task.messages)
    assert [type(message) for message in desk.ledger.take()] == [LeftRunning]
    assert desk.queue.messages[-1] == FREE
    desk.end(OVER)
    assert (desk.ledger.messages, desk.scheduler.messages) == ([], [])


def test_a_stop_that_came_too_late_for_a_batch_leaves_the_process_too_and_frees_the_worker_once() -> None:
    desk = Desk()
    desk.tell(LaunchBatch(launches=(OTHER, LAUNCH), queue=Queue(name="default")), Interrupt())
    desk.task.take()
    desk.logs.files[LAUNCH.log] = ""
    ends = (Ended(key=OTHER.key, ending=OVER), Ended(key=KEY, ending=replace(LAUNCHED, logged=True)))
    desk.tell(BatchEnded(ended=ends))
    assert not any(isinstance(message, End) for message in desk.task.messages)
    assert [type(message) for message in desk.ledger.take()] == [LeftRunning, FinishedBatch]
    assert [message for message in desk.queue.messages if isinstance(message, SlotFree)] == [FREE]


def test_a_stop_of_the_daemon_leaves_the_process_and_the_run_as_they_are(left: Desk) -> None:
    left.tell(Interrupt())
    assert left.task.messages == []
    assert left.queue.messages == [FREE]
    assert (left.ledger.messages, left.scheduler.messages) == ([], [])
    left.end(OVER)
    assert left.ledger.messages == []


def test_a_stop_of_the_daemon_leaves_the_question_what_became_of_it_to_the_next(left: Desk) -> None:
    left.end(OVER)
    left.task.take()
    left.tell(Interrupt())
    assert left.task.take() == [End(key=KEY, kill_after=timedelta(seconds=5))]
    left.end(an_ending(Outcome.FAILURE, error="killed by SIGTERM"))
    assert left.queue.messages == [FREE]
    assert left.ledger.messages == []


def test_a_callback_lost_with_its_template_is_a_failure_of_the_run(left: Desk) -> None:
    left.end(OVER)
    left.end(an_ending(Outcome.INTERRUPTED, error="the process template died"))
    assert (left.outcome().outcome, left.ledger.messages) == (Outcome.FAILURE, [])


def test_a_process_left_under_an_earlier_daemon_is_looked_after() -> None:
    desk = Desk()
    desk.tell(Adopt(launch=LAUNCH, identity=LEFT, so_far=timedelta(seconds=60)))
    assert desk.task.take() == [Watch(key=KEY, identity=LEFT)]
    assert (desk.ledger.messages, desk.scheduler.messages) == ([], []), "its deadline is known from the store"
    assert desk.logs.held == [LAUNCH.log]
    desk.logs.files[LAUNCH.log] = ""
    desk.end(OVER)
    assert desk.task.take() == [Perform(launch=LAUNCH, callback=AFTER_ASYNC)]
    desk.end(OVER)
    ending = desk.outcome()
    assert (ending.outcome, ending.duration) == (Outcome.SUCCESS, timedelta(seconds=60) + 2 * OVER.duration)


def test_a_launched_run_of_a_batch_keeps_the_slot_and_what_waits_behind_it_goes_back() -> None:
    desk = Desk()
    desk.tell(LaunchBatch(launches=(LAUNCH, OTHER), queue=Queue(name="default")))
    desk.task.take()
    desk.logs.files[LAUNCH.log] = ""
    desk.tell(BatchEnded(ended=(Ended(key=KEY, ending=replace(LAUNCHED, logged=True)),)))
    assert desk.task.take() == [Watch(key=KEY, identity=LEFT), TakeBack(key=OTHER.key)]
    assert desk.queue.messages == [], "it is not known yet that nothing behind it was begun"
    desk.tell(BatchEnded(ended=(Ended(key=OTHER.key, ending=OVER, begun=False),)))
    assert isinstance(desk.ledger.take()[-1], FinishedBatch)
    assert desk.queue.messages == [LeftRunning(key=KEY, job="backup", identity=LEFT)]
    desk.scheduler.take()
    desk.end(replace(OVER, callbacks=()))
    desk.end(OVER)
    assert desk.outcome().outcome is Outcome.SUCCESS
