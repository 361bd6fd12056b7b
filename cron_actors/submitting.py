"""Submitting work from Python: what an application imports as ``submit`` and ``submit_all``."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Unpack

from cron_actors.adapters.clock import SystemClock
from cron_actors.adapters.stores.kept_submissions import kept_submissions
from cron_actors.adapters.stores.sqlite.queue_names import queue_names
from cron_actors.adapters.stores.sqlite.submissions import submit as submit_over
from cron_actors.adapters.stores.urls import open_reader
from cron_actors.core.quotation import quote
from cron_actors.core.run_states import FINAL
from cron_actors.core.submission import Order
from cron_actors.core.uniqueness import Unique, standing
from cron_actors.errors import SubmissionError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import NewRun, Run
from cron_actors.model.submission import Submitted as Stored
from cron_actors.named_work import Work, named_work
from cron_actors.ordering import Options, command_order, order_of
from cron_actors.settings import Settings

__all__ = ["Options", "Submitted", "Unique", "submit", "submit_all", "submit_command"]

_AT_ONCE = 1_000
_LOOK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A run that was submitted; ``existing`` says that it was there before and stands for this one."""

    run_id: int
    existing: bool
    database_url: str

    def run(self) -> Run | None:
        """Return the run as it is now; None if it is not there: not committed yet, or deleted as old."""
        reader = open_reader(self.database_url)
        if reader is None:
            return None
        with closing(reader):
            return next(iter(reader.runs(RunFilter(run_id=self.run_id, limit=1))), None)

    def wait(self, timeout: float | None = None) -> Run:
        """Wait, at most ``timeout`` seconds, until the run is over, and return it; raises TimeoutError."""
        clock, never = SystemClock(), threading.Event()
        until = None if timeout is None else clock.monotonic() + timeout
        while True:
            run = self.run()
            if run is not None and run.state in FINAL:
                return run
            if until is not None and clock.monotonic() >= until:
                state = "not there" if run is None else run.state.value
                raise TimeoutError(f"run {self.run_id} is {state} after {timeout} seconds")
            clock.wait(never, _LOOK_AGAIN_SECONDS)


def submit(
    work: Work,
    *,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    database_url: str | None = None,
    connection: sqlite3.Connection | None = None,
    **options: Unpack[Options],
) -> Submitted:
    """Have a function or a worker class called, with JSON as arguments, by the daemon of the database.

    ``work`` is the function or class itself, or its name as text, ``"module:name"``; the daemon imports it by name. The
    run is durable when this returns, and begins at once if a daemon runs and its queue has a free slot. ``options`` are
    those of ``Options``. The database is that of DATABASE_URL, or ``database_url``. With ``connection``, one to that
    same file, the run becomes part of the application's transaction: it is there once that is committed, and as nobody
    can tell the daemon of that, it begins when the daemon looks by itself, every POLL_INTERVAL.

    Raises a SubmissionError or an InvalidValueError with one line that says what was found and what is accepted, and
    StoreError if the store cannot take it; nothing is stored then.
    """
    place = _Place(database_url, connection)
    named, now = named_work(work), SystemClock().now()
    _require_sequence(args, "args")
    own = {} if kwargs is None else kwargs
    if not isinstance(own, Mapping):
        raise SubmissionError(f"kwargs: found {quote(own)}; accepted: a mapping of arguments by name")
    named.check_arguments(args, own)
    order = order_of(named, options, now, place.queues)
    return place.store([order.run(args, own, now)], order)[0]


def submit_all(
    work: Work,
    calls: Iterable[Sequence[object]],
    *,
    database_url: str | None = None,
    connection: sqlite3.Connection | None = None,
    **options: Unpack[Options],
) -> list[Submitted]:
    """Submit a run for each of ``calls``, which are the positional arguments of each as a list or tuple.

    All of them are looked at before the first is stored. They are stored a thousand at a time, each thousand whole or
    not at all; with ``connection`` all are part of one transaction. Everything else is as with ``submit``.
    """
    place = _Place(database_url, connection)
    named, now = named_work(work), SystemClock().now()
    order = order_of(named, options, now, place.queues)
    if not isinstance(calls, Iterable):
        raise SubmissionError(f"calls: found {quote(calls)}; accepted: lists or tuples of arguments")
    runs: list[NewRun] = []
    for index, args in enumerate(calls):
        _require_sequence(args, f"calls[{index}]")
        named.check_arguments(args, {})
        runs.append(order.run(args, {}, now))
    return place.store(runs, order)


def submit_command(
    line: str, *, identifier: str = "command", database_url: str | None = None, **options: Unpack[Options]
) -> Submitted:
    """Submit a line for the shell, to be run in the working directory as a run of the job ``identifier``.

    Everything else is as with ``submit``.
    """
    place, now = _Place(database_url, None), SystemClock().now()
    order = command_order(identifier, line, options, now, place.queues)
    return place.store([order.run((), {}, now)], order)[0]


class _Place:
    """Where runs are stored: a database, over a connection of its own or that of an application."""

    def __init__(self, database_url: str | None, connection: sqlite3.Connection | None) -> None:
        if not isinstance(database_url, str | None):
            raise SubmissionError(f"database_url: found {quote(database_url)}; accepted: text, as of DATABASE_URL")
        if not isinstance(connection, sqlite3.Connection | None):
            raise SubmissionError(f"connection: found {quote(connection)}; accepted: an open sqlite3.Connection")
        self._url = database_url or Settings.from_environment(os.environ).database_url
        self._connection = connection

    def queues(self) -> list[str]:
        if self._connection is not None:
            return queue_names(self._connection)
        reader = open_reader(self._url)
        if reader is None:
            return []
        with closing(reader):
            return [record.name for record in reader.queues() if record.removed_at is None]

    def store(self, runs: Sequence[NewRun], order: Order) -> list[Submitted]:
        unique = None if order.unique is None else standing(order.unique)
        texts = [order.definition.text]
        if self._connection is not None:
            return self._told(submit_over(self._connection, runs, texts, unique))
        stored: list[Stored] = []
        waiting = iter(runs)
        submissions = kept_submissions.to(self._url)
        while some := list(islice(waiting, _AT_ONCE)):
            stored += submissions.submit(some, texts, unique)
        return self._told(stored)

    def _told(self, stored: Sequence[Stored]) -> list[Submitted]:
        return [Submitted(run_id=one.run_id, existing=one.existing, database_url=self._url) for one in stored]


def _require_sequence(args: object, place: str) -> None:
    if not isinstance(args, list | tuple):
        raise SubmissionError(f"{place}: found {quote(args)}; accepted: a list or tuple of arguments")
