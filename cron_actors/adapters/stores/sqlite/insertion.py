"""New runs written as rows, many at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from cron_actors.adapters.stores.sqlite.rows import Row, json_or_none, micros, micros_or_none
from cron_actors.model.run import NewRun

_INSERT = (
    "INSERT INTO run (run_id, job, key, due_at, last_due_at, cause, state, reason, queue, priority, definition,"
    " finished_at, exempt, args, request_id, scheduled_at, max_attempts, unique_key, inserted_at, cause_run_id)"
    " VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"
    " ON CONFLICT (job, key) WHERE key IS NOT NULL DO NOTHING"
)
LAST_RUN_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'run'"


def insert(connection: sqlite3.Connection | sqlite3.Cursor, runs: Sequence[NewRun]) -> list[int | None]:
    """Write the runs in their order and return their ids; None in the place of one whose (job, key) exists.

    Whoever calls has the right to write. The ids are given here: then one statement takes all runs.
    """
    first = last_run_id(connection) + 1
    rows = (_row(number, run) for number, run in enumerate(runs, first))
    if connection.executemany(_INSERT, rows).rowcount == len(runs):
        return list(range(first, first + len(runs)))
    written = {row[0] for row in connection.execute("SELECT run_id FROM run WHERE run_id >= ?", (first,))}
    return [number if number in written else None for number in range(first, first + len(runs))]


def last_run_id(connection: sqlite3.Connection | sqlite3.Cursor) -> int:
    """Return the greatest id that any run has had, 0 if there was none."""
    row: Row | None = connection.execute(LAST_RUN_ID).fetchone()
    return 0 if row is None else int(row[0])


def _row(run_id: int, run: NewRun) -> Row:
    # Exact types throughout: whatever else sqlite3 is given, an Enum or a bool, it looks up adapters for each time.
    return (
        run_id,
        run.job,
        run.key,
        micros(run.due_at),
        run.cause.value,
        run.state.value,
        None if run.reason is None else str(run.reason),
        run.queue,
        run.priority,
        run.definition,
        micros_or_none(run.finished_at),
        1 if run.exempt else 0,
        json_or_none(run.args),
        run.request_id,
        micros_or_none(run.scheduled_at),
        run.max_attempts,
        run.unique_key,
        micros_or_none(run.inserted_at),
        run.cause_run_id,
    )
