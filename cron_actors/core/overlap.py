"""What becomes of due instants while earlier runs of the same job are busy, and of those that wait, when one ends.

A run is busy while it waits for a worker or is performed, not while it waits for a retry. A run that waits for the end
of another is kept as a row (``scheduled``, reason ``waiting: overlap``), so that it survives a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cron_actors.model.job import Overlap
from cron_actors.model.run import NewRun, Reason, RunState

REPLACING = frozenset({Overlap.QUEUE_ONE, Overlap.CANCEL_OTHER})
"""The policies under which a newer run takes the place of one that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The stored runs of one job that are not over, by id: waiting for a worker, performed, waiting for an end."""

    available: tuple[int, ...] = ()
    performed: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Admitted:
    """The new runs in their order, each as it is to be written, and what becomes of stored runs (by id).

    ``coalesced`` waited for an end and a newer run takes their place, ``displaced`` waited for a worker and are
    cancelled, ``ended`` are performed and have to be terminated.
    """

    runs: list[NewRun] = field(default_factory=list)
    coalesced: list[int] = field(default_factory=list)
    displaced: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What becomes of runs that wait: ``available`` may begin, ``coalesced`` have been replaced; the others wait on."""

    available: tuple[int, ...] = ()
    coalesced: tuple[int, ...] = ()


def admit(runs: Sequence[NewRun], policies: Mapping[str, Overlap], standing: Mapping[str, Standing]) -> Admitted:
    """Return how the runs are to be written; a job without a policy allows overlaps, one without a standing is free.

    What is not to run in any case stays as it is.
    """
    admitted = Admitted()
    lines: dict[str, _Line] = {}
    for run in runs:
        admitted.runs.append(run)
        policy = policies.get(run.job, Overlap.ALLOW)
        if run.state is RunState.AVAILABLE and policy is not Overlap.ALLOW:
            line = lines.setdefault(run.job, _Line(admitted, standing.get(run.job, Standing())))
            line.join(len(admitted.runs) - 1, policy)
    return admitted


def release(policy: Overlap, waiting: Sequence[int], *, busy: bool) -> Released:
    """Return what becomes of the runs of a job that wait, oldest first, now that one has ended or the policy changed.

    Runs that came to wait under another policy are brought in line with this one; under ``skip`` they keep their turn.
    """
    if policy is Overlap.ALLOW:
        return Released(available=tuple(waiting))
    replaced = tuple(waiting[:-1]) if policy in REPLACING else ()
    left = waiting[len(replaced) :]
    return Released(available=() if busy else tuple(left[:1]), coalesced=replaced)


class _Line:
    """The runs of one job while a batch of new ones joins them."""

    def __init__(self, admitted: Admitted, standing: Standing) -> None:
        self._admitted = admitted
        self._standing = standing
        self._busy = bool(standing.available or standing.performed)
        self._waiting = bool(standing.waiting)
        self._replaceable: int | None = None  # the place of the new run that gives way to the next one

    def join(self, place: int, policy: Overlap) -> None:
        if policy is Overlap.CANCEL_OTHER:
            self._end_others()
            self._replace(place)
            if self._standing.performed:
                self._wait(place)
        elif not self._busy and not self._waiting:
            self._busy = True
        elif policy is Overlap.SKIP:
            self._write(place, RunState.SKIPPED, Reason.OVERLAP)
        else:
            if policy is Overlap.QUEUE_ONE:
                self._replace(place)
            self._wait(place)

    def _wait(self, place: int) -> None:
        self._waiting = True
        self._write(place, RunState.SCHEDULED, Reason.WAITING)

    def _replace(self, place: int) -> None:
        """Let the new run take the place of those that wait: the stored ones, or the last one of this batch."""
        if self._replaceable is None:
            self._admitted.coalesced += self._standing.waiting
        else:
            self._write(self._replaceable, RunState.SKIPPED, Reason.COALESCED)
        self._replaceable = place

    def _end_others(self) -> None:
        if self._replaceable is None:
            self._admitted.displaced += self._standing.available
            self._admitted.ended += self._standing.performed

    def _write(self, place: int, state: RunState, reason: Reason) -> None:
        runs = self._admitted.runs
        runs[place] = replace(runs[place], state=state, reason=reason)
