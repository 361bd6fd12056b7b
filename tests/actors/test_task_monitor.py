from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cron_actors.actors.task_monitor import Colleagues, TaskMonitorActor
from cron_actors.messages import (
    Abandon,
    Cancel,
    End,
    Ended,
    FinishedExecution,
    Inspect,
    Interrupt,
    Launch,
    Perform,
    Performing,
    Present,
    RollCall,
    SlotFree,
    Started,
    TimeOut,
)
from cron_actors.model.job import AtLimit, OutputLimit
from cron_actors.model.run import Outcome, Reason
from tests.fakes.mail import Outbox, inbox
from tests.fakes.run_logs import NO_PERMISSION, NO_SPACE, FakeRunLogs
from tests.fakes.values import IDENTITY, QUEUE, a_job, a_launch, an_ending

KILL_AFTER = timedelta(seconds=30)
LAUNCH = a_launch(1, a_job(timeout=timedelta(seconds=5)))
KEY = LAUNCH.key
FREE = SlotFree(worker="worker-1")


class Desk:
    """The monitor of worker-1 and all it talks to."""

    def __init__(self) -> None:
        self.task, self.scheduler, self.ledger, self.queue = Outbox(), Outbox(), Outbox(), Outbox()
        self.logs = FakeRunLogs()
        self.restart()

    def restart(self) -> None:
        """Put a monitor that knows nothing in the place of the one before."""
        colleagues = Colleagues(task=self.task, scheduler=self.scheduler, ledger=self.ledger, queue=self.queue)
        self.monitor = TaskMonitorActor(inbox(), Outbox(), "worker-1", self.logs, colleagues)

    def tell(self, *messages: Any) -> None:  # noqa: ANN401 # messages of a monitor
        for message in messages:
            self.monitor.handle(message)

    def reports(self) -> list[FinishedExecution]:
        """Return and forget the reports to the ledger, having checked that the scheduler heard nothing else."""
        told = self.ledger.take()
        assert all(message in told for message in self.scheduler.take())
        return [report for report in told if isinstance(report, FinishedExecution)]

    def log(self, launch: Launch = LAUNCH) -> list[str]:
        return self.logs.files[launch.log].splitlines()


@pytest.fixture
def desk() -> Desk:
    """Return a monitor that was given a run with a timeout of five seconds, whose process runs."""
    desk = Desk()
    desk.tell(LAUNCH, Started(key=KEY, identity=IDENTITY, monotonic=1000.0))
    return desk


def ended(outcome: Outcome = Outcome.SUCCESS, launch: Launch = LAUNCH, **fields: Any) -> Ended:  # noqa: ANN401 # any
    return Ended(key=launch.key, ending=an_ending(outcome, **fields))


def test_the_log_is_begun_before_the_task_is_told_to_perform() -> None:
    desk = Desk()
    desk.tell(LAUNCH)
    assert desk.task.messages == [Perform(launch=LAUNCH)]
    assert desk.log() == ["=== run 1 of backup, due 2026-11-21T12:00:00Z, attempt 1, started 2026-11-21T12:00:00Z ==="]


def test_a_start_is_told_to_ledger_and_scheduler_with_the_timeout(desk: Desk) -> None:
    performing = Performing(
        key=KEY, job="backup", queue=QUEUE, identity=IDENTITY, monotonic=1000.0, timeout=timedelta(seconds=5)
    )
    assert desk.ledger.messages == desk.scheduler.messages == [performing]


def test_an_end_is_logged_and_reported_with_its_place_and_tail_and_the_slot_is_free(desk: Desk) -> None:
    desk.tell(ended(output_tail="done"))
    assert desk.log()[-1] == "Execution Time = 0:00:02.000000"
    [report] = desk.reports()
    assert (report.key, report.job, report.log, report.reason) == (KEY, "backup", LAUNCH.log, None)
    assert report.ending == an_ending(output_tail="done")
    assert desk.queue.messages == [FREE]


def test_a_process_that_was_over_before_its_start_was_told_is_reported_with_the_end() -> None:
    desk = Desk()
    desk.tell(LAUNCH, Ended(key=KEY, ending=an_ending(), identity=IDENTITY))
    [report] = desk.reports()
    assert report.identity == IDENTITY


def test_a_failure_is_logged_with_what_went_wrong(desk: Desk) -> None:
    desk.tell(ended(Outcome.FAILURE, error="exit status 3"))
    assert desk.log()[-2:] == ["exit status 3", "Execution Time = 0:00:02.000000"]
    assert desk.reports()[0].ending.outcome is Outcome.FAILURE


def test_a_time_out_ends_the_process_and_counts_as_one_whatever_its_exit(desk: Desk) -> None:
    desk.tell(TimeOut(key=KEY))
    assert desk.task.messages[-1] == End(key=KEY, kill_after=KILL_AFTER)
    desk.tell(ended(Outcome.FAILURE, error="killed by SIGTERM"))
    [report] = desk.reports()
    assert (report.ending.outcome, report.ending.error) == (Outcome.TIMEOUT, "timed out after 5s")
    assert desk.log()[-2] == "Task Execution Timed Out"


def test_a_time_out_of_an_older_attempt_is_ignored(desk: Desk) -> None:
    desk.tell(TimeOut(key=a_launch(1, attempt=2).key), TimeOut(key=a_launch(9).key))
    assert desk.task.messages == [Perform(launch=LAUNCH)]


def test_a_cancel_ends_the_process_and_counts_as_one(desk: Desk) -> None:
    desk.tell(Cancel(run_id=1), ended(Outcome.FAILURE))
    assert desk.task.messages[-1] == End(key=KEY, kill_after=KILL_AFTER)
    assert desk.reports()[0].ending.outcome is Outcome.CANCELLED
    assert desk.log()[-2] == "Task Execution Cancelled"


@pytest.mark.parametrize(
    ("cancel", "error"),
    [
        (Cancel(run_id=1), "cancelled by request"),
        (Cancel(run_id=1, reason=Reason.OVERLAP), "cancelled by a newer run"),
    ],
)
def test_the_error_of_a_cancelled_run_says_who_wanted_its_end(desk: Desk, cancel: Cancel, error: str) -> None:
    desk.tell(cancel, ended(Outcome.FAILURE))
    assert desk.reports()[0].ending.error == error


def test_a_cancel_before_the_process_has_started_follows_the_order_to_start_it() -> None:
    desk = Desk()
    desk.tell(LAUNCH, Cancel(run_id=1))
    assert desk.task.messages == [Perform(launch=LAUNCH), End(key=KEY, kill_after=KILL_AFTER)]
    desk.tell(Started(key=KEY, identity=IDENTITY, monotonic=1000.0), ended(Outcome.FAILURE))
    assert desk.reports()[-1].ending.outcome is Outcome.CANCELLED


def test_a_cancel_after_the_end_or_of_another_run_is_ignored(desk: Desk) -> None:
    desk.tell(Cancel(run_id=2), ended(), Cancel(run_id=1))
    assert desk.task.messages == [Perform(launch=LAUNCH)]
    assert desk.reports()[0].ending.outcome is Outcome.SUCCESS


def test_an_interrupt_hurries_and_is_reported_as_one(desk: Desk) -> None:
    desk.tell(Interrupt())
    assert desk.task.messages[-1] == End(key=KEY, kill_after=timedelta(seconds=5))
    desk.tell(ended(Outcome.FAILURE))
    assert desk.reports()[0].ending.outcome is Outcome.INTERRUPTED
    assert desk.log()[-2] == "Task Execution Interrupted: the daemon stopped"


def test_the_first_to_ask_for_the_end_says_what_it_counts_as(desk: Desk) -> None:
    desk.tell(TimeOut(key=KEY), Cancel(run_id=1), Interrupt(), ended(Outcome.FAILURE))
    assert desk.reports()[0].ending.outcome is Outcome.TIMEOUT
    assert desk.task.messages[-1] == End(key=KEY, kill_after=timedelta(seconds=5)), "a hurry still hurries"


def test_an_idle_monitor_ignores_what_concerns_a_run() -> None:
    desk = Desk()
    desk.tell(
        Interrupt(),
        Cancel(run_id=1),
        TimeOut(key=KEY),
        Inspect(),
        ended(),
        Started(key=KEY, identity=IDENTITY, monotonic=0),
    )
    assert (desk.task.messages, desk.ledger.messages, desk.queue.messages) == ([], [], [])


def test_the_end_of_an_older_attempt_does_not_end_the_present_one(desk: Desk) -> None:
    desk.tell(ended(launch=a_launch(9)))
    assert desk.queue.messages == []


def limited(at_limit: AtLimit) -> tuple[Desk, Launch]:
    """Return a monitor of a run that may write 200 bytes and has written 1,000."""
    launch = a_launch(1, a_job(output_limit=OutputLimit(size=200, at_limit=at_limit)))
    desk = Desk()
    desk.tell(launch)
    desk.logs.files[launch.log] += "x" * 1000
    return desk, launch


def test_output_beyond_the_limit_is_cut_again_and_again_with_one_note() -> None:
    desk, launch = limited(AtLimit.TRUNCATE)
    desk.tell(Inspect())
    assert len(desk.logs.files[launch.log]) == 200
    desk.logs.files[launch.log] += "y" * 50
    desk.tell(ended(launch=launch))
    text = desk.logs.files[launch.log]
    assert text[:200].endswith("x")
    assert text[200:] == "[output beyond 200 bytes was dropped]\nExecution Time = 0:00:02.000000\n"
    assert desk.reports()[0].ending.outcome is Outcome.SUCCESS


def test_a_run_that_is_to_end_at_the_limit_is_ended_once_and_fails_of_it() -> None:
    desk, launch = limited(AtLimit.END)
    desk.tell(Inspect(), Inspect())
    assert len(desk.task.of(End)) == 1
    desk.tell(ended(Outcome.FAILURE, launch))
    [report] = desk.reports()
    assert (report.ending.outcome, report.reason) == (Outcome.FAILURE, "output limit")
    assert report.ending.error == "more than 200 bytes of output"


def test_a_log_that_cannot_be_looked_at_does_not_end_the_run(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.logs.failure = NO_PERMISSION
    desk.tell(Inspect())
    assert "cannot look at" in caplog.text
    desk.logs.failure = None
    desk.tell(ended())
    assert desk.reports()[0].ending.outcome is Outcome.SUCCESS


def test_without_room_for_the_log_the_run_waits_again_and_the_queue_holds() -> None:
    desk = Desk()
    desk.logs.failure = NO_SPACE
    desk.tell(LAUNCH)
    assert desk.task.messages == []
    [report] = desk.reports()
    assert report.ending.outcome is Outcome.INTERRUPTED
    assert report.ending.error == f"cannot write {LAUNCH.log}: No space left on device"
    assert desk.queue.messages == [SlotFree(worker="worker-1", hold=True)]


def test_a_log_that_may_not_be_written_fails_the_run_and_holds_nobody_else_up() -> None:
    desk = Desk()
    desk.logs.failure = NO_PERMISSION
    desk.tell(LAUNCH)
    assert desk.reports()[0].ending.outcome is Outcome.FAILURE
    assert desk.queue.messages == [FREE]


def test_a_log_that_cannot_be_ended_is_said_and_the_run_is_reported(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.logs.failure = NO_SPACE
    desk.tell(ended())
    assert "cannot end" in caplog.text
    assert desk.reports()[0].ending.outcome is Outcome.SUCCESS
    assert desk.queue.messages == [FREE]


def test_the_scheduler_hears_of_an_end_only_where_it_may_know_a_deadline(desk: Desk) -> None:
    desk.tell(ended())
    assert desk.scheduler.take() == desk.ledger.take()
    other = a_launch(2, a_job(timeout=None))
    desk.tell(other, ended(launch=other))
    assert len(desk.ledger.take()) == 1
    assert desk.scheduler.take() == []


def test_a_monitor_is_used_again_and_remembers_nothing_of_the_run_before(desk: Desk) -> None:
    desk.tell(TimeOut(key=KEY), ended(Outcome.FAILURE))
    second = a_launch(2)
    desk.tell(second, ended(launch=second))
    assert [report.ending.outcome for report in desk.reports()] == [Outcome.TIMEOUT, Outcome.SUCCESS]


def test_a_roll_call_is_answered_with_the_attempt_under_way(desk: Desk) -> None:
    desk.tell(RollCall(), ended(), RollCall())
    assert desk.queue.messages == [Present(worker="worker-1", keys=(KEY,)), FREE, Present(worker="worker-1", keys=())]


def test_a_monitor_that_begins_anew_ends_what_the_one_before_performed(desk: Desk) -> None:
    desk.restart()
    desk.tell(Abandon(launches=(LAUNCH,)))
    assert desk.task.messages[-1] == End(key=KEY, kill_after=timedelta(0))
    assert desk.reports()[-1].ending.outcome is Outcome.INTERRUPTED
    assert desk.queue.messages == [FREE]
    desk.tell(ended(Outcome.FAILURE))
    assert desk.queue.messages == [FREE], "the late end of the process frees nothing twice"


def test_a_run_whose_task_was_lost_is_ended_and_reported_as_interrupted(desk: Desk) -> None:
    desk.tell(Abandon(launches=(LAUNCH,)))
    assert desk.reports()[-1].ending.outcome is Outcome.INTERRUPTED
    desk.tell(RollCall())
    assert desk.queue.messages == [FREE, Present(worker="worker-1", keys=())]


def test_a_run_that_was_finished_already_is_not_abandoned(desk: Desk) -> None:
    desk.tell(ended())
    desk.queue.take()
    desk.reports()
    desk.tell(Abandon(launches=(LAUNCH,)))
    assert (desk.reports(), desk.queue.messages) == ([], []), "its slot may have been given to another run"


def test_an_abandoned_runs_log_says_so(desk: Desk) -> None:
    desk.tell(Abandon(launches=(LAUNCH,)))
    assert desk.log()[-2] == "Task Execution Interrupted: its worker was lost"


def test_a_process_that_ended_by_itself_before_the_order_reached_it_counts_as_what_it_was(desk: Desk) -> None:
    desk.tell(Cancel(run_id=1), Ended(key=KEY, ending=replace(an_ending(), by_itself=True)))
    [told] = desk.ledger.of(FinishedExecution)
    assert told.ending.outcome is Outcome.SUCCESS


def test_the_log_of_a_run_that_is_over_is_let_go_with_the_retention_of_its_job(desk: Desk) -> None:
    assert desk.logs.retired == []
    desk.tell(ended())
    assert desk.logs.retired == [(LAUNCH.log, LAUNCH.job.retention)]


def test_old_logs_that_cannot_be_deleted_hold_up_no_run(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.logs.failure = NO_PERMISSION
    desk.tell(ended())
    assert desk.reports() != []
    assert "cannot delete old logs beside" in caplog.text
