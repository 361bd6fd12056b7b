from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cron_actors.messages import Cancel, Held, Queues, RecallQueue, Rewound
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Outcome
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.store import Refusal
from tests.fakes.values import NOON, finished

MINUTE = timedelta(minutes=1)


def cancel(desk: LedgerDesk, run_id: int) -> int:
    number = desk.ask(RequestKind.CANCEL, run_id=run_id)
    desk.queue.take()
    desk.pulse()
    return number


def test_a_trigger_makes_a_manual_run_and_is_answered_with_it(desk: LedgerDesk) -> None:
    desk.load({})
    number = desk.ask(RequestKind.TRIGGER, job="backup")
    desk.pulse()
    [launch] = desk.claim()
    assert (launch.run.cause, launch.run.due_at) == ("manual", NOON)
    assert desk.answer(number) == f"run {launch.run.run_id}: available"


def test_two_triggers_at_one_time_are_two_runs(desk: LedgerDesk) -> None:
    desk.load({})
    for _ in range(2):
        desk.ask(RequestKind.TRIGGER, job="backup")
    desk.pulse()
    assert len(desk.claim()) == 2


def test_a_request_is_carried_out_once(desk: LedgerDesk) -> None:
    desk.load({})
    desk.ask(RequestKind.TRIGGER, job="backup")
    desk.pulse()
    desk.pulse(after=10)
    assert len(desk.claim()) == 1


def test_a_request_made_while_no_daemon_ran_is_carried_out_at_the_next_start(desk: LedgerDesk) -> None:
    desk.load({})
    desk.ask(RequestKind.TRIGGER, job="backup")
    second = desk.successor()
    second.pulse()
    assert len(second.claim()) == 1


def test_a_trigger_of_an_unknown_or_removed_job_is_refused_by_name(desk: LedgerDesk) -> None:
    desk.load({})
    desk.load({"identifier": "other"})
    unknown = desk.ask(RequestKind.TRIGGER, job="nothing")
    removed = desk.ask(RequestKind.TRIGGER, job="backup")
    desk.pulse()
    assert desk.answer(unknown) == "there is no job 'nothing'"
    assert desk.answer(removed) == "there is no job 'backup'"
    assert desk.claim() == ()


def test_a_trigger_follows_the_overlap_policy_unless_it_is_forced(desk: LedgerDesk) -> None:
    desk.launch(overlap="skip")
    polite = desk.ask(RequestKind.TRIGGER, job="backup")
    forced = desk.ask(RequestKind.TRIGGER, job="backup", force=True)
    desk.pulse()
    assert str(desk.answer(polite)).endswith(": skipped: overlap")
    assert str(desk.answer(forced)).endswith(": available")


def test_a_waiting_run_is_cancelled_at_once(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe()))
    [change] = desk.changes()
    number = cancel(desk, change.run_id)
    assert desk.answer(number) == f"run {change.run_id}: cancelled"
    assert desk.states() == ["cancelled: by request"]
    assert desk.queue.messages == []
    assert desk.claim() == ()


def test_a_cancel_of_an_executing_run_is_only_passed_on(desk: LedgerDesk) -> None:
    launch = desk.launch()
    number = cancel(desk, launch.run.run_id)
    assert desk.queue.messages == [Cancel(run_id=launch.run.run_id)]
    assert desk.answer(number) is None
    assert desk.run(launch.run.run_id).state == "executing"
    assert desk.run(launch.run.run_id).cancel_requested


def test_a_cancel_is_answered_by_the_acknowledgement(desk: LedgerDesk) -> None:
    launch = desk.launch()
    number = cancel(desk, launch.run.run_id)
    desk.tell(finished(launch, Outcome.CANCELLED))
    assert desk.answer(number) == f"run {launch.run.run_id}: cancelled"


def test_a_cancel_passed_on_is_not_passed_on_again_with_every_pulse(desk: LedgerDesk) -> None:
    launch = desk.launch()
    cancel(desk, launch.run.run_id)
    desk.queue.take()
    desk.pulse(after=10)
    assert desk.queue.messages == []


def test_a_queue_that_begins_anew_is_told_again_which_runs_are_to_end(desk: LedgerDesk) -> None:
    launch = desk.launch()
    cancel(desk, launch.run.run_id)
    desk.queue.take()
    desk.tell(RecallQueue())
    assert [type(message) for message in desk.queue.messages] == [Queues, Held, Cancel]
    assert desk.queue.of(Cancel) == [Cancel(run_id=launch.run.run_id)]


def test_a_run_that_finished_first_is_completed_and_the_cancel_comes_too_late(desk: LedgerDesk) -> None:
    launch = desk.launch()
    number = cancel(desk, launch.run.run_id)
    desk.tell(finished(launch))
    assert desk.answer(number) == f"run {launch.run.run_id}: too late: completed"
    assert desk.run(launch.run.run_id).state == "completed"


def test_a_cancel_of_a_finished_run_is_too_late(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(finished(launch, Outcome.FAILURE))
    number = cancel(desk, launch.run.run_id)
    assert desk.answer(number) == f"run {launch.run.run_id}: too late: discarded: failed"


def test_an_interrupted_run_that_somebody_wanted_cancelled_is_not_run_again(desk: LedgerDesk) -> None:
    launch = desk.launch()
    number = cancel(desk, launch.run.run_id)
    desk.tell(finished(launch, Outcome.INTERRUPTED))
    assert desk.answer(number) == f"run {launch.run.run_id}: cancelled"
    assert desk.claim() == ()


def test_everybody_who_asked_for_a_cancel_is_answered(desk: LedgerDesk) -> None:
    launch = desk.launch()
    numbers = [cancel(desk, launch.run.run_id), cancel(desk, launch.run.run_id)]
    desk.tell(finished(launch, Outcome.CANCELLED))
    assert {desk.answer(number) for number in numbers} == {f"run {launch.run.run_id}: cancelled"}


def test_a_cancel_of_no_run_is_refused_by_its_number(desk: LedgerDesk) -> None:
    number = cancel(desk, 999)
    assert desk.answer(number) == "there is no run 999"


def test_a_restarted_ledger_still_answers_an_open_cancel(desk: LedgerDesk) -> None:
    launch = desk.launch()
    number = cancel(desk, launch.run.run_id)
    desk.restart()
    desk.pulse()
    desk.tell(finished(launch, Outcome.CANCELLED))
    assert desk.answer(number) == f"run {launch.run.run_id}: cancelled"


def put_cursor(desk: LedgerDesk, cursor_at: datetime | None, job: str = "backup") -> None:
    record = replace(desk.record(job), cursor_at=cursor_at, next_due_at=cursor_at)
    with desk.database.begin() as transaction:
        transaction.put_job(record)


def reset(desk: LedgerDesk, job: str | None = None) -> str | None:
    number = desk.ask(RequestKind.RESET_CURSOR, job=job)
    desk.scheduler.take()
    desk.pulse(after=0)
    return desk.answer(number)


def test_a_cursor_ahead_of_the_clock_is_set_back_to_now_and_the_scheduler_hears_of_it(desk: LedgerDesk) -> None:
    desk.load({})
    put_cursor(desk, NOON + 60 * MINUTE)
    assert reset(desk, "backup") == "1 cursor set back to 2026-11-21T12:00:00Z"
    assert (desk.record().cursor_at, desk.record().next_due_at) == (NOON, None)
    assert desk.scheduler.messages == [Rewound(at=NOON)]


def test_a_reset_of_one_cursor_leaves_the_others(desk: LedgerDesk) -> None:
    desk.load({}, {"identifier": "other"})
    put_cursor(desk, NOON + MINUTE)
    put_cursor(desk, NOON + MINUTE, "other")
    reset(desk, "backup")
    assert desk.record("other").cursor_at == NOON + MINUTE
    assert reset(desk) == "1 cursor set back to 2026-11-21T12:00:00Z"
    assert desk.record("other").cursor_at == NOON


def test_a_reset_passes_over_no_instant_that_nobody_has_accounted_for(desk: LedgerDesk) -> None:
    desk.load({}, {"identifier": "new"})
    put_cursor(desk, NOON - MINUTE)
    assert reset(desk) == "no cursor was ahead of 2026-11-21T12:00:00Z"
    assert (desk.record().cursor_at, desk.record("new").cursor_at) == (NOON - MINUTE, None)


def test_a_reset_of_an_unknown_or_removed_job_is_refused_by_name(desk: LedgerDesk) -> None:
    desk.load({})
    desk.load({"identifier": "other"})
    put_cursor(desk, NOON + MINUTE)
    assert reset(desk, "backup") == "there is no job 'backup'"
    assert reset(desk, "nothing") == "there is no job 'nothing'"
    assert desk.scheduler.messages == []
    assert reset(desk) == "no cursor was ahead of 2026-11-21T12:00:00Z"
    assert desk.record().cursor_at == NOON + MINUTE


def test_a_reset_asked_for_while_no_daemon_ran_is_carried_out_at_the_next_start(desk: LedgerDesk) -> None:
    desk.load({})
    put_cursor(desk, NOON + MINUTE)
    number = desk.ask(RequestKind.RESET_CURSOR)
    second = desk.successor()
    second.pulse(after=0)
    assert second.answer(number) == "1 cursor set back to 2026-11-21T12:00:00Z"
    assert second.scheduler.messages == [Rewound(at=NOON)]


def test_the_scheduler_hears_of_a_reset_only_once_it_is_durable(desk: LedgerDesk) -> None:
    desk.load({})
    put_cursor(desk, NOON + MINUTE)
    desk.ask(RequestKind.RESET_CURSOR)
    desk.scheduler.take()
    desk.store.refuses = Refusal.COMMIT
    desk.pulse(after=0)
    assert desk.scheduler.messages == []
    desk.store.refuses = None
    desk.pulse(after=0)
    assert desk.scheduler.messages == [Rewound(at=NOON)]
