"""The TaskMonitor: keeps the log of one run at a time, has its Task perform it, ends it when told, reports its end."""

from __future__ import annotations

import errno
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from cron_actors.actors.aftermath import Aftermath, Stage
from cron_actors.actors.performance import Performance
from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.run_log import header, trailer
from cron_actors.messages import (
    Abandon,
    Address,
    Adopt,
    BatchEnded,
    Cancel,
    Crashed,
    End,
    Ended,
    FinishedBatch,
    FinishedExecution,
    Inspect,
    Interrupt,
    Launch,
    LaunchBatch,
    LedgerMessage,
    LeftRunning,
    MonitorMessage,
    Perform,
    PerformBatch,
    Performing,
    Present,
    QueueMessage,
    RollCall,
    SchedulerMessage,
    SlotFree,
    Started,
    TakeBack,
    TaskMessage,
    TimeOut,
    Watch,
)
from cron_actors.model.callback import Callback
from cron_actors.model.job import AtLimit
from cron_actors.model.run import Ending, Outcome, Reason
from cron_actors.ports.run_logs import RunLogs

log = logging.getLogger(__name__)

MONITOR = " monitor"  # after the worker's name: the name of this actor
HURRIED_KILL_AFTER = timedelta(seconds=5)
LONGEST_TRAILER = 64  # bytes that a process which is used again writes behind the output
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
NOT_BEGUN = Ending(outcome=Outcome.INTERRUPTED, error="it was not begun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleagues:
    """Whom a monitor talks to."""

    task: Address[TaskMessage]
    scheduler: Address[SchedulerMessage]
    ledger: Address[LedgerMessage]
    queue: Address[QueueMessage]


class TaskMonitorActor(Shell[MonitorMessage]):
    """Serves one run at a time, together with its Task, as the worker of this name.

    A batch is a line of runs that are performed one after the other in a process that is used again; that process
    keeps their logs itself, and only what becomes of them comes here.
    """

    def __init__(
        self, inbox: Inbox, supervisor: Address[Crashed], worker: str, logs: RunLogs, colleagues: Colleagues
    ) -> None:
        super().__init__(f"{worker}{MONITOR}", inbox, supervisor)
        self._worker = worker
        self._logs = logs
        self._to = colleagues
        self._under_way: dict[str, Performance] = {}  # by token, in the order in which they are begun
        self._over: set[str] = set()  # the tokens of those that have ended since the last order
        self._runs = 0  # that have ended since the last order, and how long they took
        self._busy = timedelta(0)

    def handle(self, message: MonitorMessage) -> None:
        match message:
            case Launch():
                self._begin(message)
            case LaunchBatch():
                self._begin_batch(message)
            case Started():
                self._started(message)
            case Ended():
                self._ended(message)
            case BatchEnded(ended=ended):
                self._batch_ended(ended)
            case TimeOut(key=key):
                performance = self._under_way.get(key.token)
                if performance is not None and performance.launch.key == key:
                    self._end(performance, Outcome.TIMEOUT)
            case Cancel(run_id=run_id, reason=reason):
                for performance in self._of_run(run_id):
                    self._end(performance, Outcome.CANCELLED, reason=reason)
            case Interrupt():
                for performance in list(self._under_way.values()):
                    self._interrupt(performance)
            case Inspect():
                self._look_around()
            case Abandon(launches=launches):
                self._abandon(launches)
            case RollCall():
                keys = tuple(performance.launch.key for performance in self._under_way.values())
                self._to.queue.tell(Present(worker=self._worker, keys=keys))
            case Adopt():
                self._adopt(message)
            case _:
                assert_never(message)

    def _begin(self, launch: Launch) -> None:
        self._take((Performance(launch=launch, alone=True, begun=True),))
        try:
            self._logs.begin(launch.log, header(launch.run))
        except OSError as error:
            self._refuse(launch, error)
            return
        self._to.task.tell(Perform(launch=launch))

    def _begin_batch(self, batch: LaunchBatch) -> None:
        self._take([Performance(launch=launch, alone=False, begun=False) for launch in batch.launches])
        self._to.task.tell(PerformBatch(launches=batch.launches, queue=batch.queue))

    def _take(self, performances: Sequence[Performance]) -> None:
        self._under_way = {performance.launch.key.token: performance for performance in performances}
        self._over, self._runs, self._busy = set(), 0, timedelta(0)

    def _refuse(self, launch: Launch, error: OSError) -> None:
        text = f"cannot write {launch.log}: {error.strerror}"
        no_room = error.errno in NO_ROOM
        ending = Ending(outcome=Outcome.INTERRUPTED if no_room else Outcome.FAILURE, error=text)
        self._finish(self._under_way[launch.key.token], ending, hold=no_room, begun=not no_room)

    def _started(self, started: Started) -> None:
        performance = self._under_way.get(started.key.token)
        if performance is None or performance.aftermath.stage is not Stage.PERFORMING:
            return  # the start of a callback is not that of the attempt
        launch = performance.launch
        if not performance.alone:
            performance.begun = True
            self._logs.hold(launch.log)
            if len(self._under_way) > 1:  # it takes its time: what waits behind it goes to other workers
                self._to.task.tell(TakeBack(key=started.key))
        performing = Performing(
            key=started.key,
            job=launch.job.identifier,
            queue=launch.run.queue,
            identity=started.identity,
            monotonic=started.monotonic,
            timeout=launch.job.timeout,
        )
        self._to.ledger.tell(performing)
        if launch.job.timeout is not None:  # the Scheduler wants to know for the deadline's sake
            self._to.scheduler.tell(performing)

    def _of_run(self, run_id: int) -> list[Performance]:
        return [performance for performance in self._under_way.values() if performance.launch.run.run_id == run_id]

    def _end(
        self, performance: Performance, outcome: Outcome, *, reason: str | None = None, hurried: bool = False
    ) -> None:
        """Ask for the end of the process; the first to ask says what it counts as."""
        if performance.verdict is None:
            performance.verdict, performance.reason = outcome, reason
        launch = performance.launch
        kill_after = min(launch.job.kill_after, HURRIED_KILL_AFTER) if hurried else launch.job.kill_after
        self._to.task.tell(End(key=launch.key, kill_after=kill_after))

    def _look_around(self) -> None:
        """Look at the outputs."""
        for performance in list(self._under_way.values()):
            if performance.begun:
                self._inspect(performance)

    def _inspect(self, performance: Performance) -> None:
        launch = performance.launch
        limit = launch.job.output_limit
        try:
            if limit.at_limit is AtLimit.TRUNCATE:
                performance.cut = self._logs.truncate(launch.log, limit.size) or performance.cut
            elif self._logs.size(launch.log) > limit.size and performance.verdict is None:
                self._end(performance, Outcome.FAILURE, reason=Reason.OUTPUT_LIMIT)
        except OSError as error:
            log.warning("cannot look at %s: %s", launch.log, error.strerror)

    def _ended(self, ended: Ended) -> None:
        performance = self._under_way.get(ended.key.token)
        if performance is None:
            return
        self._inspect(performance)
        if performance.aftermath.stage is Stage.PERFORMING:  # a callback has another process
            performance.identity = ended.identity
        ending = self._follow(performance, ended.ending)
        if ending is None:
            self._tell_queue_of_watch()
            self._heed(performance)
        else:
            self._end_log(performance, ending)
            self._finish(performance, ending)

    def _adopt(self, adopt: Adopt) -> None:
        """Look after a process that was left running under an earlier daemon."""
        launch, identity = adopt.launch, adopt.identity
        aftermath = Aftermath.of_adopted(identity, adopt.so_far)
        self._take((Performance(launch=launch, alone=True, begun=True, aftermath=aftermath),))
        self._logs.hold(launch.log)
        self._to.task.tell(Watch(key=launch.key, identity=identity))

    def _follow(self, performance: Performance, ending: Ending) -> Ending | None:
        """Return how the attempt ended, None if there is still something to be done or it is not for us to say."""
        launch = performance.launch
        next_step = performance.aftermath.follow(performance.judged(ending), performance.verdict)
        if isinstance(next_step, Ending):
            return next_step
        if next_step is None:
            self._let_go(performance)
        elif isinstance(next_step, Callback):
            self._to.task.tell(Perform(launch=launch, callback=next_step))
        else:
            self._to.ledger.tell(LeftRunning(key=launch.key, job=launch.job.identifier, identity=next_step))
            self._to.task.tell(Watch(key=launch.key, identity=next_step))
        return None

    def _tell_queue_of_watch(self) -> None:
        """Let the Queue know if all there is left to do is to watch a process: no stop has to wait for that."""
        if len(self._under_way) != 1:
            return
        [performance] = self._under_way.values()
        launch, aftermath = performance.launch, performance.aftermath
        if aftermath.stage is Stage.LEFT_RUNNING and aftermath.launched is not None:
            self._to.queue.tell(LeftRunning(key=launch.key, job=launch.job.identifier, identity=aftermath.launched))

    def _heed(self, performance: Performance) -> None:
        """Obey an order to end that came too late for the process of the attempt, but not for the one it has left."""
        if performance.verdict is None or performance.aftermath.stage is not Stage.LEFT_RUNNING:
            return
        if performance.verdict is Outcome.INTERRUPTED:
            self._let_go(performance)
        else:
            self._to.task.tell(End(key=performance.launch.key, kill_after=performance.launch.job.kill_after))

    def _interrupt(self, performance: Performance) -> None:
        if performance.aftermath.stage is Stage.LEFT_RUNNING:
            self._let_go(performance)  # its process goes on without us, and the next daemon looks after it
        else:
            self._end(performance, Outcome.INTERRUPTED, hurried=True)

    def _let_go(self, performance: Performance) -> None:
        """Stop looking after a launched run; it stays what it is."""
        self._drop(performance)
        self._free()
        self._retire(performance.launch)

    def _batch_ended(self, ended: Sequence[Ended]) -> None:
        finished: list[FinishedExecution] = []
        timed = False  # whether the Scheduler may know a deadline of one of these
        kept: list[Performance] = []
        logs: dict[str, Launch] = {}  # of each job one is enough to be looked after, beside those that were held
        for one in ended:
            performance = self._under_way.pop(one.key.token, None)
            if performance is None:
                continue
            self._over.add(one.key.token)
            timed = timed or performance.launch.job.timeout is not None
            if not one.begun:
                finished.append(performance.finished(NOT_BEGUN, begun=False))
                continue
            ending = self._follow(performance, one.ending)
            if ending is None:
                self._keep(performance)
                kept.append(performance)
                continue
            finished.append(performance.finished(self._conclude(performance, ending)))
            launch = performance.launch
            logs[launch.log if performance.begun else launch.run.job] = launch
        if finished:
            message = FinishedBatch(finished=tuple(finished))
            self._to.ledger.tell(message)
            if timed:
                self._to.scheduler.tell(message)
            if not self._under_way:
                self._to.queue.tell(SlotFree(worker=self._worker, runs=self._runs, busy=self._busy))
        for launch in logs.values():
            self._retire(launch)
        self._tell_queue_of_watch()
        for performance in kept:
            self._heed(performance)

    def _conclude(self, performance: Performance, ending: Ending) -> Ending:
        """Return how an attempt of a batch ended, which its process may not have lived to write down."""
        if ending.output_tail and self._is_cut(performance):
            ending = replace(ending, logged=False)  # with what is beyond the limit, its ending went as well
        if not ending.logged:
            self._end_log(performance, ending)
        self._runs += 1
        self._busy += ending.duration
        return ending

    def _is_cut(self, performance: Performance) -> bool:
        """Cut a log that its process has let grow beyond the limit; say whether that was so."""
        path, limit = performance.launch.log, performance.launch.job.output_limit
        try:
            if limit.at_limit is AtLimit.TRUNCATE and self._logs.size(path) > limit.size + LONGEST_TRAILER:
                performance.cut = self._logs.truncate(path, limit.size)
        except OSError as error:
            log.warning("cannot look at %s: %s", path, error.strerror)
        return performance.cut

    def _keep(self, performance: Performance) -> None:
        """Go on with an attempt of a batch as with one alone, while what stands behind it goes to other workers."""
        for waiting in self._under_way.values():
            if not waiting.alone:
                self._to.task.tell(TakeBack(key=waiting.launch.key))
                break
        if not performance.begun:
            self._logs.hold(performance.launch.log)
        performance.alone = performance.begun = True
        self._over.discard(performance.launch.key.token)
        self._under_way[performance.launch.key.token] = performance

    def _end_log(self, performance: Performance, ending: Ending) -> None:
        path = performance.launch.log
        try:
            self._logs.finish(path, trailer(ending, performance.note()))
        except OSError as error:
            log.error("cannot end %s: %s", path, error.strerror)  # noqa: TRY400 # expected: one line is enough

    def _finish(self, performance: Performance, ending: Ending, *, hold: bool = False, begun: bool = True) -> None:
        self._drop(performance)
        finished = performance.finished(ending, begun=begun)
        self._to.ledger.tell(finished)
        if performance.launch.job.timeout is not None:  # else the Scheduler has nothing to forget, and need not wake
            self._to.scheduler.tell(finished)
        self._free(hold=hold)
        self._retire(performance.launch)

    def _drop(self, performance: Performance) -> None:
        token = performance.launch.key.token
        self._under_way.pop(token, None)
        self._over.add(token)

    def _free(self, *, hold: bool = False) -> None:
        if not self._under_way:
            self._to.queue.tell(SlotFree(worker=self._worker, hold=hold))

    def _retire(self, launch: Launch) -> None:
        try:
            self._logs.retire(launch.log, launch.job.retention)
        except OSError as error:
            log.warning("cannot delete old logs beside %s: %s", launch.log, error.strerror)

    def _abandon(self, launches: Sequence[Launch]) -> None:
        """End what a lost monitor or task of this worker performed; nobody knows what of it was ever begun.

        What ended by itself meanwhile is left out: its slot may have gone to another run.
        """
        lost = [
            Performance(launch=launch, alone=True, begun=True)
            for launch in launches
            if launch.key.token not in self._over
        ]
        self._under_way |= {performance.launch.key.token: performance for performance in lost}
        ending = Ending(outcome=Outcome.INTERRUPTED, error="its worker was lost")
        for performance in lost:
            self._to.task.tell(End(key=performance.launch.key, kill_after=timedelta(0)))
            self._end_log(performance, ending)
            self._finish(performance, ending)
