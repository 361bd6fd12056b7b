"""The Ledger: the only writer of the store on its node; commits all the mail it finds in one transaction."""

from __future__ import annotations

import logging
import queue
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from cron_actors.actors.postings.attempts import post_claim, post_left_running, post_performing
from cron_actors.actors.postings.chores import Chores
from cron_actors.actors.postings.instants import post_due, recall
from cron_actors.actors.postings.loads import post_load
from cron_actors.actors.postings.mail import send
from cron_actors.actors.postings.node import Node
from cron_actors.actors.postings.overlaps import ease_all
from cron_actors.actors.postings.posting import Posting
from cron_actors.actors.postings.promotions import note_delay, post_promote
from cron_actors.actors.postings.queues import declare_queues, put_shares
from cron_actors.actors.postings.requests import post_early_requests, post_pauses
from cron_actors.actors.postings.rescue import post_rescue, recall_queue
from cron_actors.actors.postings.settling import post_finished, write_ended
from cron_actors.actors.postings.troubles import Troubles
from cron_actors.actors.shell import Inbox, Shell
from cron_actors.errors import StoreBusyError
from cron_actors.messages import (
    Address,
    Backlog,
    Claim,
    Crashed,
    Delayed,
    Drain,
    Drained,
    Due,
    EventsMessage,
    FinishedBatch,
    FinishedExecution,
    Knock,
    LedgerMessage,
    LeftRunning,
    Load,
    Performing,
    Promote,
    Pulse,
    QueueMessage,
    Recall,
    RecallQueue,
    Recorded,
    SchedulerMessage,
    Shares,
    Trouble,
    Weigh,
)
from cron_actors.ports.clock import Clock
from cron_actors.ports.store import Store

log = logging.getLogger(__name__)

BATCH = 500  # messages in one transaction: more would keep a claim waiting for longer than a commit takes
MOST_WEIGHED = 10_000  # runs of a queue that wait: more weigh no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who hears from the ledger."""

    scheduler: Address[SchedulerMessage]
    queue: Address[QueueMessage]
    events: Address[EventsMessage]


class LedgerActor(Shell[LedgerMessage]):
    """Writes down what it is told, in the order in which it is told; replies and events leave after the commit.

    It stamps what it writes with the clock, as a database server would. While the store cannot write, the mail is kept
    and tried again with every pulse. A message that cannot be posted at all ends the actor, and only that message is
    lost.
    """

    def __init__(
        self,
        inbox: Inbox,
        supervisor: Address[Crashed],
        store: Store,
        clock: Clock,
        node: Node,
        readers: Readers,
    ) -> None:
        super().__init__("ledger", inbox, supervisor)
        self._store = store
        self._clock = clock
        self._node = node
        self._to = readers
        self._chores = Chores(node, store)
        self._kept: list[LedgerMessage] = []
        self._stalled: str | None = None
        self._loading = False
        self._recalled = False  # the Scheduler waits for an answer
        self._drain: Drain | None = None
        self._troubles = Troubles()

    def begin(self) -> None:
        self._node.cancelling.clear()  # what was asked for is found again, and its Cancel sent again
        with self._store.begin() as transaction:
            posting = Posting(transaction, self._node, self._clock.now())
            declare_queues(posting)
            rescued = post_rescue(posting)
            # Before anything is claimed or caught up: what was cancelled or paused while no daemon ran must not run.
            post_early_requests(posting)
            posting.revised.clear()  # the Scheduler recalls all of it
            posting.to_queue.clear()  # and the Queue what there is of queues
            self._node.waiting |= transaction.waiting_jobs()
            ease_all(posting)
            if not self._node.commits:
                posting.arrived = transaction.last_run_id()
            posting.left_waiting = True  # nobody knows yet for which instant a run waits first
            posting.fold()
            self._close(posting)
            transaction.put_node(self._node.record)
        posting.committed()
        if rescued:
            log.warning("%d runs that a dead daemon left executing were rescued", rescued)
        self._send(posting)

    def handle(self, message: LedgerMessage) -> None:
        batch = [message, *self._more_mail()]
        if self._stalled is not None:
            # No knock is kept: the pulse that ends this looks for what others have left in any case.
            self._kept += [message for message in batch if not isinstance(message, Knock)]
            if not any(isinstance(kept, Pulse) for kept in batch):
                return
            batch, self._kept = self._kept, []
        self._post(batch)

    def _more_mail(self) -> list[LedgerMessage]:
        mail: list[LedgerMessage] = []
        while len(mail) < BATCH:
            try:
                envelope = self.inbox.get_nowait()
            except queue.Empty:
                break
            if envelope.reply_to is not None:  # pykka's own order to stop: it waits for what came before it
                self.inbox.put(envelope)
                break
            mail.append(envelope.message)
        return mail

    def _post(self, batch: Sequence[LedgerMessage]) -> None:
        reminders, mail = batch, [message for message in batch if not isinstance(message, Pulse | Knock)]
        try:
            batch = [*mail, *self._chores.reminder(reminders, overdue=self._stalled is not None)]
        except StoreBusyError as error:
            self._stall(error, mail)
            return
        if not batch:
            return
        try:
            posting = self._commit(batch)
        except StoreBusyError as error:
            self._stall(error, batch)
        except Exception:
            if len(batch) == 1:
                raise
            self._recover()  # it was not the store that refused
            self._post_singly(batch)
        else:
            self._recover()
            self._send(posting)

    def _post_singly(self, batch: Sequence[LedgerMessage]) -> None:
        """Post what can be posted, in its order: one message that cannot be must not make the others suffer."""
        failure: Exception | None = None
        for message in batch:
            if self._stalled is not None:
                self._kept.append(message)
                continue
            try:
                self._post([message])
            except Exception as error:  # noqa: BLE001 # raised below, once the others are safe
                log.error("%s cannot be posted and is lost: %r", type(message).__name__, error)  # noqa: TRY400 # as above
                failure = failure or error
        if failure is not None:
            for message in self._kept:  # this actor ends here
                self.address.tell(message)
            raise failure

    def _commit(self, batch: Sequence[LedgerMessage]) -> Posting:
        """Post the batch in one transaction; what is returned is to be sent now that it is durable."""
        with self._store.begin() as transaction:
            posting = Posting(transaction, self._node, self._clock.now())
            for message in batch:
                self._apply(posting, message)
            self._close(posting)
        posting.committed()
        self._chores.note(len(posting.changes))
        return posting

    def _close(self, posting: Posting) -> None:
        write_ended(posting)
        posting.write_begun()
        note_delay(posting)
        posting.journal()

    def _apply(self, posting: Posting, message: LedgerMessage) -> None:
        match message:
            case FinishedBatch(finished=finished):
                for one in finished:
                    post_finished(posting, one)
            case FinishedExecution():
                post_finished(posting, message)
            case Performing():
                post_performing(posting, message)
            case _:
                write_ended(posting)  # all others may look at what has ended
                self._apply_singly(posting, message)

    def _apply_singly(
        self,
        posting: Posting,
        message: Load
        | Recall
        | RecallQueue
        | Due
        | Promote
        | Claim
        | Weigh
        | Shares
        | LeftRunning
        | Trouble
        | Knock
        | Pulse
        | Drain
        | Drained,
    ) -> None:
        match message:
            case Claim():
                posting.to_queue.append(post_claim(posting, message))
            case Due():
                post_due(posting, message)
                posting.to_scheduler.append(Recorded())
            case LeftRunning():
                post_left_running(posting, message)
            case Promote():
                post_promote(posting, message)
            case Pulse():
                self._chores.post(posting, message)
            case Knock():
                self._chores.look(posting)
            case Weigh():
                posting.to_queue.append(Backlog(waiting=dict(posting.transaction.backlog(MOST_WEIGHED))))
            case Shares(shares=shares):
                put_shares(posting, shares)
            case Load():
                self._load(posting, message)
            case Recall():
                self._recalled = True
                self._answer_recall(posting)
            case RecallQueue():
                recall_queue(posting)
                if self._drain is not None:  # a queue that was restarted must hear again that it is to stop
                    posting.drain = self._drain
            case Trouble(topic=topic, text=text):
                self._troubles.note(posting, topic, text)
            case Drain():
                self._drain = posting.drain = message
            case Drained():
                self._node.record = replace(self._node.record, heartbeat_at=posting.at, stopped_at=posting.at)
                posting.transaction.put_node(self._node.record)
                posting.drained = message
            case _:
                assert_never(message)

    def _load(self, posting: Posting, load: Load) -> None:
        """Post the load, in several transactions if it must be; nobody learns what is in force before it is over."""
        declare_queues(posting, load)
        revised = post_load(posting, load)
        self._loading = revised is None
        if revised is not None and load.every_file:
            post_pauses(posting)  # of jobs that are new: their first tick must find them paused
        if revised is None:
            posting.reminders.append(replace(load, begun=True))
        elif self._recalled:
            self._answer_recall(posting)
        else:
            posting.to_scheduler.append(revised)

    def _answer_recall(self, posting: Posting) -> None:
        if self._recalled and not self._loading:
            self._recalled = False
            posting.to_scheduler += (recall(posting), Delayed(at=self._node.delayed_at))

    def _send(self, posting: Posting) -> None:
        send(posting, self._to.scheduler, self._to.queue, self._to.events)
        for reminder in posting.reminders:
            self.address.tell(reminder)

    def _stall(self, error: StoreBusyError, batch: Sequence[LedgerMessage]) -> None:
        if self._stalled is None:
            log.error("the store cannot be written, nothing is launched until it can: %s", error)
        self._stalled = str(error)
        self._kept = [*batch, *self._kept]

    def _recover(self) -> None:
        if self._stalled is not None:
            self._stalled = None
            log.warning("the store can be written again")
