"""The states of a run and the steps between them; ``docs/run-states.md`` is written from this table."""

from __future__ import annotations

from cron_actors.errors import IllegalTransitionError
from cron_actors.model.run import RunState as S

MEANING = {
    S.SCHEDULED: "waits for an instant, or for the end of another run of its job",
    S.AVAILABLE: "waits for a worker",
    S.EXECUTING: "a worker performs an attempt",
    S.LAUNCHED: "the attempt started a process that goes on by itself",
    S.RETRYABLE: "the attempt failed; the next one waits for its instant",
    S.COMPLETED: "succeeded",
    S.DISCARDED: "failed for good: a dead letter",
    S.CANCELLED: "somebody, or a change of the job, asked for its end",
    S.SKIPPED: "was never to run: the reason says which policy said so",
    S.MISSED: "should have run and did not: the reason says why",
}

STEPS: dict[S, frozenset[S]] = {
    S.SCHEDULED: frozenset({S.AVAILABLE, S.CANCELLED, S.SKIPPED}),
    S.AVAILABLE: frozenset({S.EXECUTING, S.CANCELLED, S.SKIPPED, S.MISSED}),
    S.EXECUTING: frozenset({S.AVAILABLE, S.LAUNCHED, S.RETRYABLE, S.SCHEDULED, S.COMPLETED, S.DISCARDED, S.CANCELLED}),
    S.LAUNCHED: frozenset({S.AVAILABLE, S.RETRYABLE, S.SCHEDULED, S.COMPLETED, S.DISCARDED, S.CANCELLED}),
    S.RETRYABLE: frozenset({S.AVAILABLE, S.SCHEDULED, S.CANCELLED}),
    S.COMPLETED: frozenset(),
    S.DISCARDED: frozenset({S.AVAILABLE}),
    S.CANCELLED: frozenset({S.AVAILABLE}),
    S.SKIPPED: frozenset(),
    S.MISSED: frozenset(),
}

FIRST = frozenset({S.SCHEDULED, S.AVAILABLE, S.SKIPPED, S.MISSED})
FINAL = frozenset({S.COMPLETED, S.DISCARDED, S.CANCELLED, S.SKIPPED, S.MISSED})


def check_step(before: S, after: S) -> None:
    """Raise IllegalTransitionError unless a run may go from ``before`` to ``after``."""
    if after not in STEPS[before]:
        accepted = ", ".join(sorted(STEPS[before])) or "none, it is final"
        raise IllegalTransitionError(f"a run cannot go from {before} to {after}; possible from {before}: {accepted}")


def table() -> str:
    """Return the table of states as Markdown, one row a state, in the order of a run's life."""
    rows = ["| state | meaning | may become |", "| --- | --- | --- |"]
    for state in S:
        following = ", ".join(f"`{after}`" for after in S if after in STEPS[state]) or "none: final"
        rows.append(f"| `{state}` | {MEANING[state]} | {following} |")
    return "\n".join(rows) + "\n"


def describe(state: str, reason: str | None) -> str:
    """Return ``state: reason``, or the state alone.

    >>> describe("discarded", "timeout")
    'discarded: timeout'
    >>> describe("completed", None)
    'completed'
    """
    return f"{state}: {reason}" if reason else str(state)
