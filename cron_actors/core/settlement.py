"""What the end of an attempt means for its run: the state that follows, and what counts.

The rules are decided in the project's design: a run is tried ``max_attempts`` times and waits between the attempts as
its backoff says, an interruption by the daemon's own stop is not counted, nor is a snooze; the death of a node is
counted but draws on a budget of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cron_actors.core import backoff as waiting
from cron_actors.core.run_states import FINAL
from cron_actors.model.job import Job, OnInterrupt
from cron_actors.model.queue import Backoff
from cron_actors.model.run import AttemptKey, Ending, Identity, Outcome, Reason, Run, RunState, Settlement

DEATHS_ALLOWED = 3
DEATH_SUSPECT_WITHIN = timedelta(seconds=60)
LONGEST_SNOOZE = timedelta(days=366)  # more than anybody may ask for

ANEW = frozenset({RunState.AVAILABLE, RunState.RETRYABLE, RunState.SCHEDULED})
"""The states in which a run whose attempt has ended waits for another one."""
CUT_SHORT = frozenset({Outcome.CANCELLED, Outcome.INTERRUPTED, Outcome.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The state a run goes to, why, whether the attempt counts, and whether a node's death is put to its account.

    ``scheduled_at`` is when it becomes available, where it waits for an instant.
    """

    state: RunState
    reason: str | None = None
    counted: bool = True
    deaths: int = 0
    scheduled_at: datetime | None = None


_COMPLETED = Verdict(state=RunState.COMPLETED)


def judge(
    job: Job, run: Run, ending: Ending, at: datetime, reason: str | None = None, backoff: Backoff | None = None
) -> Verdict:
    """Return what an attempt that ended at ``at`` on a living node means; ``reason`` overrides the usual one.

    ``backoff`` is that of the run's queue, which holds where the job has none.
    """
    match ending.outcome:
        case Outcome.SUCCESS:
            return _COMPLETED if reason is None else Verdict(state=RunState.COMPLETED, reason=reason)
        case Outcome.CANCELLED:
            return Verdict(state=RunState.CANCELLED, reason=reason or Reason.BY_REQUEST)
        case Outcome.DISCARDED:
            return Verdict(state=RunState.DISCARDED, reason=reason or Reason.BY_ITSELF)
        case Outcome.SNOOZED:
            until = at + min(ending.snooze or timedelta(0), LONGEST_SNOOZE)
            return Verdict(state=RunState.SCHEDULED, reason=reason or Reason.SNOOZED, counted=False, scheduled_at=until)
        case Outcome.INTERRUPTED | Outcome.LOST:
            return _again(job, reason or Reason.INTERRUPTED, counted=False)
        case Outcome.FAILURE | Outcome.TIMEOUT | Outcome.LAUNCHED:  # what leaves a process going is no end in itself
            usual = Reason.TIMEOUT if ending.outcome is Outcome.TIMEOUT else Reason.FAILED
            return _retry(job, run, at, reason or usual, job.backoff or backoff or waiting.DEFAULT)


def most_attempts(job: Job, run: Run) -> int:
    """Return how often the run is tried at most, deaths of nodes aside."""
    return job.max_attempts if run.max_attempts is None else run.max_attempts


def judge_cancelled(verdict: Verdict, run: Run, outcome: Outcome) -> Verdict:
    """Return the verdict on a run whose cancel was asked for; a final state that its attempt came to by itself stands.

    An attempt that was cut short came to nothing, and there is no other.
    """
    if verdict.state not in ANEW and outcome not in CUT_SHORT:
        return verdict
    return Verdict(state=RunState.CANCELLED, reason=run.reason or Reason.BY_REQUEST)


def not_begun() -> Verdict:
    """Return what it means that a claimed run was given back before it was begun: nothing, whatever its job says."""
    return Verdict(state=RunState.AVAILABLE, reason=Reason.INTERRUPTED, counted=False)


def judge_death(job: Job, run: Run, died_at: datetime) -> Verdict:
    """Return what the sudden death of the node means for a run it was executing.

    A run under which nodes die again and again, each time within a minute of its start, is quarantined.
    """
    suspect = run.started_at is None or died_at - run.started_at <= DEATH_SUSPECT_WITHIN
    deaths = 1 if suspect else 0
    if run.deaths + deaths >= DEATHS_ALLOWED:
        return Verdict(state=RunState.DISCARDED, reason=Reason.QUARANTINED, deaths=deaths)
    again = _again(job, Reason.RESCUED, counted=True)
    return Verdict(state=again.state, reason=again.reason, deaths=deaths)


def settlement(
    key: AttemptKey, ending: Ending, verdict: Verdict, at: datetime, identity: Identity | None = None
) -> Settlement:
    """Return the verdict on this attempt as the store writes it."""
    return Settlement(
        key=key,
        ending=ending,
        state=verdict.state,
        reason=verdict.reason,
        at=at,
        counted=verdict.counted,
        deaths=verdict.deaths,
        identity=identity,
        scheduled_at=verdict.scheduled_at,
    )


def settled(run: Run, settlement: Settlement) -> Run:
    """Return the run, held by this attempt, as it is after the settlement.

    What waits for a worker, or slept on its own wish, is as if the attempt were not there; what waits to be tried again
    tells how the last attempt ended, but nobody holds it.
    """
    attempt = run.attempt if settlement.counted else run.attempt - 1
    deaths = run.deaths + settlement.deaths
    if settlement.state in {RunState.AVAILABLE, RunState.SCHEDULED}:
        return replace(
            run,
            state=settlement.state,
            reason=settlement.reason,
            attempt=attempt,
            deaths=deaths,
            node=None,
            lease_token=None,
            started_at=None,
            finished_at=None,
            duration=None,
            outcome=None,
            exit_code=None,
            error=None,
            scheduled_at=settlement.scheduled_at,
        )
    ending = settlement.ending
    ended = replace(
        run,
        state=settlement.state,
        reason=settlement.reason,
        attempt=attempt,
        deaths=deaths,
        finished_at=settlement.at if settlement.state in FINAL else None,
        duration=ending.duration,
        outcome=ending.outcome,
        exit_code=ending.exit_code,
        error=ending.error,
        result=ending.result,
        scheduled_at=settlement.scheduled_at,
    )
    if settlement.state is RunState.RETRYABLE:
        return replace(ended, node=None, lease_token=None, started_at=None)
    return ended


def _retry(job: Job, run: Run, at: datetime, reason: str, backoff: Backoff) -> Verdict:
    if run.attempt >= most_attempts(job, run):
        return Verdict(state=RunState.DISCARDED, reason=reason)
    wait = waiting.wait(backoff, run.attempt, f"{run.job}:{run.run_id}")
    return Verdict(state=RunState.RETRYABLE, reason=reason, scheduled_at=at + wait)


def _again(job: Job, reason: str, *, counted: bool) -> Verdict:
    if job.on_interrupt is OnInterrupt.DISCARD:
        return Verdict(state=RunState.DISCARDED, reason=reason)
    return Verdict(state=RunState.AVAILABLE, reason=reason, counted=counted)
