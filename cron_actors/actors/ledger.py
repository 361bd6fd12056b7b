"""The Ledger: the only writer of the store on its node; commits all the mail it finds in one transaction."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import assert_never

from cron_actors.actors.postings.attempts import held, post_claim, post_finished, post_performing, post_rescue
from cron_actors.actors.postings.instants import post_due, recall
from cron_actors.actors.postings.loads import post_load, revised
from cron_actors.actors.postings.overlaps import ease_all
from cron_actors.actors.postings.posting import Node, Posting
from cron_actors.actors.postings.requests import answer_cancels, post_early_requests, post_pauses, post_requests
from cron_actors.actors.shell import Inbox, Shell
from cron_actors.errors import StoreBusyError
from cron_actors.messages import (
    Address,
    Available,
    Changed,
    Claim,
    Crashed,
    Drain,
    Drained,
    Due,
    EventsMessage,
    FinishedExecution,
    LedgerMessage,
    Load,
    Performing,
    Pulse,
    QueueMessage,
    Recall,
    RecallQueue,
    Recorded,
    Rewound,
    SchedulerMessage,
    Trouble,
)
from cron_actors.model.records import RequestKind
from cron_actors.ports.clock import Clock
from cron_actors.ports.store import Store

log = logging.getLogger(__name__)

BATCH = 500  # messages in one transaction: more would keep a claim waiting for longer than a commit takes
HEARTBEAT = timedelta(seconds=5)
REQUESTS_AT_ONCE = 1000
# To fold a change into the figures of its job takes about 50 µs. A herd is to be performed first; what is put aside
# then is folded while there is little else to do, so many changes at once, or when there are too many.
FOLDED_AT_ONCE = 500
MOST_UNFOLDED = 2_000
LITTLE = 25  # changes since the last pulse

Send = Callable[[], object]


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
        self._kept: list[LedgerMessage] = []
        self._stalled: str | None = None
        self._look = True  # at the requests: some may have come while no daemon ran
        self._look_at = 0.0  # when to look for requests again, on the monotonic clock
        self._loading = False
        self._recalled = False  # the Scheduler waits for an answer
        self._drain: Drain | None = None
        self._troubles: dict[str, str] = {}
        self._cancelling: dict[int, set[int]] = {}
        self._lately = 0  # changes since the last pulse
        self._calm = True

    def begin(self) -> None:
        with self._store.begin() as transaction:
            posting = Posting(transaction, self._node, self._clock.now())
            rescued = post_rescue(posting)
            # Before anything is claimed or caught up: what was cancelled or paused while no daemon ran must not run.
            post_early_requests(posting)
            posting.revised.clear()  # the Scheduler recalls all of it
            self._node.waiting |= transaction.waiting_jobs()
            ease_all(posting)
            posting.count()
            posting.fold()
            transaction.put_node(self._node.record)
        self._node.commits += 1
        self._node.unfolded = 0
        if rescued:
            log.warning("%d runs that a dead daemon left executing were rescued", rescued)
        self._announce(posting)

    def handle(self, message: LedgerMessage) -> None:
        batch = [message, *self._more_mail()]
        if self._stalled is not None:
            self._kept += batch
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
        pulses = [message for message in batch if isinstance(message, Pulse)]
        batch = [message for message in batch if not isinstance(message, Pulse)]
        if pulses:
            try:
                if self._has_chores(pulses[-1]):
                    batch.append(pulses[-1])
            except StoreBusyError as error:
                self._stall(error, batch)
                return
        if not batch:
            return
        try:
            sendings = self._commit(batch)
        except StoreBusyError as error:
            self._stall(error, batch)
        except Exception:
            if len(batch) == 1:
                raise
            self._recover()  # it was not the store that refused
            self._post_singly(batch)
        else:
            self._recover()
            for send in sendings:
                send()

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

    def _commit(self, batch: Sequence[LedgerMessage]) -> list[Send]:
        """Post the batch in one transaction; return what is to be sent now that it is durable, in order."""
        answers: list[Send] = []
        last: list[Send] = []
        with self._store.begin() as transaction:
            posting = Posting(transaction, self._node, self._clock.now())
            for message in batch:
                self._apply(posting, message, answers, last)
            posting.write_begun()
            posting.count()
        self._node.commits += 1
        self._node.unfolded += posting.unfolded
        self._lately += len(posting.changes)
        self._node.held.update(posting.claimed)
        return [*answers, partial(self._announce, posting), *last]

    def _apply(self, posting: Posting, message: LedgerMessage, answers: list[Send], last: list[Send]) -> None:
        match message:
            case Load():
                self._load(posting, message, answers, last)
            case Recall():
                self._recalled = True
                self._answer_recall(posting, answers)
            case RecallQueue(queue=name):
                answers.append(partial(self._to.queue.tell, held(posting, name)))
                if self._drain is not None:  # a queue that was restarted must hear again that it is to stop
                    last.append(partial(self._to.queue.tell, self._drain))
            case Due():
                post_due(posting, message)
                answers.append(partial(self._to.scheduler.tell, Recorded()))
            case Claim():
                answers.append(partial(self._to.queue.tell, post_claim(posting, message)))
            case Performing():
                post_performing(posting, message)
            case FinishedExecution():
                answers += self._finish(posting, message)
            case Trouble(topic=topic, text=text):
                self._note_trouble(posting, topic, text)
            case Pulse():
                answers += self._do_chores(posting, message)
            case Drain():
                self._drain = message
                last.append(partial(self._to.queue.tell, message))
            case Drained():
                self._node.record = replace(self._node.record, heartbeat_at=posting.at, stopped_at=posting.at)
                posting.transaction.put_node(self._node.record)
                last.append(partial(self._to.events.tell, message))
            case _:
                assert_never(message)

    def _load(self, posting: Posting, load: Load, answers: list[Send], last: list[Send]) -> None:
        """Post the load, in several transactions if it must be; nobody learns what is in force before it is over."""
        revised = post_load(posting, load)
        self._loading = revised is None
        if revised is not None and load.every_file:
            post_pauses(posting)  # of jobs that are new: their first tick must find them paused
        if revised is None:
            last.append(partial(self.address.tell, replace(load, begun=True)))
        elif self._recalled:
            self._answer_recall(posting, answers)
        else:
            answers.append(partial(self._to.scheduler.tell, revised))

    def _answer_recall(self, posting: Posting, answers: list[Send]) -> None:
        if self._recalled and not self._loading:
            self._recalled = False
            answers.append(partial(self._to.scheduler.tell, recall(posting)))

    def _announce(self, posting: Posting) -> None:
        if posting.rewound:
            self._to.scheduler.tell(Rewound(at=posting.at))
        if posting.revised:
            self._to.scheduler.tell(revised(posting))
        for name in sorted(posting.available):
            self._to.queue.tell(Available(queue=name))
        for cancel in posting.cancels:  # after the launches: nobody can end what nobody performs
            self._to.queue.tell(cancel)
        if posting.changes:
            self._to.events.tell(Changed(changes=tuple(posting.changes), commit=self._node.commits))

    def _finish(self, posting: Posting, finished: FinishedExecution) -> list[Send]:
        run = post_finished(posting, finished)
        run_id = finished.key.run_id
        waiting = self._cancelling.get(run_id)
        if run is None or not waiting:
            return []
        answer_cancels(posting, run, sorted(waiting))
        return [partial(self._cancelling.pop, run_id, None)]

    # chores: what a pulse reminds of
    def _has_chores(self, pulse: Pulse) -> bool:
        self._node.record = replace(
            self._node.record, ticks=pulse.ticks
        )  # written with the next row, the last at least
        self._calm, self._lately = self._lately <= LITTLE, 0
        if pulse.monotonic >= self._look_at:
            self._look_at = pulse.monotonic + self._node.poll_interval.total_seconds()
            self._look = self._store.changed_elsewhere() or self._look
        return (
            self._look
            or self._stalled is not None
            or self._node.unfolded > MOST_UNFOLDED
            or abs(pulse.at - self._node.record.heartbeat_at) >= HEARTBEAT
        )

    def _do_chores(self, posting: Posting, pulse: Pulse) -> list[Send]:
        self._node.record = replace(self._node.record, heartbeat_at=pulse.at)
        posting.transaction.put_node(self._node.record)
        self._fold(posting)
        asked = {number for numbers in self._cancelling.values() for number in numbers}
        found = posting.transaction.requests(REQUESTS_AT_ONCE + len(asked))
        requests = [request for request in found if request.request_id not in asked]
        cancels = post_requests(posting, requests)
        self._look = len(found) == REQUESTS_AT_ONCE + len(asked)  # then there may be more
        waiting = [
            partial(self._await_cancel, cancel.run_id, request.request_id)
            for cancel in cancels
            for request in requests
            if request.kind is RequestKind.CANCEL and request.run_id == cancel.run_id
        ]
        return [*waiting, *(partial(self._to.queue.tell, cancel) for cancel in cancels)]

    def _fold(self, posting: Posting) -> None:
        unfolded = self._node.unfolded
        if unfolded and (self._calm or unfolded > MOST_UNFOLDED):
            posting.fold(max(FOLDED_AT_ONCE, unfolded // 10))

    def _await_cancel(self, run_id: int, request_id: int) -> None:
        self._cancelling.setdefault(run_id, set()).add(request_id)

    def _note_trouble(self, posting: Posting, topic: str, text: str | None) -> None:
        known = self._troubles.pop(topic, None)
        if text is not None:
            self._troubles[topic] = text
        if text is None and known is not None:
            log.warning("%s: all is well again", topic)
        elif text is not None and text != known:  # what is tried again, as it could not be committed, is not said again
            log.error("%s: %s", topic, text)
        trouble = "; ".join(self._troubles.values()) or None
        self._node.record = replace(self._node.record, trouble=trouble)
        posting.transaction.put_node(self._node.record)

    def _stall(self, error: StoreBusyError, batch: Sequence[LedgerMessage]) -> None:
        if self._stalled is None:
            log.error("the store cannot be written, nothing is launched until it can: %s", error)
        self._stalled = str(error)
        self._kept = [*batch, *self._kept]

    def _recover(self) -> None:
        if self._stalled is not None:
            self._stalled = None
            log.warning("the store can be written again")
