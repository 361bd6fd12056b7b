from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cron_actors.actors.task import TaskActor, execution_of
from cron_actors.core.run_log import header
from cron_actors.messages import BatchEnded, End, Ended, Perform, PerformBatch, Started, TakeBack, Watch
from cron_actors.model.callback import Callback, CallbackKind
from cron_actors.model.job import Command, FunctionCall, Json, ProcessSettings, Success
from cron_actors.model.queue import Queue, Recycling
from cron_actors.model.run import AttemptKey, Cause, Identity
from cron_actors.ports.executor import BatchReport, ChildEnded, ChildStarted, Execution, Report
from tests.fakes.clock import FakeClock
from tests.fakes.mail import Outbox, inbox
from tests.fakes.values import IDENTITY, a_job, a_launch, an_ending

MAIL = Queue(name="mail")
OTHER = a_launch(18)
LAUNCH = a_launch(17, a_job(process=ProcessSettings(env={"A": "b"})), attempt=2)


class Recorder:
    """An executor that only takes note."""

    def __init__(self) -> None:
        self.started: list[Execution] = []
        self.batches: list[tuple[tuple[Execution, ...], str, Recycling]] = []
        self.report_batch: BatchReport = lambda children: None  # noqa: ARG005 # as below
        self.taken_back: list[AttemptKey] = []
        self.watched: list[tuple[AttemptKey, Identity]] = []
        self.ended: list[tuple[AttemptKey, timedelta]] = []
        self.report: Report = lambda child: None  # noqa: ARG005 # replaced by the first start

    def open(self) -> None:
        raise AssertionError("the launcher opens the executor")

    def start(self, execution: Execution, report: Report) -> None:
        self.started.append(execution)
        self.report = report

    def end(self, key: AttemptKey, kill_after: timedelta) -> None:
        self.ended.append((key, kill_after))

    def start_batch(
        self, executions: Sequence[Execution], queue: str, recycling: Recycling, report: BatchReport
    ) -> None:
        self.batches.append((tuple(executions), queue, recycling))
        self.report_batch = report

    def take_back(self, key: AttemptKey) -> None:
        self.taken_back.append(key)

    def watch(self, key: AttemptKey, identity: Identity, report: Report) -> None:
        self.watched.append((key, identity))
        self.report = report

    def end_survivors(self, identities: tuple[Identity, ...]) -> int:
        raise AssertionError(f"not a task's business: {identities}")

    def close(self) -> None:
        raise AssertionError("the launcher closes the executor")


def desk() -> tuple[TaskActor, Recorder, Outbox]:
    executor, monitor = Recorder(), Outbox()
    return TaskActor(inbox(), Outbox(), "worker-1 task", executor, FakeClock(), monitor), executor, monitor


def test_an_attempt_is_performed_by_the_executor() -> None:
    task, executor, monitor = desk()
    task.handle(Perform(launch=LAUNCH))
    assert executor.started == [execution_of(LAUNCH)]
    assert monitor.messages == []


def test_an_execution_carries_the_jobs_surroundings_and_tells_the_run_what_it_is() -> None:
    execution = execution_of(LAUNCH)
    assert (execution.key, execution.work, execution.folder) == (LAUNCH.key, Command(line="true"), Path("/nowhere"))
    assert execution.log == LAUNCH.log
    assert execution.process.env == {"A": "b"}
    assert execution.variables == {
        "CRON_ACTORS_JOB": "backup",
        "CRON_ACTORS_RUN_ID": "17",
        "CRON_ACTORS_ATTEMPT": "2",
        "CRON_ACTORS_MAX_ATTEMPTS": "1",
        "CRON_ACTORS_DUE_AT": "2026-11-21T12:00:00Z",
    }


def test_the_arguments_of_a_run_take_the_place_of_its_jobs() -> None:
    work = FunctionCall(path="shop", function_name="close", args=(1,), kwargs={"at": "noon"})
    own: Json = {"args": [2, 3], "kwargs": {"till": "left"}}
    execution = execution_of(a_launch(17, a_job(work=work), args=own))
    assert execution.work == FunctionCall(path="shop", function_name="close", args=(2, 3), kwargs={"till": "left"})
    assert execution_of(a_launch(17, a_job(work=work))).work == work


def test_what_a_function_returns_is_wanted_of_submitted_runs_only() -> None:
    assert execution_of(a_launch(17, cause=Cause.SUBMITTED)).keep_result
    assert not execution_of(LAUNCH).keep_result


def test_the_attempts_of_a_run_go_before_those_of_its_job() -> None:
    launch = a_launch(17, a_job(max_attempts=5), max_attempts=7)
    assert execution_of(launch).variables["CRON_ACTORS_MAX_ATTEMPTS"] == "7"


def test_a_callback_succeeds_as_a_program_usually_does() -> None:
    task, executor, _ = desk()
    callback = Callback(kind=CallbackKind.AFTER_ERROR, error="no")
    launch = a_launch(17, a_job(success=Success(exit_codes=frozenset({3}))))
    task.handle(Perform(launch=launch, callback=callback))
    assert [(one.callback, one.success) for one in executor.started] == [(callback, Success())]


def test_a_process_left_running_is_watched_and_is_no_new_start() -> None:
    task, executor, monitor = desk()
    task.handle(Watch(key=LAUNCH.key, identity=IDENTITY))
    assert executor.watched == [(LAUNCH.key, IDENTITY)]
    assert monitor.messages == []


def test_a_batch_is_performed_with_the_header_of_each_log() -> None:
    task, executor, _ = desk()
    task.handle(PerformBatch(launches=(LAUNCH, OTHER), queue=MAIL))
    ((executions, queue, recycling),) = executor.batches
    assert [one.header for one in executions] == [header(LAUNCH.run), header(OTHER.run)]
    assert (queue, recycling) == ("mail", MAIL.recycling)


def test_the_ends_of_a_batch_are_told_in_one_go_before_what_has_begun() -> None:
    task, executor, monitor = desk()
    task.handle(PerformBatch(launches=(LAUNCH, OTHER), queue=MAIL))
    executor.report_batch(
        [ChildEnded(key=LAUNCH.key, ending=an_ending()), ChildStarted(key=OTHER.key, identity=IDENTITY)]
    )
    assert monitor.messages == [
        BatchEnded(ended=(Ended(key=LAUNCH.key, ending=an_ending()),)),
        Started(key=OTHER.key, identity=IDENTITY, monotonic=1000.0),
    ]


def test_an_order_to_take_back_is_passed_on() -> None:
    task, executor, _ = desk()
    task.handle(TakeBack(key=LAUNCH.key))
    assert executor.taken_back == [LAUNCH.key]


def test_an_order_to_end_is_passed_on() -> None:
    task, executor, _ = desk()
    task.handle(End(key=LAUNCH.key, kill_after=timedelta(seconds=7)))
    assert executor.ended == [(LAUNCH.key, timedelta(seconds=7))]


def test_what_the_executor_reports_is_in_the_monitors_mailbox_without_a_detour() -> None:
    task, executor, monitor = desk()
    task.handle(Perform(launch=LAUNCH))
    executor.report(ChildStarted(key=LAUNCH.key, identity=IDENTITY))
    executor.report(ChildEnded(key=LAUNCH.key, ending=an_ending()))
    assert monitor.messages == [
        Started(key=LAUNCH.key, identity=IDENTITY, monotonic=1000.0),
        Ended(key=LAUNCH.key, ending=an_ending()),
    ]


def test_a_start_that_is_told_late_counts_from_when_it_was() -> None:
    task, executor, monitor = desk()
    task.handle(Perform(launch=LAUNCH))
    executor.report(ChildStarted(key=LAUNCH.key, identity=IDENTITY, age=timedelta(seconds=2)))
    assert monitor.messages == [Started(key=LAUNCH.key, identity=IDENTITY, monotonic=998.0)]


def test_a_process_whose_start_was_not_told_is_named_with_its_end() -> None:
    task, executor, monitor = desk()
    task.handle(Perform(launch=LAUNCH))
    executor.report(ChildEnded(key=LAUNCH.key, ending=an_ending(), identity=IDENTITY))
    assert monitor.messages == [Ended(key=LAUNCH.key, ending=an_ending(), identity=IDENTITY)]
