from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cron_actors.actors.scheduler import SchedulerActor
from cron_actors.core.statistics import fold_all, with_begun
from cron_actors.core.tally import MOST_COUNTING, MOST_NOTED
from cron_actors.messages import (
    ActiveRun,
    Changed,
    CurrentTicks,
    Drain,
    Due,
    Figures,
    FinishedExecution,
    Hurry,
    Interrupt,
    Loaded,
    NumRuns,
    Performing,
    Recall,
    Recorded,
    Restarted,
    Resume,
    Tick,
    Ticked,
    TimeOut,
    Trouble,
    WakeAt,
    WakeBy,
)
from cron_actors.model.job import When
from cron_actors.model.records import CursorMove
from cron_actors.model.run import Outcome, RunState
from cron_actors.model.statistics import JobStatistics
from tests.fakes.mail import Outbox, inbox
from tests.fakes.scheduler_desk import SchedulerDesk
from tests.fakes.values import IDENTITY, NOON, QUEUE, a_change, a_job, a_launch, finished

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DRAIN = Drain(finish=False, grace=30 * SECOND)


@pytest.fixture
def desk() -> SchedulerDesk:
    """Return a Scheduler with ``backup`` every minute, accounted for up to noon."""
    desk = SchedulerDesk()
    desk.load(a_job())
    return desk


def performing(run_id: int = 1, timeout: timedelta | None = 60 * SECOND, monotonic: float = 1000.0) -> Performing:
    key = a_launch(run_id).key
    return Performing(key=key, job="backup", queue=QUEUE, identity=IDENTITY, monotonic=monotonic, timeout=timeout)


def test_it_asks_for_the_store_when_it_starts_and_lets_the_timer_go_once_it_knows() -> None:
    ledger, timer = Outbox(), Outbox()
    scheduler = SchedulerActor(inbox(), Outbox(), timer, ledger, Outbox())
    scheduler.begin()
    assert ledger.messages == [Recall()]
    assert timer.messages == []
    scheduler.handle(Loaded(jobs=(), statistics={}, running=()))
    assert timer.messages == [WakeAt(at=None), Resume()]


def test_a_window_becomes_the_runs_that_are_due_in_it_and_their_cursors(desk: SchedulerDesk) -> None:
    desk.tick(NOON + MINUTE)
    [due] = desk.ledger.of(Due)
    [run] = due.runs
    assert (run.job, run.due_at, run.key) == ("backup", NOON + MINUTE, "2026-11-21T12:01:00Z")
    assert (run.definition, run.queue, run.exempt) == ("definition of backup", QUEUE, False)
    assert due.moves == (CursorMove(job="backup", cursor_at=NOON + MINUTE, next_due_at=NOON + 2 * MINUTE),)


def test_a_window_in_which_nothing_is_due_is_answered_at_once(desk: SchedulerDesk) -> None:
    desk.timer.take()
    desk.tick(NOON + 30 * SECOND)
    assert desk.ledger.messages == []
    assert desk.timer.messages == [WakeAt(at=NOON + MINUTE), Ticked(until_at=NOON + 30 * SECOND)]


def test_a_tick_is_answered_only_once_its_runs_are_recorded(desk: SchedulerDesk) -> None:
    desk.timer.take()
    desk.tick(NOON + MINUTE)
    assert desk.timer.messages == []
    desk.tell(Recorded())
    assert desk.timer.messages == [WakeAt(at=NOON + 2 * MINUTE), Ticked(until_at=NOON + MINUTE)]


def test_only_one_due_is_under_way_and_ticks_that_come_meanwhile_become_one_window(desk: SchedulerDesk) -> None:
    for minutes in range(1, 5):
        desk.tick(NOON + minutes * MINUTE)
    assert desk.dues() == [[NOON + MINUTE]]
    desk.tell(Recorded())
    [due] = desk.dues()
    assert due == [NOON + 3 * MINUTE, NOON + 4 * MINUTE], "the newest late one is caught up, the last is on time"
    desk.tell(Recorded())
    assert [tick.until_at for tick in desk.timer.of(Ticked)] == [NOON + 4 * MINUTE]


def test_instants_left_out_by_the_catch_up_are_accounted_for_in_the_same_transaction(desk: SchedulerDesk) -> None:
    desk.tick(NOON + 10 * MINUTE)
    [due] = desk.ledger.of(Due)
    assert len(due.runs) + sum(account.count for account in due.accounts) == 10
    assert [account.reason for account in due.accounts] == ["coalesced"]


def test_a_job_seen_for_the_first_time_runs_at_the_first_tick_and_is_not_late() -> None:
    desk = SchedulerDesk()
    desk.load(a_job(), cursor_at=None)
    desk.tick(NOON + 30 * SECOND)
    [due] = desk.ledger.of(Due)
    assert [(run.due_at, run.exempt) for run in due.runs] == [(NOON, True)]
    desk.tell(Recorded())
    desk.ledger.take()
    desk.tick(NOON + MINUTE)
    assert desk.dues() == [[NOON + MINUTE]]


def test_an_instant_off_the_boundaries_is_asked_for_exactly() -> None:
    desk = SchedulerDesk()
    desk.load(a_job(when=When(run_at=NOON + 17 * SECOND)))
    assert desk.timer.messages[0] == WakeAt(at=NOON + 17 * SECOND)


def test_a_window_seen_again_owes_nothing(desk: SchedulerDesk) -> None:
    desk.tick(NOON + MINUTE)
    desk.tell(Recorded())
    desk.dues()
    desk.tick(NOON + MINUTE)
    assert desk.dues() == []


def test_after_a_restart_of_another_actor_it_evaluates_nothing_before_it_knows_the_store_again(
    desk: SchedulerDesk,
) -> None:
    desk.tell(Restarted(actor="ledger"))
    assert desk.ledger.take() == [Recall()]
    desk.tick(NOON + MINUTE)
    assert desk.dues() == []
    desk.load(a_job())
    desk.tick(NOON + MINUTE)
    assert desk.dues() == [[NOON + MINUTE]]


def test_a_due_lost_with_the_ledger_is_sent_again(desk: SchedulerDesk) -> None:
    desk.tick(NOON + MINUTE)
    desk.dues()
    desk.tell(Restarted(actor="ledger"))
    desk.load(a_job())
    assert Resume(until_at=None, number=1) in desk.timer.messages
    desk.tick(NOON + MINUTE + SECOND)
    assert desk.dues() == [[NOON + MINUTE]]


def test_jobs_that_are_not_in_force_any_more_owe_nothing(desk: SchedulerDesk) -> None:
    desk.load()
    desk.tick(NOON + MINUTE)
    assert desk.dues() == []


def test_a_deadline_is_asked_for_and_its_passing_is_a_time_out(desk: SchedulerDesk) -> None:
    desk.timer.take()
    desk.tell(performing())
    assert desk.timer.take() == [WakeBy(monotonic=1060.0)]
    desk.pulse(1059.9)
    assert desk.queue.messages == []
    desk.pulse(1060.0)
    desk.pulse(1061.0)
    assert desk.queue.messages == [TimeOut(key=a_launch(1).key)]


def test_the_wish_to_be_woken_is_renewed_with_every_pulse_while_a_deadline_is_open(desk: SchedulerDesk) -> None:
    desk.tell(performing())
    desk.timer.take()
    desk.pulse(1000.5)
    assert desk.timer.messages == [WakeBy(monotonic=1060.0)]


def test_a_finished_attempt_is_never_timed_out(desk: SchedulerDesk) -> None:
    desk.tell(performing(), finished(a_launch(1)))
    desk.pulse(2000.0)
    assert desk.queue.messages == []


def test_a_job_without_a_timeout_has_no_deadline(desk: SchedulerDesk) -> None:
    desk.timer.take()
    desk.tell(performing(timeout=None))
    desk.pulse(1e9)
    assert (desk.timer.messages, desk.queue.messages) == ([], [])


def test_a_jump_of_the_wall_clock_moves_no_deadline(desk: SchedulerDesk) -> None:
    desk.tell(performing())
    desk.pulse(1001.0, at=NOON + timedelta(days=1))
    assert desk.queue.messages == []
    desk.tell(Restarted(actor="worker-1 task"))
    desk.load(a_job(), running=[running()])
    desk.pulse(1002.0, at=NOON + timedelta(days=1))
    assert desk.queue.messages == []


def running(run_id: int = 1) -> ActiveRun:
    return ActiveRun(key=a_launch(run_id).key, job="backup", queue=QUEUE, started_at=NOON, timeout=60 * SECOND)


def test_a_scheduler_that_begins_anew_knows_the_deadlines_of_runs_under_way() -> None:
    desk = SchedulerDesk()
    desk.load(a_job(), running=[running()])
    desk.pulse(5000.0, at=NOON + 59 * SECOND)
    assert desk.queue.messages == []
    assert desk.timer.messages[-1] == WakeBy(monotonic=5001.0)
    desk.pulse(5001.0, at=NOON + 60 * SECOND)
    assert desk.queue.messages == [TimeOut(key=a_launch(1).key)]


def test_a_run_that_ended_before_the_first_pulse_after_a_restart_is_not_timed_out() -> None:
    desk = SchedulerDesk()
    desk.load(a_job(), running=[running()])
    report: FinishedExecution = finished(a_launch(1))
    desk.tell(report)
    desk.pulse(5000.0, at=NOON + timedelta(hours=1))
    assert desk.queue.messages == []


def test_a_run_that_begins_while_the_store_is_recalled_is_not_timed_out_by_a_clock_that_jumps() -> None:
    desk = SchedulerDesk()
    desk.load(a_job(), running=[running()])
    desk.tell(performing(1, monotonic=5000.0))
    desk.pulse(5001.0, at=NOON + timedelta(hours=1))
    assert desk.queue.messages == []
    desk.pulse(5060.0, at=NOON + timedelta(hours=1))
    assert desk.queue.messages == [TimeOut(key=a_launch(1).key)]


def test_an_order_to_stop_is_passed_down_and_no_further_window_is_evaluated(desk: SchedulerDesk) -> None:
    desk.tell(DRAIN)
    assert desk.ledger.take() == [DRAIN]
    desk.tick(NOON + MINUTE)
    assert desk.dues() == []


def test_what_still_runs_after_the_grace_period_is_interrupted_once(desk: SchedulerDesk) -> None:
    desk.tell(DRAIN)
    desk.pulse(1000.0)
    desk.pulse(1029.9)
    assert desk.queue.messages == []
    desk.pulse(1030.0)
    desk.pulse(1031.0)
    assert desk.queue.messages == [Interrupt()]


def test_without_a_limit_of_grace_what_runs_is_waited_for(desk: SchedulerDesk) -> None:
    desk.tell(Drain(finish=True, grace=None))
    for seconds in (0.0, 1e3, 1e6):
        desk.pulse(1000.0 + seconds)
    assert desk.queue.messages == []


def test_a_hurry_interrupts_at_once(desk: SchedulerDesk) -> None:
    desk.tell(DRAIN, Hurry())
    assert desk.queue.messages == [Interrupt()]


def test_a_clock_behind_what_is_accounted_for_is_a_trouble_until_it_has_caught_up(desk: SchedulerDesk) -> None:
    desk.pulse(1000.0, at=NOON - 61 * SECOND)
    [trouble] = desk.ledger.take()
    assert trouble == Trouble(
        topic="clock",
        text="the clock says 2026-11-21T11:58:59Z, but instants up to 2026-11-21T12:00:00Z are accounted for;"
        " nothing runs again before that unless you say so: cron-actors reset-cursor --all",
    )
    desk.pulse(1000.0, at=NOON - 61 * SECOND)
    assert desk.ledger.take() == []
    desk.pulse(1000.0, at=NOON)
    assert desk.ledger.take() == [Trouble(topic="clock", text=None)]


def test_a_clock_a_minute_behind_is_no_trouble(desk: SchedulerDesk) -> None:
    desk.pulse(1000.0, at=NOON - 60 * SECOND)
    assert desk.ledger.messages == []


def test_a_clock_set_back_while_the_daemon_runs_is_a_trouble_although_no_window_closes(desk: SchedulerDesk) -> None:
    desk.tick(NOON + 10 * MINUTE + 5 * SECOND)
    desk.tell(Recorded())
    desk.ledger.take()
    desk.pulse(1000.0, at=NOON + 10 * MINUTE)
    assert desk.ledger.messages == []
    desk.pulse(1000.5, at=NOON + 5 * MINUTE)
    assert [message.topic for message in desk.ledger.of(Trouble)] == ["clock"]


def test_what_is_due_next_is_worked_out_before_and_is_what_the_tick_sends() -> None:
    plain, foreseen = SchedulerDesk(), SchedulerDesk()
    for desk in (plain, foreseen):
        desk.load(*(a_job(f"job {number}") for number in range(7)), a_job("hourly", when=When(periodicity=60 * MINUTE)))
    for at in (NOON + MINUTE - 9 * SECOND, NOON + MINUTE - SECOND):
        foreseen.pulse(1000.0, at=at)
    entries = foreseen.scheduler._entries
    assert [name for name, entry in entries.items() if entry._foresight] == [f"job {number}" for number in range(7)]
    for desk in (plain, foreseen):
        desk.tick(NOON + MINUTE + SECOND / 100)
    assert foreseen.ledger.of(Due) == plain.ledger.of(Due)
    assert foreseen.timer.take() == plain.timer.take()


@pytest.mark.parametrize("before", [MINUTE, SECOND / 20, -SECOND])
def test_nothing_is_worked_out_long_before_its_instant_nor_when_a_tick_would_have_to_wait_for_it(
    desk: SchedulerDesk, before: timedelta
) -> None:
    desk.pulse(1000.0, at=NOON + MINUTE - before)
    assert desk.scheduler._entries["backup"]._foresight is None


def test_an_unknown_job_was_launched_no_time(desk: SchedulerDesk) -> None:
    assert desk.scheduler.handle(NumRuns(job="nothing")) == 0


def test_it_answers_from_what_was_committed(desk: SchedulerDesk) -> None:
    ended = [a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS) for _ in range(3)]
    desk.tell(Changed(changes=tuple(ended[:2]), commit=1), Changed(changes=tuple(ended[2:]), commit=2))
    assert desk.scheduler.handle(NumRuns(job="backup")) == 3
    assert desk.scheduler.handle(Figures()) == fold_all({}, ended)


def test_what_the_store_has_counted_already_is_not_counted_twice(desk: SchedulerDesk) -> None:
    ended = a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS)
    figures = fold_all({}, [ended])
    before, known, after = (Changed(changes=(ended,), commit=number) for number in (6, 7, 8))
    desk.tell(before, Loaded(jobs=(), statistics=figures, running=(), commit=7), known)
    assert desk.scheduler.handle(Figures()) == figures
    desk.tell(after)
    assert desk.scheduler.handle(NumRuns(job=ended.job)) == 2


def test_figures_that_nobody_asks_for_do_not_pile_up(desk: SchedulerDesk) -> None:
    ended = a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS)
    jobs = [f"job {number}" for number in range(max(3 * MOST_COUNTING // 2, 2 * MOST_NOTED // 3))]
    for number in (1, 2):
        desk.tell(Changed(changes=tuple(replace(ended, job=job) for job in jobs), commit=number))
    tally = desk.scheduler._tally  # what a user sees of it is memory
    assert not tally._noted
    assert 0 < len(tally._counting) <= MOST_COUNTING
    assert {desk.scheduler.handle(NumRuns(job=job)) for job in jobs} == {2}
    expected = fold_all({}, (ended, ended))[ended.job]
    assert desk.scheduler.handle(Figures()) == dict.fromkeys(jobs, expected)


def test_figures_are_counted_at_a_pulse_once_nothing_more_comes(desk: SchedulerDesk) -> None:
    ended = a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS)
    desk.tell(Changed(changes=(ended,), commit=1))
    desk.pulse(1000.0)
    assert not desk.scheduler._tally._counting, "there may be no time for it yet"
    desk.pulse(1000.5)
    assert list(desk.scheduler._tally._counting) == [ended.job]
    assert not desk.scheduler._tally._noted
    assert desk.scheduler.handle(NumRuns(job=ended.job)) == 1


def test_figures_that_were_shown_do_not_change_with_what_ends_after_that(desk: SchedulerDesk) -> None:
    ended = a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS, duration=timedelta(seconds=1))
    desk.tell(Changed(changes=(ended,), commit=1))
    shown = desk.scheduler.handle(Figures())
    desk.tell(Changed(changes=(ended, replace(ended, state=RunState.SKIPPED, outcome=None)), commit=2))
    assert shown == fold_all({}, [ended])
    assert desk.scheduler.handle(Figures()) != shown


def test_a_run_under_way_counts_as_a_launch_before_and_after_it_is_in_the_figures(desk: SchedulerDesk) -> None:
    begun = a_change(RunState.EXECUTING)
    desk.tell(Changed(changes=(begun,), commit=1))
    assert desk.scheduler.handle(NumRuns(job=begun.job)) == 1
    assert desk.scheduler.handle(Figures()) == {begun.job: with_begun(JobStatistics(), begun)}
    ended = replace(begun, state=RunState.COMPLETED, outcome=Outcome.SUCCESS)
    desk.tell(Changed(changes=(ended,), commit=2))
    assert desk.scheduler.handle(NumRuns(job=begun.job)) == 1
    assert desk.scheduler.handle(Figures()) == fold_all({}, [ended])


def test_the_ticks_it_knows_are_those_on_boundaries(desk: SchedulerDesk) -> None:
    assert desk.scheduler.handle(CurrentTicks()) == 0
    desk.tell(Tick(since_at=NOON, until_at=NOON + SECOND, number=7))
    assert desk.scheduler.handle(CurrentTicks()) == 7
