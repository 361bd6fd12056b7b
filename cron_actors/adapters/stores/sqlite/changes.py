"""Changes of runs as text, for the journal and its followers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from cron_actors.adapters.stores.sqlite.rows import (
    micros,
    micros_of,
    moment_of,
    moment_or_none,
    storable,
)
from cron_actors.core.counting import Told
from cron_actors.messages import RunChanged
from cron_actors.model.run import Cause, Outcome, RunState

LONGEST_ERROR = 500
"""Characters of the text of an error that the journal keeps."""

_OUTCOME, _STATE = 10, 6
_COUNTED = frozenset({RunState.SKIPPED.value, RunState.MISSED.value})
_STATES = {state.value: state for state in RunState}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def text_of(changes: Sequence[RunChanged]) -> str:
    """Return the changes as JSON, the texts of errors cut."""
    return f"[{','.join([_text_of(change) for change in changes])}]"


def changes_of(text: str) -> Iterator[RunChanged]:
    """Yield the changes of a text; one of an older version says neither queue nor former state nor error."""
    return map(_change_of, json.loads(text))


def endings_of(text: str) -> tuple[list[Told], int]:
    """Return what figures count, those changes of a text that end something, and how many it holds in all."""
    found = json.loads(text)
    ended = [values for values in found if values[_OUTCOME] is not None or values[_STATE] in _COUNTED]
    return [_told_of(values) for values in ended], len(found)


def _text_of(change: RunChanged) -> str:
    # Put together by hand: to encode a list of these values takes twice as long. Names of enumerations and numbers
    # stand as they are.
    due_at, at = micros(change.due_at), micros(change.at)
    last_due_at = due_at if change.last_due_at is change.due_at else micros(change.last_due_at)
    started_at, duration, lateness, error = change.started_at, change.duration, change.lateness, change.error
    return (
        f"[{change.run_id},{_quoted(change.job)},{due_at},{last_due_at},{change.count},{_quoted(change.cause)},"
        f"{_quoted(change.state)},{_text_or_null(change.reason)},{change.attempt},{at},"
        f"{_text_or_null(change.outcome)},{'null' if duration is None else micros_of(duration)},"
        f"{'null' if started_at is None else at if started_at is change.at else micros(started_at)},"
        f"{'null' if lateness is None else micros_of(lateness)},{_quoted(change.queue)},{_text_or_null(change.was)},"
        f"{'null' if error is None else _text_or_null(storable(error[:LONGEST_ERROR]))}]"
    )


def _text_or_null(text: str | None) -> str:
    return "null" if text is None else _quoted(text)


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
