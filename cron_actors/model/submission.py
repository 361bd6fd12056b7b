"""Submissions: runs that other programs put into the store, and what makes one the like of another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cron_actors.model.run import RunState

UNFINISHED = frozenset(
    {RunState.SCHEDULED, RunState.AVAILABLE, RunState.EXECUTING, RunState.LAUNCHED, RunState.RETRYABLE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """Which runs with the same unique key stand in the way of another: those in one of ``states``.

    With a ``period`` only those that were inserted less than that ago do.
    """

    states: frozenset[RunState] = UNFINISHED
    period: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The run that a submission made, or the one that was there and took its place."""

    run_id: int
    existing: bool = False
