from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.actors.postings.promotions import PROMOTED_AT_ONCE
from cron_actors.messages import Available, Delayed, FinishedBatch, Launch, Promote
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Cause, Outcome, RunState
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import NOON, QUEUE, an_ending, finished

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def snoozed(launch: Launch, length: timedelta) -> FinishedBatch:
    end = finished(launch, Outcome.SNOOZED)
    ending = an_ending(Outcome.SNOOZED, snooze=length)
    return FinishedBatch(finished=(type(end)(key=end.key, job=end.job, ending=ending, log=end.log),))


def wait(desk: LedgerDesk, length: timedelta) -> None:
    """Let time pass, and what has waited for an instant meanwhile become available."""
    desk.clock.advance(length)
    desk.tell(Promote(until_at=desk.clock.now()))


def test_a_run_with_attempts_left_is_tried_again_after_its_wait_and_dead_after_the_last(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=3, backoff="linear")
    for attempt in (1, 2):
        desk.tell(finished(launch, Outcome.FAILURE))
        assert desk.states() == ["retryable: failed"]
        wait(desk, attempt * 15 * SECOND - timedelta(microseconds=1))
        assert desk.claim() == ()
        wait(desk, timedelta(microseconds=1))
        [launch] = desk.claim()
        assert launch.run.attempt == attempt + 1
        desk.events.take()
    desk.tell(finished(launch, Outcome.TIMEOUT))
    assert desk.states() == ["discarded: timeout"]
    figures = desk.recall().statistics["backup"]
    assert (figures.launches, figures.failures, figures.timeouts, figures.retries) == (3, 2, 1, 2)


def test_every_failed_attempt_keeps_its_error_and_the_tail_of_its_output(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=2, backoff="none")
    for number in (1, 2):
        ending = an_ending(Outcome.FAILURE, error=f"error {number}", output_tail=f"output {number}")
        end = finished(launch, Outcome.FAILURE)
        desk.tell(type(end)(key=end.key, job=end.job, ending=ending, log=end.log))
        if number == 1:
            [launch] = desk.claim()
    attempts = desk.database.reader().attempts(launch.run.run_id)
    assert [(one.attempt, one.error, one.output_tail) for one in attempts] == [
        (1, "error 1", "output 1"),
        (2, "error 2", "output 2"),
    ]


def test_without_a_backoff_of_its_own_a_job_has_that_of_its_queue(desk: LedgerDesk) -> None:
    desk.load({"max_attempts": 2}, queues={"default": {"backoff": "linear"}})
    desk.tell(desk.due(desk.owe()))
    [launch] = desk.claim()
    desk.tell(finished(launch, Outcome.FAILURE))
    assert desk.run(launch.run.run_id).scheduled_at == NOON + 15 * SECOND


def test_a_retry_that_waits_for_nothing_is_available_at_once(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=2, backoff="none")
    desk.queue.take()
    desk.tell(finished(launch, Outcome.FAILURE))
    assert desk.queue.of(Available) == [Available(queue=QUEUE)]
    assert [again.run.attempt for again in desk.claim()] == [2]


def test_the_scheduler_is_told_of_the_earliest_instant_whenever_it_changes_and_only_then(desk: LedgerDesk) -> None:
    desk.load({"max_attempts": 5, "backoff": "linear"})
    desk.tell(desk.due(*(desk.owe(due_at=NOON + number * MINUTE) for number in range(3))))
    first, second, third = desk.claim()
    desk.scheduler.take()
    desk.tell(finished(first, Outcome.FAILURE))
    assert desk.scheduler.of(Delayed) == [Delayed(at=NOON + 15 * SECOND)]
    desk.clock.advance(SECOND)
    desk.tell(finished(second, Outcome.FAILURE))
    assert len(desk.scheduler.of(Delayed)) == 1, "it waits for longer than the first"
    desk.tell(snoozed(third, 2 * SECOND))
    assert desk.scheduler.of(Delayed)[1:] == [Delayed(at=NOON + 3 * SECOND)]
    desk.scheduler.take()
    wait(desk, 2 * SECOND)
    assert desk.scheduler.messages == [Delayed(at=NOON + 15 * SECOND)]
    wait(desk, MINUTE)
    assert desk.scheduler.of(Delayed)[1:] == [Delayed(at=None)]


def test_a_promotion_is_always_answered_so_that_nobody_waits_for_an_instant_for_ever(desk: LedgerDesk) -> None:
    desk.scheduler.take()
    desk.tell(Promote(until_at=NOON))
    assert desk.scheduler.messages == [Delayed(at=None)]


def test_a_scheduler_that_starts_anew_hears_of_the_earliest_instant(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(max_attempts=2), Outcome.FAILURE))
    desk.recall()
    assert desk.scheduler.of(Delayed) == [Delayed(at=NOON + 16 * SECOND)]


def test_waits_survive_the_daemon(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=2)
    desk.tell(finished(launch, Outcome.FAILURE))
    second = desk.successor()
    assert second.scheduler.of(Delayed) == [Delayed(at=NOON + 16 * SECOND)]
    wait(second, 16 * SECOND)
    assert [(again.run.run_id, again.run.attempt) for again in second.claim()] == [(launch.run.run_id, 2)]


def test_a_snooze_waits_and_costs_no_attempt(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(snoozed(launch, 90 * SECOND))
    assert desk.states() == ["scheduled: snoozed"]
    wait(desk, 89 * SECOND)
    assert desk.claim() == ()
    wait(desk, SECOND)
    [again] = desk.claim()
    assert (again.run.run_id, again.run.attempt) == (launch.run.run_id, 1)
    assert desk.recall().statistics["backup"].failures == 0


def test_a_run_that_discards_itself_is_dead_at_once_with_its_words(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=9)
    end = finished(launch, Outcome.DISCARDED)
    ending = an_ending(Outcome.DISCARDED, error="no such customer")
    desk.tell(type(end)(key=end.key, job=end.job, ending=ending, log=end.log))
    assert desk.states() == ["discarded: by itself"]
    assert desk.run(launch.run.run_id).error == "no such customer"


def test_many_that_waited_for_one_instant_become_available_in_bounded_steps(desk: LedgerDesk) -> None:
    desk.load({})
    owed = desk.owe(state=RunState.SCHEDULED, cause=Cause.SUBMITTED, key=None, scheduled_at=NOON + SECOND)
    with desk.database.begin() as transaction:
        transaction.insert_runs([owed] * (PROMOTED_AT_ONCE + 1))
    desk.events.take()
    before = desk.store.commits
    wait(desk, SECOND)
    assert desk.store.commits == before + 2
    promoted = [change for change in desk.changes() if change.was is RunState.SCHEDULED]
    assert len(promoted) == PROMOTED_AT_ONCE + 1


@pytest.mark.parametrize("outcome", [Outcome.FAILURE, Outcome.SNOOZED, Outcome.INTERRUPTED])
def test_a_run_that_somebody_wants_cancelled_does_not_wait_anew(desk: LedgerDesk, outcome: Outcome) -> None:
    launch = desk.launch(max_attempts=5)
    request = desk.ask(RequestKind.CANCEL, run_id=launch.run.run_id)
    desk.pulse()
    desk.tell(finished(launch, outcome))
    assert desk.states() == ["cancelled: by request"]
    assert desk.answer(request) == f"run {launch.run.run_id}: cancelled"


def test_a_run_that_waits_for_its_next_attempt_can_be_cancelled(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=2)
    desk.tell(finished(launch, Outcome.FAILURE))
    desk.scheduler.take()
    request = desk.ask(RequestKind.CANCEL, run_id=launch.run.run_id)
    desk.pulse()
    assert desk.answer(request) == f"run {launch.run.run_id}: cancelled"
    assert desk.states() == ["retryable: failed", "cancelled: by request"]
    assert desk.scheduler.of(Delayed) == [Delayed(at=None)]


def test_the_ends_of_a_batch_are_one_commit_and_each_is_judged_for_itself(desk: LedgerDesk) -> None:
    desk.load({"max_attempts": 2})
    desk.tell(desk.due(*(desk.owe(due_at=NOON + number * MINUTE) for number in range(4))))
    launches = desk.claim()
    desk.events.take()
    before = desk.store.commits
    outcomes = [Outcome.SUCCESS, Outcome.FAILURE, Outcome.DISCARDED, Outcome.INTERRUPTED]
    ends = tuple(finished(launch, outcome) for launch, outcome in zip(launches, outcomes, strict=True))
    desk.tell(FinishedBatch(finished=ends), FinishedBatch(finished=ends))
    assert desk.store.commits == before + 1
    assert desk.states() == ["completed", "retryable: failed", "discarded: by itself", "available: interrupted"]


def test_what_of_a_batch_was_not_begun_goes_back_whatever_its_job_says(desk: LedgerDesk) -> None:
    launch = desk.launch(on_interrupt="discard")
    end = finished(launch, Outcome.INTERRUPTED)
    desk.tell(FinishedBatch(finished=(type(end)(key=end.key, job=end.job, ending=end.ending, log="", begun=False),)))
    assert desk.states() == ["available: interrupted"]
    assert [again.run.attempt for again in desk.claim()] == [1]


def test_a_claim_in_the_mail_behind_an_end_finds_what_that_end_gave_back(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=2, backoff="none")
    desk.tell(finished(launch, Outcome.FAILURE))
    assert [again.run.attempt for again in desk.claim()] == [2]
