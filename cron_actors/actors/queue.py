"""The Queue: gives the runs it claims to its workers, never more than it has slots, and routes word to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.admission import Admission
from cron_actors.messages import (
    Abandon,
    Address,
    Available,
    Cancel,
    Claim,
    Claimed,
    Crashed,
    Drain,
    Drained,
    FinishedExecution,
    Held,
    Inspect,
    Interrupt,
    Launch,
    LedgerMessage,
    Present,
    Pulse,
    QueueMessage,
    RecallQueue,
    Restarted,
    RollCall,
    SlotFree,
    TimeOut,
    Trouble,
)
from cron_actors.model.run import Ending, Outcome
from cron_actors.ports.run_logs import Room
from cron_actors.ports.workers import Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a queue finds on its node: workers to hire, and room on the disks."""

    workers: Workers
    room: Room


class QueueActor(Shell[QueueMessage]):
    """Pulls work from the ledger by demand; workers are made for work only and reused run after run.

    A queue that was restarted first learns from the ledger and from its workers what is under way.
    """

    def __init__(
        self,
        inbox: Inbox,
        supervisor: Address[Crashed],
        queue: str,
        admission: Admission,
        surroundings: Surroundings,
        ledger: Address[LedgerMessage],
    ) -> None:
        super().__init__(f"queue {queue}", inbox, supervisor)
        self._queue = queue
        self._admission = admission
        self._workers = surroundings.workers
        self._room = surroundings.room
        self._ledger = ledger
        self._held: dict[str, Launch] | None = None  # by token; None until the ledger has answered
        self._expected: set[str] = set()
        self._open = False  # no claims before what is under way is known
        self._early: list[TimeOut | Cancel | Interrupt] = []  # came before it was known who performs what
        self._hold = False
        self._told = False  # the operator of a shortage: a worker may hold us up before we have seen one
        self._drain: Drain | None = None
        self._drained = False

    def begin(self) -> None:
        self._ledger.tell(RecallQueue(queue=self._queue))

    def handle(self, message: QueueMessage) -> None:
        match message:
            case Available():
                self._admission.wake()
            case Claimed(asked=asked, launches=launches):
                self._give_out(asked, launches)
            case SlotFree(worker=worker, hold=hold):
                self._hold = self._hold or hold
                self._admission.free(worker)
                self._look_once_more()
            case TimeOut() | Cancel() | Interrupt():
                self._end_early(message)
            case Pulse():
                self._look_around()
            case Drain():
                if self._drain is None or self._drain.finish:  # an earlier order to begin nothing more stands
                    self._drain = message
                    self._look_once_more()
            case Restarted(actor="ledger"):
                self._open = False
                self.begin()
            case Restarted(actor=actor):
                self._abandon(actor)
            case Held(launches=launches):
                self._call_roll(launches)
            case Present(worker=worker, key=key):
                self._tick_off(worker, None if key is None else key.token)
            case _:
                assert_never(message)
        self._claim()

    def _claim(self) -> None:
        if self._drain is not None and self._open and self._over(self._drain):
            if not self._drained:
                self._drained = True
                self._ledger.tell(Drained())
            return
        closing = self._drain is not None and not self._drain.finish
        slots = 0 if closing or self._hold or not self._open else self._admission.demand()
        if slots:
            self._admission.ask(slots)
            self._ledger.tell(Claim(queue=self._queue, slots=slots))

    def _look_once_more(self) -> None:
        """Claim before the end of a drain that finishes what is due: the end of a run may let another one begin.

        The ledger hears of that end before it hears of the claim.
        """
        if self._drain is not None and self._drain.finish:
            self._admission.wake()

    def _over(self, drain: Drain) -> bool:
        return self._admission.exhausted() if drain.finish else self._admission.idle()

    def _give_out(self, asked: int, launches: tuple[Launch, ...]) -> None:
        if not self._open:
            return  # the queue before this one asked; nobody performs them, so the reckoning gives them back
        for worker, launch in self._admission.grant(asked, launches):
            if self._drain is not None and not self._drain.finish:  # claimed before the drain reached us
                self._hand_back(launch, "the daemon stopped", begun=False)
                self._admission.free(worker)
            else:
                self._workers.monitor(worker).tell(launch)

    def _hand_back(self, launch: Launch, error: str, *, begun: bool = True) -> None:
        ending = Ending(outcome=Outcome.INTERRUPTED, error=error)
        self._ledger.tell(
            FinishedExecution(key=launch.key, job=launch.job.identifier, ending=ending, log=launch.log, begun=begun)
        )

    def _end_early(self, message: TimeOut | Cancel | Interrupt) -> None:
        if not self._open:
            self._early.append(message)
        elif isinstance(message, Interrupt):
            self._interrupt()
        else:
            worker = self._admission.holder(message.key.run_id if isinstance(message, TimeOut) else message.run_id)
            if worker is not None:
                self._workers.monitor(worker).tell(message)

    def _interrupt(self) -> None:
        self._drain = Drain(finish=False, grace=None)  # it may overtake the drain, which takes the longer way
        for worker in self._admission.busy():
            self._workers.monitor(worker).tell(Interrupt())

    def _look_around(self) -> None:
        for worker in self._admission.busy():
            self._workers.monitor(worker).tell(Inspect())
        shortage = self._room.shortage() if self._hold or self._admission.demand() else None
        self._hold = shortage is not None
        if self._hold is not self._told:
            self._told = self._hold
            text = f"no run is launched while there is no room: {shortage}" if shortage else None
            self._ledger.tell(Trouble(topic="room", text=text))

    def _abandon(self, actor: str) -> None:
        worker = self._workers.worker_of(actor)
        launch = None if worker is None else self._admission.performs(worker)
        if worker is not None and launch is not None:
            self._workers.monitor(worker).tell(Abandon(launch=launch))

    def _call_roll(self, launches: tuple[Launch, ...]) -> None:
        self._held = {launch.key.token: launch for launch in launches}
        hired = self._workers.hired()
        self._admission.hire_after(len(hired))
        self._expected = set(hired)
        for worker in hired:
            self._workers.monitor(worker).tell(RollCall())
        self._reckon()

    def _tick_off(self, worker: str, token: str | None) -> None:
        if worker not in self._expected:
            return  # the answer to an earlier roll call, which may be out of date
        self._expected.discard(worker)
        launch = None if token is None or self._held is None else self._held.pop(token, None)
        if launch is None:
            self._admission.free(worker)
        else:
            self._admission.adopt(worker, launch)
        self._reckon()

    def _reckon(self) -> None:
        """Once every worker has answered: what the store says is under way and nobody performs was lost."""
        if self._held is None or self._expected:
            return
        for launch in self._held.values():
            self._hand_back(launch, "its worker was lost")
        self._held = None
        self._open = True
        self._admission.forget_claim()
        early, self._early = self._early, []
        for message in early:
            self._end_early(message)
