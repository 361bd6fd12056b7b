"""The Task: has the executor perform one attempt at a time and passes on what it reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.moments import iso
from cron_actors.core.run_log import header as header_of
from cron_actors.messages import (
    Address,
    BatchEnded,
    Crashed,
    End,
    Ended,
    Launch,
    MonitorMessage,
    Perform,
    PerformBatch,
    Started,
    TakeBack,
    TaskMessage,
    Watch,
)
from cron_actors.model.job import FunctionCall, Success, Work
from cron_actors.model.run import Cause
from cron_actors.ports.clock import Clock
from cron_actors.ports.executor import ChildEnded, ChildStarted, Execution, Executor

TASK = " task"  # after the worker's name: the name of this actor


class TaskActor(Shell[TaskMessage]):
    """Calls the function or the command of a run, in a process of its own, and hands back how it ended."""

    def __init__(
        self,
        inbox: Inbox,
        supervisor: Address[Crashed],
        worker: str,
        executor: Executor,
        clock: Clock,
        monitor: Address[MonitorMessage],
    ) -> None:
        super().__init__(f"{worker}{TASK}", inbox, supervisor)
        self._executor = executor
        self._clock = clock
        self._monitor = monitor

    def handle(self, message: TaskMessage) -> None:
        match message:
            case Perform(launch=launch, callback=None):
                self._executor.start(execution_of(launch), self._pass_on)
            case Perform(launch=launch, callback=callback):
                execution = replace(execution_of(launch), callback=callback, success=Success())
                self._executor.start(execution, self._pass_on)
            case PerformBatch(launches=launches, queue=queue):
                executions = [execution_of(launch, header_of(launch.run)) for launch in launches]
                self._executor.start_batch(executions, queue.name, queue.recycling, self._pass_on_all)
            case TakeBack(key=key):
                self._executor.take_back(key)
            case Watch(key=key, identity=identity):
                self._executor.watch(key, identity, self._pass_on)
            case End(key=key, kill_after=kill_after):
                self._executor.end(key, kill_after)
            case _:
                assert_never(message)

    def _pass_on(self, child: ChildStarted | ChildEnded) -> None:
        # Called in the executor's thread: it only puts a message into a mailbox.
        if isinstance(child, ChildStarted):
            since = self._clock.monotonic() - child.age.total_seconds()
            started = Started(key=child.key, identity=child.identity, monotonic=since)
            self._monitor.tell(started)
        else:
            self._monitor.tell(_ended(child))

    def _pass_on_all(self, children: Sequence[ChildStarted | ChildEnded]) -> None:
        # As above. What has begun is told last: it is the one that has not ended.
        ended = tuple(_ended(child) for child in children if isinstance(child, ChildEnded))
        if ended:
            self._monitor.tell(BatchEnded(ended=ended))
        for child in children:
            if isinstance(child, ChildStarted):
                self._pass_on(child)


def _ended(child: ChildEnded) -> Ended:
    return Ended(key=child.key, ending=child.ending, begun=child.begun, identity=child.identity)


def execution_of(launch: Launch, header: str = "") -> Execution:
    """Return what the executor needs to know of the run; its variables are those that every run finds set.

    ``header`` begins the attempt in the log of a run whose process writes that itself.
    """
    run, job = launch.run, launch.job
    return Execution(
        key=launch.key,
        work=_work(launch),
        process=job.process,
        folder=job.folder,
        log=launch.log,
        success=job.success,
        variables={
            "CRON_ACTORS_JOB": job.identifier,
            "CRON_ACTORS_RUN_ID": str(run.run_id),
            "CRON_ACTORS_ATTEMPT": str(run.attempt),
            "CRON_ACTORS_MAX_ATTEMPTS": str(run.max_attempts or job.max_attempts),
            "CRON_ACTORS_DUE_AT": iso(run.due_at),
        },
        header=header,
        keep_result=run.cause is Cause.SUBMITTED,
    )


def _work(launch: Launch) -> Work:
    """Return the work, a function with the arguments of the run if it has any of its own."""
    work, own = launch.job.work, launch.run.args
    if not isinstance(work, FunctionCall) or not isinstance(own, dict):
        return work
    args, kwargs = own.get("args"), own.get("kwargs")
    return FunctionCall(  # dataclasses.replace would take three times as long, for every run
        path=work.path,
        function_name=work.function_name,
        args=tuple(args) if isinstance(args, list) else (),
        kwargs=kwargs if isinstance(kwargs, dict) else {},
        python=work.python,
    )
