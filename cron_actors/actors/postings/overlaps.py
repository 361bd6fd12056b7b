"""Posting what overlap policies decide: which new runs wait, which others give way, and who begins when one ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cron_actors.actors.postings.posting import Posting
from cron_actors.core.overlap import REPLACING, Admitted, Standing, admit, release
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Cancel
from cron_actors.model.job import Overlap
from cron_actors.model.run import NewRun, Reason, Run, RunState


def admit_runs(posting: Posting, runs: Sequence[NewRun]) -> list[NewRun]:
    """Return the runs as their jobs' overlap policies have them written, and do to stored runs what these say."""
    policies = {run.job: posting.job(run.definition).overlap for run in runs}
    strict = {job for job, policy in policies.items() if policy is not Overlap.ALLOW}
    if not strict:
        return list(runs)
    occupants = posting.transaction.occupants(strict)
    replacing = {job for job in strict if policies[job] in REPLACING and job in occupants}
    runs = _unrecorded(posting, runs, replacing)
    admitted = admit(runs, policies, {job: _standing(posting, job, occupants.get(job, {})) for job in strict})
    posting.node.waiting |= {run.job for run in admitted.runs if run.reason == Reason.WAITING}
    _give_way(posting, admitted)
    return admitted.runs


def withhold(posting: Posting, run: Run) -> Run | None:
    """Have a run that has waited for its instant wait on if it may not begin beside another one; None if it may."""
    if _policy(posting, run) is Overlap.ALLOW:
        return None
    if not posting.transaction.occupants([run.job]).get(run.job, {}).keys() - {run.run_id}:
        return None
    posting.node.waiting.add(run.job)
    return posting.transaction.withhold(run.run_id)


def ease(posting: Posting, job: str, policy: Overlap | None = None) -> None:
    """Let runs of the job begin that wait for the end of another, if there is none any more.

    Without a ``policy`` it is that of the run that has waited longest.
    """
    if job not in posting.node.waiting:
        return
    first = posting.transaction.waiting(job, 1)
    if not first:
        posting.node.waiting.discard(job)
        return
    policy = policy or _policy(posting, first[0])
    waiting = first if policy is Overlap.QUEUE_ALL else posting.transaction.waiting(job)
    busy = bool(posting.transaction.occupants([job]))
    released = release(policy, [run.run_id for run in waiting], busy=busy)
    _finish(posting, released.coalesced, RunState.SCHEDULED, RunState.SKIPPED, Reason.COALESCED)
    for run_id in released.available:
        run = posting.transaction.release(run_id)
        if run is not None:
            posting.note(run, was=RunState.SCHEDULED)


def ease_all(posting: Posting, policies: Mapping[str, Overlap] | None = None) -> None:
    """Look after every job of which runs wait; ``policies`` are those now in force, by job."""
    for job in sorted(posting.node.waiting):
        ease(posting, job, None if policies is None else policies.get(job))


def finish(posting: Posting, run: Run, state: RunState, reason: Reason) -> Run | None:
    """Move a run that nobody holds to a final state; if that stood in the way of another, it begins."""
    ended = posting.transaction.finish(run.run_id, run.state, state, reason, posting.at)
    if ended is not None:
        posting.note(ended, was=run.state)
        ease(posting, ended.job)
    return ended


def _policy(posting: Posting, run: Run) -> Overlap:
    try:
        return posting.job(run.definition).overlap
    except InvalidValueError:  # an older version took it: it is refused when its turn comes
        return Overlap.QUEUE_ALL


def _standing(posting: Posting, job: str, occupants: Mapping[int, RunState]) -> Standing:
    available = tuple(run_id for run_id, state in occupants.items() if state is RunState.AVAILABLE)
    waits = job in posting.node.waiting
    return Standing(
        available=available,
        performed=tuple(run_id for run_id in occupants if run_id not in available),
        waiting=tuple(run.run_id for run in posting.transaction.waiting(job)) if waits else (),
    )


def _unrecorded(posting: Posting, runs: Iterable[NewRun], jobs: Iterable[str]) -> list[NewRun]:
    """Return the runs without those of these jobs that are stored already: nothing may give way to itself."""
    stored: dict[str, set[str]] = {}
    runs = list(runs)
    for job in jobs:
        keys = [run.key for run in runs if run.job == job and run.key is not None]
        stored[job] = posting.transaction.recorded(job, keys) if keys else set()
    return [run for run in runs if run.key not in stored.get(run.job, set())]


def _give_way(posting: Posting, admitted: Admitted) -> None:
    _finish(posting, admitted.coalesced, RunState.SCHEDULED, RunState.SKIPPED, Reason.COALESCED)
    _finish(posting, admitted.displaced, RunState.AVAILABLE, RunState.CANCELLED, Reason.OVERLAP)
    for run_id in admitted.ended:
        posting.request_cancel(run_id, Reason.OVERLAP)
        posting.cancels.append(Cancel(run_id=run_id, reason=Reason.OVERLAP))


def _finish(posting: Posting, run_ids: Iterable[int], before: RunState, after: RunState, reason: Reason) -> None:
    for run_id in run_ids:
        ended = posting.transaction.finish(run_id, before, after, reason, posting.at)
        if ended is not None:
            posting.note(ended, was=before)
