"""Work that somebody submits, as values: the run, its definition, and what else counts as the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cron_actors.model.run import NewRun, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Nobody is to submit the like of a run, which is known by ``key``, while there is one already.

    It is one in one of these states, inserted at ``since`` or later if that is given.
    """

    key: str
    states: frozenset[RunState]
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A run to be written together with the text of its definition, whose key it does not know yet."""

    definition: str
    run: NewRun
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The run that a submission made, or the one that stands for it already."""

    run_id: int
    existing: bool = False
