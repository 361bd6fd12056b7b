"""Changes of runs as text, for the journal and its followers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from cron_actors.adapters.stores.sqlite.rows import (
    micros,
    micros_of,
    micros_or_none,
    moment_of,
    moment_or_none,
    storable,
)
from cron_actors.core.counting import Told
from cron_actors.messages import RunChanged
from cron_actors.model.run import Cause, Outcome, RunState

_encoder = json.JSONEncoder(separators=(",", ":"))


LONGEST_ERROR = 500
"""Characters of the text of an error that the journal keeps."""

_OUTCOME, _STATE = 10, 6
_COUNTED = frozenset({RunState.SKIPPED.value, RunState.MISSED.value})
_STATES = {state.value: state for state in RunState}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def text_of(changes: Sequence[RunChanged]) -> str:
    """Return the changes as JSON, the texts of errors cut."""
    return _encoder.encode([_values_of(change) for change in changes])


def changes_of(text: str) -> Iterator[RunChanged]:
    """Yield the changes of a text; one of an older version says neither queue nor former state nor error."""
    return map(_change_of, json.loads(text))


def endings_of(text: str) -> tuple[list[Told], int]:
    """Return what figures count, those changes of a text that end something, and how many it holds in all."""
    found = json.loads(text)
    ended = [values for values in found if values[_OUTCOME] is not None or values[_STATE] in _COUNTED]
    return [_told_of(values) for values in ended], len(found)


def _values_of(change: RunChanged) -> list[Any]:
    return [
        change.run_id,
        change.job,
        micros(change.due_at),
        micros(change.last_due_at),
        change.count,
        change.cause,
        change.state,
        change.reason,
        change.attempt,
        micros(change.at),
        change.outcome,
        None if change.duration is None else micros_of(change.duration),
        micros_or_none(change.started_at),
        None if change.lateness is None else micros_of(change.lateness),
        change.queue,
        change.was,
        None if change.error is None else storable(change.error[:LONGEST_ERROR]),
    ]


def _told_of(values: list[Any]) -> Told:
    # This is read for every run, so only what is counted is made of it; Enum(...) takes longer than a dictionary.
    _, job, due_at, _, count, _, state, reason, attempt, at, outcome, duration, started_at, lateness, *_ = values
    return Told(
        job,
        _STATES[state],
        reason,
        count,
        attempt,
        moment_of(at),
        moment_of(due_at),
        None if outcome is None else _OUTCOMES[outcome],
        None if duration is None else timedelta(microseconds=duration),
        None if started_at is None else moment_of(started_at),
        None if lateness is None else timedelta(microseconds=lateness),
    )


def _change_of(values: list[Any]) -> RunChanged:
    run_id, job, due_at, last_due_at, count, cause, state, reason, attempt, at, outcome, *others = values
    duration, started_at, lateness, *additions = others
    queue, was, error = additions or ("", None, None)
    return RunChanged(
        run_id=run_id,
        job=job,
        due_at=moment_of(due_at),
        last_due_at=moment_of(last_due_at),
        count=count,
        cause=Cause(cause),
        state=RunState(state),
        reason=reason,
        attempt=attempt,
        at=moment_of(at),
        outcome=None if outcome is None else Outcome(outcome),
        duration=None if duration is None else timedelta(microseconds=duration),
        started_at=moment_or_none(started_at),
        lateness=None if lateness is None else timedelta(microseconds=lateness),
        queue=queue,
        was=None if was is None else RunState(was),
        error=error,
    )
