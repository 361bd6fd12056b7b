"""Queries of the SQLite store, from any process, also while a daemon writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cron_actors.adapters.stores.sqlite.attempt_table import AttemptTable
from cron_actors.adapters.stores.sqlite.connection import Session
from cron_actors.adapters.stores.sqlite.event_table import EventTable
from cron_actors.adapters.stores.sqlite.job_table import JobTable
from cron_actors.adapters.stores.sqlite.lock import daemon_lives
from cron_actors.adapters.stores.sqlite.office_tables import NodeTable, RequestTable
from cron_actors.adapters.stores.sqlite.queue_table import QueueTable
from cron_actors.adapters.stores.sqlite.rows import run_of
from cron_actors.adapters.stores.sqlite.run_query import GREATEST_ID, run_query
from cron_actors.adapters.stores.sqlite.run_table import RunTable
from cron_actors.adapters.stores.sqlite.statistics_table import StatisticsTable
from cron_actors.adapters.stores.sqlite.waiting_table import WaitingTable
from cron_actors.messages import RunChanged
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import JobRecord, NodeRecord, Pause, Request, RunFilter
from cron_actors.model.run import Attempt, Run, RunState
from cron_actors.model.statistics import JobStatistics


class SqliteReader:
    """Reads through a session of its own; with ``path`` None through that of a store in memory, which stays open."""

    def __init__(self, session: Session, path: Path | None) -> None:
        self._session = session
        self._path = path

    def jobs(self) -> list[JobRecord]:
        """Return every job ever seen, by identifier."""
        with self._session.reading() as connection:
            return JobTable(connection).jobs()

    def pauses(self, job: str) -> list[Pause]:
        """Return every pause of the job, oldest first."""
        with self._session.reading() as connection:
            return JobTable(connection).pauses(job)

    def definitions(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return the texts of these definitions by key."""
        with self._session.reading() as connection:
            return JobTable(connection).definitions(keys)

    def queues(self) -> list[QueueRecord]:
        """Return every queue ever declared, by name."""
        with self._session.reading() as connection:
            return QueueTable(connection).queues()

    def in_queue(self, limit: int) -> Mapping[str, Mapping[RunState, int]]:
        """Return by queue how many of its runs are in each state that is not final, each counted up to ``limit``."""
        with self._session.reading() as connection:
            return WaitingTable(connection).in_queue(limit)

    def events(self, after: int, limit: int = 1000) -> list[tuple[int, tuple[RunChanged, ...]]]:
        """Return entries of the journal with a number greater than ``after``, oldest first."""
        with self._session.reading() as connection:
            return EventTable(connection).events(min(after, GREATEST_ID), limit)

    def last_event(self) -> int:
        """Return the number of the newest entry of the journal, 0 if there was none."""
        with self._session.reading() as connection:
            return EventTable(connection).last_event()

    def runs(self, query: RunFilter) -> list[Run]:
        """Return the runs that match, newest due instant first; an account stands where its last instant does."""
        statement, parameters = run_query(query)
        with self._session.reading() as connection:
            return [run_of(row) for row in connection.execute(statement, parameters)]

    def attempts(self, run_id: int) -> list[Attempt]:
        """Return the attempts of the run, uncounted ones included, oldest first."""
        with self._session.reading() as connection:
            return AttemptTable(connection).attempts(min(run_id, GREATEST_ID))

    def statistics(self) -> Mapping[str, JobStatistics]:
        """Return the figures by job."""
        with self._session.reading() as connection:
            return StatisticsTable(connection).statistics()

    def nodes(self) -> list[NodeRecord]:
        """Return the nodes, latest start first."""
        with self._session.reading() as connection:
            return NodeTable(connection).nodes()

    def request(self, request_id: int) -> Request | None:
        """Return the request, None if there is none."""
        with self._session.reading() as connection:
            return RequestTable(connection).request(min(request_id, GREATEST_ID))

    def requests_about(self, run_id: int) -> list[Request]:
        """Return the request that made the run, if one did, and those to cancel, retry or dismiss it, oldest first."""
        with self._session.reading() as connection:
            return RequestTable(connection).requests_about(min(run_id, GREATEST_ID))

    def counts(self) -> Mapping[RunState, int]:
        """Return how many runs stand in each state; an account counts as many times as it has instants."""
        with self._session.reading() as connection:
            return RunTable(connection).counts()

    def daemon_lives(self) -> bool:
        """Say whether a daemon holds the lock of this database; one in memory lives as long as its store."""
        return self._path is None or daemon_lives(self._path)

    def close(self) -> None:
        """Free the connection, if it is the reader's own."""
        if self._path is not None:
            self._session.close()
