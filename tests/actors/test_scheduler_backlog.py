from __future__ import annotations

from datetime import timedelta

from cron_actors.actors.scheduler import INSTANTS_AT_ONCE, RUNS_AT_ONCE
from cron_actors.messages import Drain, Due, Recorded, Ticked
from cron_actors.model.job import When
from tests.fakes.scheduler_desk import SchedulerDesk
from tests.fakes.values import NOON, a_job

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DRAIN = Drain(finish=False, grace=30 * SECOND)


def test_many_due_runs_are_written_in_several_transactions_few_at_first_and_none_is_left_out() -> None:
    desk = SchedulerDesk()
    count = RUNS_AT_ONCE * 3 + 10
    desk.load(*(a_job(f"job-{number}") for number in range(count)))
    desk.tick(NOON + MINUTE)
    sizes = []
    while due := desk.ledger.of(Due):
        sizes.append(len(due[0].runs))
        desk.ledger.take()
        desk.tell(Recorded())
    assert sizes == [25, 50, 100, RUNS_AT_ONCE, RUNS_AT_ONCE, count - 175 - 2 * RUNS_AT_ONCE]
    assert desk.timer.messages[-1] == Ticked(until_at=NOON + MINUTE)


def test_long_backlogs_of_many_jobs_are_accounted_for_in_short_steps_and_none_is_left_out() -> None:
    desk = SchedulerDesk()
    jobs = [a_job(f"job-{number}", when=When(cron=("* * * * *",))) for number in range(8)]
    desk.load(*jobs)
    later = NOON + timedelta(days=7)
    desk.tick(later)
    counts = []
    while due := desk.ledger.of(Due):
        counts.append(sum(account.count for account in due[0].accounts) + len(due[0].runs))
        desk.ledger.take()
        desk.tell(Recorded())
    assert max(counts) <= 3 * INSTANTS_AT_ONCE, "more than the last job of a step can add"
    assert len(counts) > 2
    assert sum(counts) == 8 * 7 * 24 * 60
    assert Ticked(until_at=later) in desk.timer.messages


def test_a_long_backlog_of_one_job_holds_up_neither_the_ticks_nor_the_other_jobs() -> None:
    desk = SchedulerDesk()
    every_second = a_job("behind", when=When(cron=("* * * * * *",)))
    desk.load(every_second, a_job("punctual"), cursor_at=NOON - timedelta(days=3))
    desk.tick(NOON)
    desk.tell(Recorded())
    assert Ticked(until_at=NOON) in desk.timer.take()
    desk.ledger.take()
    desk.tick(NOON + MINUTE)
    desk.tell(Recorded())
    (due,) = desk.ledger.of(Due)
    assert [(run.job, run.due_at) for run in due.runs] == [("punctual", NOON + MINUTE)]


def test_a_stop_that_finishes_what_is_due_waits_for_a_backlog_and_no_other_does() -> None:
    patient, impatient = SchedulerDesk(), SchedulerDesk()
    for desk, drain in ((patient, Drain(finish=True, grace=None)), (impatient, DRAIN)):
        desk.load(a_job("behind", when=When(cron=("* * * * * *",))), cursor_at=NOON - timedelta(days=3))
        desk.tick(NOON)
        desk.tell(Recorded(), drain)
    assert impatient.ledger.messages[-1] == DRAIN
    assert Drain(finish=True, grace=None) not in patient.ledger.messages
    while isinstance(patient.ledger.messages[-1], Due):
        patient.tell(Recorded())
    assert patient.ledger.messages[-1] == Drain(finish=True, grace=None)
    moves = [due.moves for due in patient.ledger.of(Due)]
    assert moves[-1][-1].cursor_at == NOON
