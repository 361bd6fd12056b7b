"""A Scheduler that hears of a load while it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cron_actors.messages import ActiveJob, Due, Recorded, Restarted, Revised, WakeAt
from cron_actors.model.job import Job, When
from cron_actors.model.records import JobRecord, Pause
from tests.fakes.scheduler_desk import SchedulerDesk
from tests.fakes.values import NOON, a_job

MINUTE = timedelta(minutes=1)
HOURLY = When(periodicity=timedelta(hours=1))


def revised(*jobs: Job, removed: tuple[str, ...] = (), load: int = 1, order: tuple[str, ...] = ()) -> Revised:
    active = tuple(
        ActiveJob(
            record=JobRecord(
                identifier=job.identifier,
                source="/jobs.json",
                definition="new",
                first_seen_at=NOON,
                changed_at=NOON,
                cursor_at=NOON,
            ),
            job=job,
        )
        for job in jobs
    )
    return Revised(jobs=active, removed=removed, load=load, order=order)


def due_jobs(desk: SchedulerDesk) -> list[str]:
    return [run.job for due in desk.ledger.of(Due) for run in due.runs]


def test_a_new_job_is_due_and_a_removed_one_is_not() -> None:
    desk = SchedulerDesk()
    desk.load(a_job("old"), a_job("stays"))
    desk.tell(revised(a_job("new"), removed=("old",)))
    desk.tick(NOON + MINUTE)
    assert sorted(due_jobs(desk)) == ["new", "stays"]
    assert [due.load for due in desk.ledger.of(Due)] == [1]


def test_jobs_of_one_instant_are_due_by_priority_and_then_in_the_order_of_the_file() -> None:
    desk = SchedulerDesk()
    desk.load(a_job("z"), a_job("a"), a_job("m", priority=1))
    desk.tick(NOON + MINUTE)
    assert due_jobs(desk) == ["m", "z", "a"]


def test_a_file_in_another_order_changes_the_order_of_jobs_of_one_instant() -> None:
    desk = SchedulerDesk()
    desk.load(a_job("z"), a_job("a"))
    desk.tell(revised(order=("a", "z")))
    desk.tick(NOON + MINUTE)
    assert due_jobs(desk) == ["a", "z"]


def test_a_re_timed_job_is_due_when_its_new_schedule_says() -> None:
    desk = SchedulerDesk()
    desk.load(a_job("job"))
    desk.timer.take()
    desk.tell(revised(a_job("job", when=HOURLY)))
    assert desk.timer.messages == [WakeAt(at=NOON + 60 * MINUTE)]
    desk.tick(NOON + MINUTE)
    assert due_jobs(desk) == []


def test_a_job_whose_schedule_is_the_same_goes_on_where_the_scheduler_is_and_not_where_the_store_was() -> None:
    desk = SchedulerDesk()
    desk.load(a_job("job"))
    desk.tick(NOON + MINUTE)
    desk.tell(revised(a_job("job", timeout=MINUTE)), Recorded())
    desk.ledger.take()
    desk.tick(NOON + 2 * MINUTE)
    [due] = desk.ledger.of(Due)
    assert [(run.due_at, run.definition) for run in due.runs] == [(NOON + 2 * MINUTE, "new")]


def test_a_backlog_of_a_removed_or_re_timed_job_is_not_worked_off() -> None:
    desk = SchedulerDesk()
    every_second = When(cron=("* * * * * *",))
    desk.load(a_job("gone", when=every_second), a_job("calmer", when=every_second), cursor_at=NOON - timedelta(days=3))
    desk.tick(NOON)
    desk.tell(revised(a_job("calmer", when=HOURLY), removed=("gone",)))
    desk.ledger.take()
    desk.tell(Recorded())
    assert desk.ledger.of(Due) == []


def test_a_load_that_comes_while_everything_is_being_recalled_changes_nothing() -> None:
    desk = SchedulerDesk()
    desk.load(a_job("job"))
    desk.tell(Restarted(actor="ledger"), revised(a_job("new")))
    desk.load(a_job("job"))
    desk.ledger.take()
    desk.tick(NOON + MINUTE)
    assert due_jobs(desk) == ["job"]


def test_a_new_job_makes_the_timer_tick_at_once() -> None:
    desk = SchedulerDesk()
    desk.load()
    message = revised(a_job("new"))
    [active] = message.jobs
    unseen = replace(active, record=replace(active.record, cursor_at=None))
    desk.timer.take()
    desk.tell(replace(message, jobs=(unseen,)))
    assert desk.timer.messages == [WakeAt(at=NOON)]


def test_what_was_worked_out_before_a_load_is_worked_out_again_after_it() -> None:
    desk = SchedulerDesk()
    desk.load(a_job("job"), a_job("paused"))
    desk.pulse(1000.0, at=NOON + MINUTE - timedelta(seconds=1))
    (again,) = revised(a_job("job", priority=3)).jobs
    (paused,) = revised(a_job("paused")).jobs
    pauses = (Pause(paused_at=NOON, paused_by="me"),)
    paused = replace(paused, record=replace(paused.record, pauses=pauses))
    desk.tell(Revised(jobs=(again, paused), removed=(), load=1, order=()))
    desk.tick(NOON + MINUTE)
    (run,) = [run for due in desk.ledger.of(Due) for run in due.runs]
    assert (run.job, run.definition, run.priority) == ("job", "new", 3)
