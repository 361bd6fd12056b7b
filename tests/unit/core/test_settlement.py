from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.core.run_states import check_step
from cron_actors.core.settlement import (
    Verdict,
    judge,
    judge_cancelled,
    judge_death,
    not_begun,
    settled,
    settlement,
)
from cron_actors.model.job import Job, OnInterrupt
from cron_actors.model.queue import Backoff, BackoffKind
from cron_actors.model.run import AttemptKey, Outcome, Reason, Run, RunState
from tests.fakes.values import NOON, a_job, a_run, an_ending

SOON = NOON + timedelta(seconds=5)
SECOND = timedelta(seconds=1)
JOB = a_job()
DISCARDING = a_job(on_interrupt=OnInterrupt.DISCARD)
PATIENT = a_job(max_attempts=3)
LINEAR = Backoff(kind=BackoffKind.LINEAR)
KEY = AttemptKey(run_id=1, attempt=2, token="t")  # noqa: S106 # a lease, not a secret


def judged(job: Job, outcome: Outcome, reason: str | None = None, run: Run | None = None) -> Verdict:
    return judge(job, run or a_run(), an_ending(outcome), SOON, reason)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Outcome.SUCCESS, RunState.COMPLETED, None),
        (Outcome.FAILURE, RunState.DISCARDED, Reason.FAILED),
        (Outcome.TIMEOUT, RunState.DISCARDED, Reason.TIMEOUT),
        (Outcome.CANCELLED, RunState.CANCELLED, Reason.BY_REQUEST),
        (Outcome.DISCARDED, RunState.DISCARDED, Reason.BY_ITSELF),
    ],
)
def test_an_end_at_the_jobs_own_hand_is_counted_and_final(
    outcome: Outcome, state: RunState, reason: Reason | None
) -> None:
    assert judged(JOB, outcome) == Verdict(state=state, reason=reason, counted=True, deaths=0)


@pytest.mark.parametrize(("outcome", "reason"), [(Outcome.FAILURE, "failed"), (Outcome.TIMEOUT, "timeout")])
def test_what_fails_with_attempts_left_waits_for_the_next_as_its_backoff_says(outcome: Outcome, reason: str) -> None:
    run, ending = a_run(attempt=2), an_ending(outcome)
    verdict = judge(PATIENT, run, ending, SOON, backoff=LINEAR)
    assert verdict == Verdict(state=RunState.RETRYABLE, reason=reason, scheduled_at=SOON + 30 * SECOND)
    own = judge(a_job(max_attempts=3, backoff=Backoff(kind=BackoffKind.NONE)), run, ending, SOON, backoff=LINEAR)
    assert own.scheduled_at == SOON, "that of the job goes before that of its queue"
    assert judge(PATIENT, run, ending, SOON).scheduled_at == SOON + 31 * SECOND, "exponential where nobody says"


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (a_run(attempt=3), RunState.DISCARDED),
        (a_run(attempt=3, max_attempts=4), RunState.RETRYABLE),
        (a_run(attempt=1, max_attempts=1), RunState.DISCARDED),
        (a_run(attempt=5), RunState.DISCARDED),
    ],
)
def test_the_last_attempt_is_that_of_the_run_if_it_says_so_else_of_its_job(run: Run, state: RunState) -> None:
    assert judged(PATIENT, Outcome.FAILURE, run=run).state is state


def test_a_run_that_discards_itself_is_not_tried_again() -> None:
    assert judged(PATIENT, Outcome.DISCARDED).state is RunState.DISCARDED


def test_a_snooze_waits_and_is_not_counted_whatever_attempt_it_was() -> None:
    verdict = judge(JOB, a_run(attempt=9), an_ending(Outcome.SNOOZED, snooze=90 * SECOND), SOON)
    assert verdict == Verdict(
        state=RunState.SCHEDULED, reason=Reason.SNOOZED, counted=False, scheduled_at=SOON + 90 * SECOND
    )


def test_no_snooze_goes_beyond_what_a_clock_can_show() -> None:
    verdict = judge(JOB, a_run(), an_ending(Outcome.SNOOZED, snooze=timedelta.max), SOON)
    assert verdict.scheduled_at == SOON + timedelta(days=366)


@pytest.mark.parametrize("outcome", [Outcome.INTERRUPTED, Outcome.LOST])
def test_an_interrupted_run_waits_again_as_if_the_attempt_had_not_been(outcome: Outcome) -> None:
    assert judged(JOB, outcome) == Verdict(state=RunState.AVAILABLE, reason=Reason.INTERRUPTED, counted=False)


def test_an_interrupted_run_is_discarded_where_the_job_says_so() -> None:
    assert judged(DISCARDING, Outcome.INTERRUPTED) == Verdict(state=RunState.DISCARDED, reason=Reason.INTERRUPTED)


def test_a_reason_given_overrides_the_usual_one() -> None:
    assert judged(JOB, Outcome.FAILURE, Reason.OUTPUT_LIMIT).reason == Reason.OUTPUT_LIMIT


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("job", [PATIENT, DISCARDING])
def test_what_is_to_be_cancelled_never_waits_anew_and_stays_what_it_came_to_by_itself(
    job: Job, outcome: Outcome
) -> None:
    verdict = judged(job, outcome)
    cancelled = judge_cancelled(verdict, a_run(reason="overlap"), outcome)
    by_itself = {Outcome.SUCCESS, Outcome.DISCARDED} | (
        {Outcome.FAILURE, Outcome.TIMEOUT, Outcome.LAUNCHED} if job is DISCARDING else set()
    )
    assert cancelled == (verdict if outcome in by_itself else Verdict(state=RunState.CANCELLED, reason="overlap"))


def test_the_death_of_a_node_counts_the_attempt_and_lets_the_run_wait_again() -> None:
    verdict = judge_death(JOB, a_run(), SOON)
    assert verdict == Verdict(state=RunState.AVAILABLE, reason=Reason.RESCUED, counted=True, deaths=1)


def test_the_third_quick_death_quarantines_the_run() -> None:
    assert judge_death(JOB, a_run(deaths=1), SOON).state is RunState.AVAILABLE
    verdict = judge_death(JOB, a_run(deaths=2), SOON)
    assert (verdict.state, verdict.reason) == (RunState.DISCARDED, Reason.QUARANTINED)


def test_a_node_that_dies_a_minute_later_is_no_suspicion_against_the_run() -> None:
    late = NOON + timedelta(seconds=60, microseconds=1)
    assert judge_death(JOB, a_run(deaths=2), late).state is RunState.AVAILABLE
    assert judge_death(JOB, a_run(deaths=2), late).deaths == 0
    assert judge_death(JOB, a_run(deaths=2), NOON + timedelta(seconds=60)).state is RunState.DISCARDED


def test_a_run_that_must_not_be_run_twice_is_discarded_when_its_node_dies() -> None:
    verdict = judge_death(DISCARDING, a_run(), SOON)
    assert (verdict.state, verdict.reason, verdict.deaths) == (RunState.DISCARDED, Reason.RESCUED, 1)


def test_no_verdict_takes_a_held_run_where_it_may_not_go() -> None:
    for state in (RunState.EXECUTING, RunState.LAUNCHED):
        for job in (JOB, DISCARDING, PATIENT):
            for outcome in Outcome:
                check_step(state, judged(job, outcome).state)
                check_step(state, judge_cancelled(judged(job, outcome), a_run(), outcome).state)
            for deaths in range(4):
                check_step(state, judge_death(job, a_run(deaths=deaths), SOON).state)
        check_step(state, not_begun().state)


def test_a_settlement_carries_the_verdict_and_the_ending() -> None:
    verdict = Verdict(state=RunState.RETRYABLE, reason="failed", counted=False, deaths=1, scheduled_at=SOON + SECOND)
    written = settlement(KEY, an_ending(), verdict, SOON)
    assert (written.key, written.ending, written.at) == (KEY, an_ending(), SOON)
    assert (written.state, written.reason, written.counted, written.deaths) == ("retryable", "failed", False, 1)
    assert written.scheduled_at == SOON + SECOND


def test_a_run_that_is_tried_again_tells_how_it_failed_and_is_nobodys() -> None:
    ending = an_ending(Outcome.FAILURE, error="no", exit_code=3)
    verdict = Verdict(state=RunState.RETRYABLE, reason="failed", scheduled_at=SOON + SECOND)
    after = settled(a_run(attempt=2), settlement(KEY, ending, verdict, SOON))
    assert (after.state, after.attempt, after.scheduled_at, after.finished_at) == ("retryable", 2, SOON + SECOND, None)
    assert (after.outcome, after.error, after.exit_code) == ("failure", "no", 3)
    assert (after.node, after.lease_token, after.started_at) == (None, None, None)


def test_a_snoozed_run_is_as_if_the_attempt_were_not_there() -> None:
    verdict = judge(JOB, a_run(attempt=1), an_ending(Outcome.SNOOZED, snooze=SECOND), SOON)
    after = settled(a_run(attempt=1), settlement(KEY, an_ending(Outcome.SNOOZED), verdict, SOON))
    assert (after.state, after.attempt, after.scheduled_at) == ("scheduled", 0, SOON + SECOND)
    assert (after.outcome, after.error, after.duration, after.lease_token) == (None, None, None, None)


def test_a_run_that_succeeded_keeps_what_its_function_returned() -> None:
    after = settled(a_run(), settlement(KEY, an_ending(result="[1]"), judged(JOB, Outcome.SUCCESS), SOON))
    assert (after.state, after.result, after.finished_at, after.scheduled_at) == ("completed", "[1]", SOON, None)
