"""The store: durable jobs, runs, attempts, statistics, nodes and requests. It holds no policy.

``Store`` is the writer's side: one thread, one transaction at a time. ``Reader`` is for queries, also from other
processes while a daemon writes. ``Mailbox`` is how another process asks something of the daemon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from cron_actors.messages import RunChanged
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import CursorMove, JobRecord, NodeRecord, Pause, Request, RunFilter
from cron_actors.model.run import Account, Attempt, AttemptKey, Identity, NewRun, Run, RunState, Settlement
from cron_actors.model.statistics import JobStatistics

NameLog = Callable[[str, datetime, int], str]
"""Says the absolute path of the log of a run: its job, its due instant, its id."""


class Transaction(Protocol):
    """What can be done inside one transaction; nothing is seen by others before it is committed."""

    # jobs and definitions
    def jobs(self) -> list[JobRecord]:
        """Return every job ever seen, removed ones included."""

    def job(self, identifier: str) -> JobRecord | None:
        """Return the job's row, None if there is none."""

    def put_job(self, record: JobRecord) -> None:
        """Insert or replace the job's row, but not its pauses."""

    def put_pause(self, job: str, pause: Pause) -> None:
        """Insert a pause of the job, or replace the one that began at the same moment."""

    def put_definition(self, text: str) -> str:
        """Store the definition if it is new and return its key (a hash of the text)."""

    def definitions(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return the texts of these definitions by key; unknown keys are left out."""

    def move_cursors(self, moves: Sequence[CursorMove]) -> None:
        """Set the cursors and next due instants; a cursor never moves back."""

    # runs
    def insert_runs(self, runs: Sequence[NewRun]) -> list[Run | None]:
        """Write the runs, in order; None in the place of one whose (job, key) exists already."""

    def insert_accounts(self, accounts: Sequence[Account]) -> list[Run]:
        """Write stretches of instants not run, each as one run in its final state with its count.

        One that goes on where the row of its job before it ends, with the same state, reason and definition, makes that
        row longer. Each is returned as it was given, with the id of its row.
        """

    def occupants(self, jobs: Iterable[str]) -> Mapping[str, Mapping[int, RunState]]:
        """Return by job the runs that are available, executing or launched, by id; jobs with none are left out."""

    def recorded(self, job: str, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that a run of the job has already."""

    def waiting(self, job: str, limit: int | None = None) -> list[Run]:
        """Return the runs of the job that are scheduled until another one ends, oldest first, at most ``limit``."""

    def waiting_jobs(self) -> set[str]:
        """Return the jobs of which runs are scheduled until another one ends."""

    def release(self, run_id: int) -> Run | None:
        """Make a scheduled run available, without a reason; None if it was not scheduled."""

    def withhold(self, run_id: int) -> Run | None:
        """Have an available run wait until another one of its job ends; None if it was not available."""

    def claim(self, queue: str, slots: int, node: str, at: datetime, log_of: NameLog) -> list[Run]:
        """Take up to ``slots`` available runs of the queue, in the order of E3, for the node.

        Each goes to executing, its attempt is counted, a fresh lease token is set, ``started_at`` becomes ``at``, the
        row of the attempt is written; what an attempt before came to is forgotten, and a run without a log gets the
        absolute path that ``log_of`` says. They are returned as they are afterwards. Order: priority descending, due
        instant, id.
        """

    def begin_attempts(self, begun: Sequence[tuple[AttemptKey, Identity]]) -> None:
        """Note the processes of attempts that started; an old token changes nothing."""

    def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """End the attempts and move their runs from executing or launched on; False, and no change, for an old token.

        The runs are then as ``settled`` of ``core/settlement.py`` says. A process is noted if the settlement names it.
        """

    def launch(self, key: AttemptKey, identity: Identity) -> bool:
        """Move the run from executing to launched, with the process that goes on; False for an old token."""

    def adopt(self, run_id: int, node: str) -> Run | None:
        """Make a launched run the node's, under a fresh token; None if it is not launched. Its attempt stays."""

    def promote(self, until: datetime, limit: int) -> list[Run]:
        """Make available what waits for an instant up to ``until``, at most ``limit`` runs, earliest first.

        They have neither reason nor ``scheduled_at`` then; one that was tried still tells how its last attempt ended.
        """

    def next_scheduled(self) -> datetime | None:
        """Return the earliest instant that a scheduled or retryable run waits for."""

    def arrivals(self, after: int, limit: int) -> list[Run]:
        """Return runs submitted by other processes with an id greater than ``after``, by id, at most ``limit``."""

    def last_run_id(self) -> int:
        """Return the greatest id of any run so far, 0 if there was none."""

    def retry(self, run_id: int, max_attempts: int) -> Run | None:
        """Make a discarded run available for another attempt; None if it was not discarded.

        Its attempts stay, its count of node deaths begins anew, and it is put away no longer.
        """

    def dismiss(self, run_id: int, at: datetime, by: str) -> bool:
        """Put a dead letter away; False if the run is not discarded or was put away before."""

    def finish(self, run_id: int, expected: RunState, state: RunState, reason: str | None, at: datetime) -> Run | None:
        """Move a run that nobody holds from ``expected`` to a final state; None if it was not in ``expected``."""

    def request_cancel(self, run_id: int, reason: str | None = None) -> None:
        """Note that the run is to be cancelled; a reason given stands in its row until it is over."""

    def run(self, run_id: int) -> Run | None:
        """Return the run, None if there is none."""

    def held(self, excluding: str | None = None) -> list[tuple[Run, Attempt]]:
        """Return the runs that are executing or launched with their present attempts, but not of ``excluding``."""

    def newest_tried(self, job: str) -> Run | None:
        """Return the run of the job with the latest due instant of all that were attempted, None if none was."""

    def revive(self, run_id: int, definition: str) -> Run | None:
        """Make a discarded run available, to be performed as this definition says; None if it was not discarded.

        Its attempts and their number stay, its count of node deaths begins anew.
        """

    def pending(self, job: str) -> list[Run]:
        """Return the runs of the job that are scheduled, available or retryable, oldest first."""

    def backlog(self, limit: int) -> Mapping[str, int]:
        """Return how many runs are available in each queue that has any, counted up to ``limit``."""

    # queues
    def queues(self) -> list[QueueRecord]:
        """Return every queue ever declared, by name."""

    def put_queue(self, record: QueueRecord) -> None:
        """Insert or replace the row of the queue."""

    def put_shares(self, shares: Mapping[str, int]) -> None:
        """Note how many workers these queues were given."""

    def begun_since(self, queue: str, since: datetime, limit: int) -> list[datetime]:
        """Return when the latest ``limit`` attempts of the queue began, those after ``since``, oldest first."""

    # statistics
    def statistics(self) -> Mapping[str, JobStatistics]:
        """Return the figures by job: the fold over all changes ever counted, of ``core/statistics.py``."""

    def journal(self, changes: Sequence[RunChanged]) -> None:
        """Append these changes, in their order, to the journal of events; the figures count them from now on.

        That costs little: they are folded into the figures later. Of the text of an error 500 characters are kept.
        """

    def trim_journal(self, keep: int) -> None:
        """Delete all but the newest ``keep`` entries of the journal, if nobody here has still to follow them."""

    def fold_statistics(self, limit: int | None = None) -> int:
        """Fold ``limit`` changes that were journalled, or a few more, None for all; return how many.

        Those that end nothing are among them. No figure changes by that.
        """

    # nodes and requests
    def node(self, node: str) -> NodeRecord | None:
        """Return the node's row, None if there is none."""

    def put_node(self, record: NodeRecord) -> None:
        """Insert or replace the node's row (heartbeat, ticks, trouble)."""

    def requests(self, limit: int = 1000) -> list[Request]:
        """Return the requests nobody has handled yet, oldest first."""

    def answer(self, request_id: int, answer: str, at: datetime, run_id: int | None = None) -> None:
        """Mark the request as handled."""

    # housekeeping
    def prune(self, before: datetime, keep: int | None = None, limit: int = 5000) -> int:
        """Delete at most ``limit`` finished runs that ended before ``before`` or, per job, beyond the newest ``keep``.

        Attempts and requests go with their runs; statistics stay. Return how many runs went.
        """


class Store(Protocol):
    """The writer's side of the store."""

    def open(self) -> None:
        """Create or migrate the database and take the lock that says "a daemon lives here".

        Raises StartError: another daemon holds it, the database is newer than this program, not a database, not
        writable, on a network file system.
        """

    def make_ready(self) -> None:
        """Do what takes a moment and makes each commit after it faster, if there is anything; it never fails.

        For whoever will write for long, once, after ``open``.
        """

    def begin(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that commits when the block ends and rolls back if it raises.

        Raises StoreBusyError, with nothing written, where trying again later can help.
        """

    def changed_elsewhere(self) -> bool:
        """Say whether another connection has committed since the last call; cheap enough for twice a second."""

    def rest(self) -> None:
        """Use a moment in which nobody waits for a commit for what would otherwise hold one up; it never fails."""

    def close(self) -> None:
        """Release the lock and the file."""


class Reader(Protocol):
    """Queries, read-only; works from any process, also while a daemon writes."""

    def jobs(self) -> list[JobRecord]:
        """Return every job ever seen, by identifier."""

    def pauses(self, job: str) -> list[Pause]:
        """Return every pause of the job, oldest first."""

    def definitions(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return the texts of these definitions by key."""

    def queues(self) -> list[QueueRecord]:
        """Return every queue ever declared, by name."""

    def in_queue(self, limit: int) -> Mapping[str, Mapping[RunState, int]]:
        """Return by queue how many of its runs are in each state that is not final, each counted up to ``limit``."""

    def events(self, after: int, limit: int = 1000) -> list[tuple[int, tuple[RunChanged, ...]]]:
        """Return entries of the journal with a number greater than ``after``, oldest first.

        Those before the first may have been deleted; a gap in the numbers shows that.
        """

    def last_event(self) -> int:
        """Return the number of the newest entry of the journal, 0 if there was none."""

    def runs(self, query: RunFilter) -> list[Run]:
        """Return the runs that match, newest due instant first."""

    def attempts(self, run_id: int) -> list[Attempt]:
        """Return the attempts of the run, oldest first."""

    def statistics(self) -> Mapping[str, JobStatistics]:
        """Return the stored figures by job."""

    def nodes(self) -> list[NodeRecord]:
        """Return the nodes, latest start first."""

    def request(self, request_id: int) -> Request | None:
        """Return the request, None if there is none."""

    def requests_about(self, run_id: int) -> list[Request]:
        """Return the request that made the run, if one did, and those to cancel, retry or dismiss it, oldest first."""

    def counts(self) -> Mapping[RunState, int]:
        """Return how many runs stand in each state."""

    def daemon_lives(self) -> bool:
        """Say whether a daemon holds the lock of this database now."""

    def close(self) -> None:
        """Free the connection."""


class Mailbox(Protocol):
    """How another process asks something of the daemon: it inserts a request, nothing else."""

    def submit(self, request: Request) -> int:
        """Store the request (its ``request_id`` is ignored) and return its id."""

    def close(self) -> None:
        """Free the connection."""
