"""A ledger on a real store in memory, with everybody it talks to within reach of a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cron_actors.actors.ledger import LedgerActor, Readers
from cron_actors.actors.postings.node import Node
from cron_actors.actors.shell import Box
from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.core.definitions import definition_of
from cron_actors.core.due import due_run
from cron_actors.core.queue_reader import declaration
from cron_actors.messages import (
    Changed,
    Claim,
    Claimed,
    Due,
    Granted,
    Launch,
    LedgerMessage,
    Load,
    Loaded,
    Pulse,
    Recall,
    RunChanged,
    Want,
)
from cron_actors.model.job import Job, Json
from cron_actors.model.records import CursorMove, JobRecord, NodeRecord, Request, RequestKind
from cron_actors.model.run import NewRun, Run
from tests.fakes.clock import FakeClock
from tests.fakes.mail import Outbox, deliver, inbox
from tests.fakes.store import FlakyStore
from tests.fakes.values import NOON, QUEUE

FOLDER = Path("/nowhere")
USUAL = {"identifier": "backup", "command": "true", "periodicity": "1m"}


class LedgerDesk:
    """The ledger of one node; ``successor`` is the one of the next daemon on the same database."""

    def __init__(
        self,
        database: SqliteStore,
        node: str = "first",
        clock: FakeClock | None = None,
        unbegun: frozenset[str] = frozenset(),
    ) -> None:
        self.database = database
        self.store = FlakyStore(database)
        self.clock = clock or FakeClock(NOON)
        self.scheduler, self.queue, self.events, self.supervisor = Outbox(), Outbox(), Outbox(), Outbox()
        now = self.clock.now()
        record = NodeRecord(node=node, pid=1, boot_id="boot", host="host", started_at=now, heartbeat_at=now)
        self.node = Node(record=record, logs=Path("/logs"), unbegun=unbegun)
        self.inbox = inbox()
        self.ledger = self.make()
        self.ledger.begin()

    def make(self) -> LedgerActor:
        """Return a ledger as the supervisor makes one after a crash: the same mailbox, the same node, no memory."""
        readers = Readers(scheduler=self.scheduler, queue=self.queue, events=self.events)
        return LedgerActor(self.inbox, self.supervisor, self.store, self.clock, self.node, readers)

    def restart(self) -> None:
        """Put a new ledger in the place of a crashed one."""
        self.ledger = self.make()
        self.ledger.begin()

    def successor(self, node: str = "second", *unbegun: Launch) -> LedgerDesk:
        """Return the desk of another daemon that finds what this one has left, of which this was not begun."""
        return LedgerDesk(self.database, node, self.clock, frozenset(launch.key.token for launch in unbegun))

    def tell(self, *messages: LedgerMessage) -> None:
        """Put the messages into the mailbox together, and have the ledger read them."""
        for message in messages:
            Box(self.inbox).tell(message)
        deliver(self.ledger)

    def load(self, *mappings: dict[str, Any], queues: Mapping[str, Mapping[str, Json]] | None = None) -> None:
        """Load these jobs, each ``backup`` every minute but for what the mapping says, and these queues."""
        definitions = tuple(definition_of({**USUAL, **mapping}, FOLDER) for mapping in mappings)
        declared = tuple(declaration(name, entry) for name, entry in (queues or {}).items())
        self.tell(Load(jobs={"/jobs.json": definitions}, queues={"/jobs.json": declared}))

    def owe(self, job: str = "backup", due_at: datetime = NOON, **fields: object) -> NewRun:
        """Return the run that a job in force owes at this instant."""
        record = self.record(job)
        owed = due_run(self.job(record), record.definition, due_at)
        return replace(owed, **fields)  # type: ignore[arg-type] # the test names fields of a run

    def unreadable(self) -> str:
        """Store a definition that an older version may have taken, and return its key."""
        with self.database.begin() as transaction:
            return transaction.put_definition('{"folder":"/","job":{"identifier":"backup","timeout":"a while"}}')

    def due(self, *runs: NewRun) -> Due:
        """Return the message by which the scheduler has these runs written."""
        moves = tuple(CursorMove(job=run.job, cursor_at=run.due_at, next_due_at=None) for run in runs)
        return Due(runs=runs, accounts=(), moves=moves, load=self.node.loads)

    def claim(self, slots: int = 10) -> tuple[Launch, ...]:
        """Claim runs of the default queue and return its launches."""
        [granted] = self.claims(Want(queue=QUEUE, runs=slots))
        return granted.launches

    def claims(self, *wants: Want) -> tuple[Granted, ...]:
        """Claim runs of several queues at once and return the answer."""
        self.queue.take()
        self.tell(Claim(wants=wants))
        [claimed] = self.queue.of(Claimed)
        return claimed.granted

    def launch(self, **mapping: Any) -> Launch:  # noqa: ANN401 # any field of a job
        """Load a job, have one run of it written and claimed."""
        self.load(mapping)
        self.tell(self.due(self.owe(due_at=self.clock.now())))
        [launch] = self.claim()
        self.events.take()
        return launch

    def ask(self, kind: RequestKind, **fields: Any) -> int:  # noqa: ANN401 # any field of a request
        """Insert a request as another process does and return its id."""
        request = Request(
            request_id=0, kind=kind, requested_at=self.clock.now(), requested_by="somebody", **{"job": None, **fields}
        )
        return self.database.mailbox().submit(request)

    def submit(self, *runs: NewRun) -> list[int]:
        """Insert runs as another process does and return their ids."""
        return [one.run_id for one in self.database.submissions().submit(runs, ())]

    def pulse(self, after: float = 0.5) -> None:
        """Let time pass and have the ledger look around."""
        self.clock.advance(timedelta(seconds=after))
        self.tell(Pulse(at=self.clock.now(), monotonic=self.clock.monotonic(), ticks=0))

    def changes(self) -> list[RunChanged]:
        """Return and forget what was announced since the last look."""
        return [change for news in self.events.take() if isinstance(news, Changed) for change in news.changes]

    def states(self) -> list[str]:
        """Return and forget ``state`` or ``state: reason`` of what was announced since the last look."""
        return [f"{change.state}: {change.reason}" if change.reason else change.state for change in self.changes()]

    def recall(self) -> Loaded:
        """Return what the scheduler is told of the store."""
        self.scheduler.take()
        self.tell(Recall())
        [loaded] = self.scheduler.of(Loaded)
        return loaded

    def run(self, run_id: int) -> Run:
        """Return the stored run."""
        with self.database.begin() as transaction:
            run = transaction.run(run_id)
        assert run is not None
        return run

    def record(self, job: str = "backup") -> JobRecord:
        """Return the stored row of the job."""
        with self.database.begin() as transaction:
            return next(record for record in transaction.jobs() if record.identifier == job)

    def job(self, record: JobRecord) -> Job:
        """Return the job of a row in force."""
        return self.node.jobs[record.definition]

    def answer(self, request_id: int) -> str | None:
        """Return the answer to a request, None while there is none."""
        request = self.database.reader().request(request_id)
        return None if request is None else request.answer
