"""Queries for runs: the statement that finds what a filter wants."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

from collections.abc import Iterator

from cron_actors.adapters.stores.sqlite.rows import RUN_COLUMNS, json_list, micros
from cron_actors.model.records import RunFilter
from cron_actors.model.run import RunState

GREATEST_ID = 2**63 - 1

# In the words of the index of dead letters, which holds the very runs that are asked for.
_DEAD = "state = 'discarded' AND dismissed_at IS NULL"


def run_query(query: RunFilter) -> tuple[str, tuple[object, ...]]:
    """Return the statement and its parameters; there are as many statements as combinations of conditions."""
    conditions: list[tuple[str, tuple[object, ...]]] = [*_of_itself(query), *_of_time(query), *_of_standing(query)]
    where = " AND ".join(condition for condition, _ in conditions) or "1"
    limit = -1 if query.limit is None else query.limit
    statement = f"SELECT {RUN_COLUMNS} FROM run WHERE {where} ORDER BY last_due_at DESC, run_id DESC LIMIT ?"
    return statement, (*(value for _, values in conditions for value in values), limit)


def _of_itself(query: RunFilter) -> Iterator[tuple[str, tuple[object, ...]]]:
    if query.run_id is not None:
        yield "run_id = ?", (min(query.run_id, GREATEST_ID),)
    if query.after_run is not None:
        yield "run_id > ?", (min(query.after_run, GREATEST_ID),)
    if query.cause_run_id is not None:
        yield "cause_run_id = ?", (min(query.cause_run_id, GREATEST_ID),)
    if query.job is not None:
        yield "job = ?", (query.job,)
    if query.jobs is not None:
        yield "job IN (SELECT value FROM json_each(?))", (json_list(list(query.jobs)),)
    if query.queue is not None:
        yield "queue = ?", (query.queue,)


def _of_time(query: RunFilter) -> Iterator[tuple[str, tuple[object, ...]]]:
    if query.at is not None:
        yield "due_at <= ? AND last_due_at >= ?", (micros(query.at), micros(query.at))
    if query.since is not None:
        yield "last_due_at >= ?", (micros(query.since),)
    if query.until is not None:
        yield "due_at <= ?", (micros(query.until),)


def _of_standing(query: RunFilter) -> Iterator[tuple[str, tuple[object, ...]]]:
    if query.states == (RunState.DISCARDED,) and query.dismissed is False:
        yield _DEAD, ()
    else:
        if query.states:
            yield "state IN (SELECT value FROM json_each(?))", (json_list(list(query.states)),)
        if query.dismissed is not None:
            yield f"dismissed_at IS {'NOT ' if query.dismissed else ''}NULL", ()
    if query.reason is not None:
        yield "reason = ?", (query.reason,)
