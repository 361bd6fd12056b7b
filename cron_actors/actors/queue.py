"""The Queue: gives claimed runs of all queues to the workers, shares the workers out, and routes word to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from cron_actors.actors.attendance import Attendance
from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.admission import Admission
from cron_actors.core.balance import Balanced, balance
from cron_actors.core.batching import Party
from cron_actors.messages import (
    Abandon,
    Address,
    Adopt,
    Available,
    Backlog,
    Balance,
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
    LaunchBatch,
    LedgerMessage,
    LeftRunning,
    Present,
    Pulse,
    QueueMessage,
    Queues,
    RecallQueue,
    Restarted,
    RollCall,
    Shares,
    SlotFree,
    TimeOut,
    Trouble,
    Weigh,
)
from cron_actors.model.run import AttemptKey, Ending, Outcome
from cron_actors.ports.run_logs import Room
from cron_actors.ports.workers import Workers

Early = TimeOut | Cancel | Interrupt | LeftRunning


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the Queue finds on its node: workers to hire, ``max_workers`` to share out, and room on the disks."""

    workers: Workers
    room: Room
    max_workers: int
    balance_interval: timedelta


class QueueActor(Shell[QueueMessage]):
    """Pulls work from the ledger by demand; workers are made for work only, and serve all queues, run after run.

    Once restarted it first learns from the ledger and from its workers what is under way.
    """

    def __init__(
        self,
        inbox: Inbox,
        supervisor: Address[Crashed],
        admission: Admission,
        surroundings: Surroundings,
        ledger: Address[LedgerMessage],
    ) -> None:
        super().__init__("queue", inbox, supervisor)
        self._admission = admission
        self._slots = admission.slots
        self._surroundings = surroundings
        self._workers = surroundings.workers
        self._ledger = ledger
        self._attendance = Attendance()
        self._launched: dict[AttemptKey, Adopt] = {}  # of the runs whose roll is called, those that are launched
        self._open = False  # no claims before what is under way is known
        self._early: list[Early] = []  # came before it was known who performs what
        self._balanced: Balanced | None = None
        self._weigh_at: float | None = None  # on the monotonic clock
        self._hold = False
        self._told = False  # the operator of a shortage: a worker may hold us up before we have seen one
        self._drain: Drain | None = None
        self._drained = False

    def begin(self) -> None:
        self._ledger.tell(RecallQueue())

    def handle(self, message: QueueMessage) -> None:
        match message:
            case Available(queue=queue):
                self._admission.wake(queue)
            case Claimed():
                self._give_out(message)
            case SlotFree(worker=worker, hold=hold, runs=runs, busy=busy):
                self._hold = self._hold or hold
                self._admission.free(worker, runs, busy)
                self._look_once_more()
            case TimeOut() | Cancel() | Interrupt() | LeftRunning():
                self._pass_on(message)
            case Pulse():
                self._look_around(message)
            case Queues(queues=queues):
                self._admission.open(queues)
                self._ledger.tell(Weigh())
            case Backlog(waiting=waiting):
                self._balance(waiting)
            case Balance():
                self._ledger.tell(Weigh())
            case Drain():
                if self._drain is None or self._drain.finish:  # an earlier order to begin nothing more stands
                    self._drain = message
                    self._look_once_more()
            case Restarted(actor=actor):
                self._replace(actor)
            case Held():
                self._call_roll(message)
            case Present(worker=worker, keys=keys):
                self._tick_off(worker, keys)
            case _:
                assert_never(message)
        if not self.inbox.qsize():  # one claim for all workers that have got free
            self._claim()

    # claims
    def _claim(self) -> None:
        if self._drain is not None and self._open and self._over(self._drain):
            if not self._drained:
                self._drained = True
                self._ledger.tell(Drained())
            return
        if self._open and not self._hold and not self._closing():
            demand = self._admission.demand()
            if demand:
                self._ledger.tell(Claim(wants=self._admission.ask(demand)))

    def _closing(self) -> bool:
        return self._drain is not None and not self._drain.finish

    def _look_once_more(self) -> None:
        """Claim before the end of a drain that finishes what is due: the end of a run may let another one begin.

        The ledger hears of that end before it hears of the claim.
        """
        if self._drain is not None and self._drain.finish:
            self._admission.wake_all()

    def _over(self, drain: Drain) -> bool:
        return self._admission.exhausted() if drain.finish else self._admission.idle()

    def _give_out(self, claimed: Claimed) -> None:
        if not self._open:
            return  # the queue before this one asked; nobody performs them, so the reckoning gives them back
        admitted = self._admission.grant(claimed)
        for launch in admitted.left:
            self._hand_back(launch, "no worker was free for it", begun=False)
        for worker, party in admitted.given:
            if self._closing():  # claimed before the drain reached us
                for launch in party.launches:
                    self._hand_back(launch, "the daemon stopped", begun=False)
                self._admission.free(worker)
            else:
                self._give(worker, party)

    def _give(self, worker: str, party: Party) -> None:
        monitor = self._workers.monitor(worker)
        if party.shared:
            monitor.tell(LaunchBatch(launches=party.launches, queue=party.queue))
        else:
            monitor.tell(party.launches[0])

    def _hand_back(self, launch: Launch, error: str, *, begun: bool = True) -> None:
        ending = Ending(outcome=Outcome.INTERRUPTED, error=error)
        self._ledger.tell(
            FinishedExecution(key=launch.key, job=launch.job.identifier, ending=ending, log=launch.log, begun=begun)
        )

    # word for workers
    def _pass_on(self, message: Early) -> None:
        if not self._open:
            self._early.append(message)
        elif isinstance(message, Interrupt):
            self._interrupt()
        elif isinstance(message, LeftRunning):
            self._admission.leave_running(message.key, message.identity)
        else:
            worker = self._slots.holder(message.key.run_id if isinstance(message, TimeOut) else message.run_id)
            if worker is not None:
                self._workers.monitor(worker).tell(message)

    def _interrupt(self) -> None:
        """End what is performed; a process that goes on by itself is left to the next daemon."""
        self._drain = Drain(finish=False, grace=None)  # it may overtake the drain, which takes the longer way
        for worker in self._slots.performing():
            self._workers.monitor(worker).tell(Interrupt())

    def _adopt(self, adopt: Adopt) -> None:
        worker = self._slots.take(adopt.launch.run.queue, (adopt.launch,))
        self._admission.leave_running(adopt.launch.key, adopt.identity)
        self._workers.monitor(worker).tell(adopt)

    # what a pulse reminds of
    def _look_around(self, pulse: Pulse) -> None:
        for worker in self._slots.taken():
            self._workers.monitor(worker).tell(Inspect())
        if self._drain is None:
            self._admission.pass_time(pulse.at, pulse.monotonic)
        if self._weigh_at is None or pulse.monotonic >= self._weigh_at:
            if self._weigh_at is not None:
                self._ledger.tell(Weigh())
            self._weigh_at = pulse.monotonic + self._surroundings.balance_interval.total_seconds()
        self._look_for_room()

    def _look_for_room(self) -> None:
        shortage = self._surroundings.room.shortage() if self._hold or self._admission.demand() else None
        self._hold = shortage is not None
        if self._hold is not self._told:
            self._told = self._hold
            text = f"no run is launched while there is no room: {shortage}" if shortage else None
            self._ledger.tell(Trouble(topic="room", text=text))

    def _balance(self, waiting: dict[str, int]) -> None:
        before = self._balanced
        queues, loads = self._admission.queues(), self._admission.loads(waiting)
        self._balanced = balance(queues, loads, self._surroundings.max_workers, before)
        self._admission.share_out(self._balanced.shares)
        if before is None or before.shares != self._balanced.shares:
            self._ledger.tell(Shares(shares=dict(self._balanced.shares)))

    # who performs what, after somebody was restarted
    def _replace(self, actor: str) -> None:
        """Make up for what an actor has forgotten that was started anew."""
        if actor == "ledger":
            self._open = False
            self._attendance = Attendance()  # what it said before may be true no more: it has lost a message
            self.begin()
            return
        worker = self._workers.worker_of(actor)
        launches = () if worker is None else self._slots.performs(worker)
        if worker is None or not launches:
            return
        watched = self._slots.watches(worker)
        if watched is not None:
            self._workers.monitor(worker).tell(Adopt(launch=watched.launch, identity=watched.identity))
        else:
            self._workers.monitor(worker).tell(Abandon(launches=launches))

    def _call_roll(self, held: Held) -> None:
        if self._open:
            return  # it was asked for twice, and of what was claimed since the first answer this one knows nothing
        hired = self._workers.hired()
        self._slots.hire_after(len(hired))
        self._launched = {adopt.launch.key: adopt for adopt in held.launched}
        self._attendance = Attendance()
        self._attendance.call((*held.launches, *(adopt.launch for adopt in held.launched)), hired)
        for worker in hired:
            self._workers.monitor(worker).tell(RollCall())
        self._reckon()

    def _tick_off(self, worker: str, keys: tuple[AttemptKey, ...]) -> None:
        if not self._attendance.expects(worker):
            return
        launches = self._attendance.tick_off(worker, keys)
        if launches:
            self._slots.adopt(worker, launches[0].run.queue, launches)
            for launched in [self._launched[launch.key] for launch in launches if launch.key in self._launched]:
                self._admission.leave_running(launched.launch.key, launched.identity)
        elif not keys:
            self._admission.free(worker)
        self._reckon()

    def _reckon(self) -> None:
        """Once every worker has answered: what the store says is under way and nobody performs was lost.

        Not so what is launched: its process goes on, whether it was lost or left by an earlier daemon.
        """
        if not self._attendance.over():
            return
        for launch in self._attendance.lost():
            launched = self._launched.get(launch.key)
            if launched is None:
                self._hand_back(launch, "its worker was lost")
            else:
                self._adopt(launched)
        self._attendance = Attendance()
        self._open = True
        self._admission.forget_claim()
        early, self._early = self._early, []
        for message in early:
            self._pass_on(message)
