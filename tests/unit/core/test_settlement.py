from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.core.run_states import check_step
from cron_actors.core.settlement import Verdict, judge, judge_death, settlement
from cron_actors.model.job import OnInterrupt
from cron_actors.model.run import AttemptKey, Outcome, Reason, RunState
from tests.fakes.values import NOON, a_job, a_run, an_ending

SOON = NOON + timedelta(seconds=5)
JOB = a_job()
DISCARDING = a_job(on_interrupt=OnInterrupt.DISCARD)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Outcome.SUCCESS, RunState.COMPLETED, None),
        (Outcome.FAILURE, RunState.DISCARDED, Reason.FAILED),
        (Outcome.TIMEOUT, RunState.DISCARDED, Reason.TIMEOUT),
        (Outcome.CANCELLED, RunState.CANCELLED, Reason.BY_REQUEST),
    ],
)
def test_an_end_at_the_jobs_own_hand_is_counted_and_final(
    outcome: Outcome, state: RunState, reason: Reason | None
) -> None:
    assert judge(JOB, outcome) == Verdict(state=state, reason=reason, counted=True, deaths=0)


@pytest.mark.parametrize("outcome", [Outcome.INTERRUPTED, Outcome.LOST])
def test_an_interrupted_run_waits_again_as_if_the_attempt_had_not_been(outcome: Outcome) -> None:
    assert judge(JOB, outcome) == Verdict(state=RunState.AVAILABLE, reason=Reason.INTERRUPTED, counted=False)


def test_an_interrupted_run_is_discarded_where_the_job_says_so() -> None:
    assert judge(DISCARDING, Outcome.INTERRUPTED) == Verdict(state=RunState.DISCARDED, reason=Reason.INTERRUPTED)


def test_a_reason_given_overrides_the_usual_one() -> None:
    assert judge(JOB, Outcome.FAILURE, Reason.OUTPUT_LIMIT).reason == Reason.OUTPUT_LIMIT


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


def test_no_verdict_takes_an_executing_run_where_it_may_not_go() -> None:
    for job in (JOB, DISCARDING):
        for outcome in Outcome:
            check_step(RunState.EXECUTING, judge(job, outcome).state)
        for deaths in range(4):
            check_step(RunState.EXECUTING, judge_death(job, a_run(deaths=deaths), SOON).state)


def test_a_settlement_carries_the_verdict_and_the_ending() -> None:
    key = AttemptKey(run_id=1, attempt=2, token="t")  # noqa: S106 # a lease, not a secret
    verdict = Verdict(state=RunState.AVAILABLE, reason="interrupted", counted=False, deaths=1)
    settled = settlement(key, an_ending(), verdict, SOON)
    assert (settled.key, settled.ending, settled.at) == (key, an_ending(), SOON)
    assert (settled.state, settled.reason, settled.counted, settled.deaths) == ("available", "interrupted", False, 1)
