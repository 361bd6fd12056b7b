"""What the end of an attempt means for its run: the state that follows, and what counts.

The rules are decided in the project's design: a job's run is tried ``max_attempts`` times, an interruption by the
daemon's own stop is not counted, the death of a node is counted but draws on a budget of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cron_actors.core.run_states import FINAL
from cron_actors.model.job import Job, OnInterrupt
from cron_actors.model.run import AttemptKey, Ending, Identity, Outcome, Reason, Run, RunState, Settlement

DEATHS_ALLOWED = 3
DEATH_SUSPECT_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The state a run goes to, why, whether the attempt counts, and whether a node's death is put to its account."""

    state: RunState
    reason: str | None = None
    counted: bool = True
    deaths: int = 0


def judge(job: Job, outcome: Outcome, reason: str | None = None) -> Verdict:
    """Return what an attempt that ended with ``outcome`` on a living node means; ``reason`` overrides the usual one."""
    match outcome:
        case Outcome.SUCCESS:
            return Verdict(state=RunState.COMPLETED, reason=reason)
        case Outcome.CANCELLED:
            return Verdict(state=RunState.CANCELLED, reason=reason or Reason.BY_REQUEST)
        case Outcome.TIMEOUT:
            return Verdict(state=RunState.DISCARDED, reason=reason or Reason.TIMEOUT)
        case Outcome.INTERRUPTED | Outcome.LOST:
            return _again(job, reason or Reason.INTERRUPTED, counted=False)
        case Outcome.FAILURE:
            return Verdict(state=RunState.DISCARDED, reason=reason or Reason.FAILED)


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
    )


def settled(run: Run, settlement: Settlement) -> Run:
    """Return the run, held by this attempt, as it is after the settlement."""
    attempt = run.attempt if settlement.counted else run.attempt - 1
    deaths = run.deaths + settlement.deaths
    if settlement.state is RunState.AVAILABLE:  # as if the attempt were not there
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
        )
    ending = settlement.ending
    return replace(
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
    )


def _again(job: Job, reason: str, *, counted: bool) -> Verdict:
    if job.on_interrupt is OnInterrupt.DISCARD:
        return Verdict(state=RunState.DISCARDED, reason=reason)
    return Verdict(state=RunState.AVAILABLE, reason=reason, counted=counted)
