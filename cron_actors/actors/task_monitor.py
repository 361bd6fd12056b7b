"""The TaskMonitor: keeps the log of one run, has its Task perform it, ends it when told, reports how it ended."""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.durations import format_duration
from cron_actors.core.run_log import header, trailer
from cron_actors.messages import (
    Abandon,
    Address,
    Cancel,
    Crashed,
    End,
    Ended,
    FinishedExecution,
    Inspect,
    Interrupt,
    Launch,
    LedgerMessage,
    MonitorMessage,
    Perform,
    Performing,
    Present,
    QueueMessage,
    RollCall,
    SchedulerMessage,
    SlotFree,
    Started,
    TaskMessage,
    TimeOut,
)
from cron_actors.model.job import AtLimit
from cron_actors.model.run import AttemptKey, Ending, Outcome, Reason
from cron_actors.ports.run_logs import RunLogs

log = logging.getLogger(__name__)

MONITOR = " monitor"  # after the worker's name: the name of this actor
HURRIED_KILL_AFTER = timedelta(seconds=5)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleagues:
    """Whom a monitor talks to."""

    task: Address[TaskMessage]
    scheduler: Address[SchedulerMessage]
    ledger: Address[LedgerMessage]
    queue: Address[QueueMessage]


class TaskMonitorActor(Shell[MonitorMessage]):
    """Serves one run at a time, together with its Task, as the worker of this name."""

    def __init__(
        self, inbox: Inbox, supervisor: Address[Crashed], worker: str, logs: RunLogs, colleagues: Colleagues
    ) -> None:
        super().__init__(f"{worker}{MONITOR}", inbox, supervisor)
        self._worker = worker
        self._logs = logs
        self._to = colleagues
        self._launch: Launch | None = None
        self._finished: AttemptKey | None = None
        self._verdict: Outcome | None = None  # what an ended process counts as, once we asked for its end
        self._reason: str | None = None
        self._cut = False

    def handle(self, message: MonitorMessage) -> None:
        match message:
            case Launch():
                self._begin(message)
            case Started():
                self._started(message)
            case Ended(key=key, ending=ending):
                self._ended(key.token, ending)
            case TimeOut(key=key):
                if self._launch is not None and self._launch.key == key:
                    self._end(Outcome.TIMEOUT)
            case Cancel(run_id=run_id, reason=reason):
                if self._launch is not None and self._launch.run.run_id == run_id:
                    self._end(Outcome.CANCELLED, reason=reason)
            case Interrupt():
                self._end(Outcome.INTERRUPTED, hurried=True)
            case Inspect():
                self._inspect()
            case Abandon(launch=launch):
                self._abandon(launch)
            case RollCall():
                self._to.queue.tell(Present(worker=self._worker, key=self._launch.key if self._launch else None))
            case _:
                assert_never(message)

    def _begin(self, launch: Launch) -> None:
        self._launch, self._verdict, self._reason, self._cut = launch, None, None, False
        try:
            self._logs.begin(launch.log, header(launch.run))
        except OSError as error:
            self._refuse(launch, error)
            return
        self._to.task.tell(Perform(launch=launch))

    def _refuse(self, launch: Launch, error: OSError) -> None:
        text = f"cannot write {launch.log}: {error.strerror}"
        no_room = error.errno in NO_ROOM
        outcome = Outcome.INTERRUPTED if no_room else Outcome.FAILURE
        self._finish(launch, Ending(outcome=outcome, error=text), hold=no_room, begun=not no_room)

    def _started(self, started: Started) -> None:
        launch = self._launch
        if launch is None or launch.key != started.key:
            return
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

    def _end(self, outcome: Outcome, *, reason: str | None = None, hurried: bool = False) -> None:
        """Ask for the end of the process; the first to ask says what it counts as."""
        launch = self._launch
        if launch is None:
            return
        if self._verdict is None:
            self._verdict, self._reason = outcome, reason
        kill_after = min(launch.job.kill_after, HURRIED_KILL_AFTER) if hurried else launch.job.kill_after
        self._to.task.tell(End(key=launch.key, kill_after=kill_after))

    def _inspect(self) -> None:
        launch = self._launch
        if launch is None:
            return
        limit = launch.job.output_limit
        try:
            if limit.at_limit is AtLimit.TRUNCATE:
                self._cut = self._logs.truncate(launch.log, limit.size) or self._cut
            elif self._logs.size(launch.log) > limit.size and self._verdict is None:
                self._end(Outcome.FAILURE, reason=Reason.OUTPUT_LIMIT)
        except OSError as error:
            log.warning("cannot look at %s: %s", launch.log, error.strerror)

    def _ended(self, token: str, ending: Ending) -> None:
        launch = self._launch
        if launch is None or launch.key.token != token:
            return
        self._inspect()
        if self._verdict is not None and not ending.by_itself:  # else it was over before our order came
            ending = replace(ending, outcome=self._verdict, error=_error(self._verdict, self._reason, launch, ending))
        self._end_log(launch, ending)
        self._finish(launch, ending)

    def _end_log(self, launch: Launch, ending: Ending) -> None:
        limit = launch.job.output_limit.size
        note = f"[output beyond {limit} bytes was dropped]" if self._cut else None
        try:
            self._logs.finish(launch.log, trailer(ending, note))
        except OSError as error:
            log.error("cannot end %s: %s", launch.log, error.strerror)  # noqa: TRY400 # expected: one line is enough

    def _finish(self, launch: Launch, ending: Ending, *, hold: bool = False, begun: bool = True) -> None:
        self._launch, self._finished = None, launch.key
        finished = FinishedExecution(
            key=launch.key,
            job=launch.job.identifier,
            ending=ending,
            log=launch.log,
            reason=None if ending.by_itself else self._reason,
            begun=begun,
        )
        self._to.ledger.tell(finished)
        self._to.scheduler.tell(finished)
        self._to.queue.tell(SlotFree(worker=self._worker, hold=hold))
        try:
            self._logs.retire(launch.log, launch.job.retention)
        except OSError as error:
            log.warning("cannot delete old logs beside %s: %s", launch.log, error.strerror)

    def _abandon(self, launch: Launch) -> None:
        """End what a lost monitor or task of this worker performed; nobody knows whether it was ever begun."""
        if self._finished == launch.key:
            return  # it ended by itself meanwhile, and its slot may have gone to another run
        self._to.task.tell(End(key=launch.key, kill_after=timedelta(0)))
        self._reason = None
        ending = Ending(outcome=Outcome.INTERRUPTED, error="its worker was lost")
        self._end_log(launch, ending)
        self._finish(launch, ending)


def _error(verdict: Outcome, reason: str | None, launch: Launch, ending: Ending) -> str | None:
    if reason == Reason.OUTPUT_LIMIT:
        return f"more than {launch.job.output_limit.size} bytes of output"
    match verdict:
        case Outcome.TIMEOUT:
            return f"timed out after {format_duration(launch.job.timeout or timedelta(0))}"
        case Outcome.CANCELLED:
            return "cancelled by a newer run" if reason == Reason.OVERLAP else "cancelled by request"
        case Outcome.INTERRUPTED:
            return "the daemon stopped"
        case _:
            return ending.error
