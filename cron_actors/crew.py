"""The crew: the workers of one node, each a TaskMonitor and a Task, made when first spoken to; they share a thread."""

from __future__ import annotations

from collections.abc import Callable

from cron_actors.actors.directory import Directory
from cron_actors.actors.shell import Inbox
from cron_actors.actors.task import TASK, TaskActor
from cron_actors.actors.task_monitor import MONITOR, Colleagues, TaskMonitorActor
from cron_actors.messages import Address, LedgerMessage, MonitorMessage, QueueMessage, SchedulerMessage, TaskMessage
from cron_actors.ports.clock import Clock
from cron_actors.ports.executor import Executor
from cron_actors.ports.run_logs import RunLogs


class Crew:
    """Makes pairs of actors under the names ``<worker> monitor`` and ``<worker> task``; used by one queue's thread."""

    def __init__(self, directory: Directory, executor: Executor, clock: Clock, logs: RunLogs) -> None:
        self._directory = directory
        self._executor = executor
        self._clock = clock
        self._logs = logs
        self._monitors: dict[str, Address[MonitorMessage]] = {}
        self._dispatcher = directory.dispatcher("crew")

    def monitor(self, worker: str) -> Address[MonitorMessage]:
        """Return the address of the worker's monitor; the pair is started if there is none of this name."""
        address = self._monitors.get(worker)
        if address is None:
            address = self._hire(worker)
            self._monitors[worker] = address
        return address

    def hired(self) -> tuple[str, ...]:
        """Return the names of the workers made so far."""
        return tuple(self._monitors)

    def worker_of(self, actor: str) -> str | None:
        """Return the worker that the actor of this name belongs to, None if it belongs to none."""
        worker = actor.removesuffix(MONITOR).removesuffix(TASK)
        return worker if worker in self._monitors else None

    def _hire(self, worker: str) -> Address[MonitorMessage]:
        monitor: Address[MonitorMessage] = self._directory.address(worker + MONITOR, self._dispatcher)
        task: Address[TaskMessage] = self._directory.address(worker + TASK, self._dispatcher)
        self._directory.start(worker + TASK, self._task_maker(worker, monitor))
        self._directory.start(worker + MONITOR, self._monitor_maker(worker, task))
        return monitor

    def _task_maker(self, worker: str, monitor: Address[MonitorMessage]) -> Callable[[Inbox], TaskActor]:
        supervisor = self._directory.address("supervisor")
        return lambda inbox: TaskActor(inbox, supervisor, worker, self._executor, self._clock, monitor)

    def _monitor_maker(self, worker: str, task: Address[TaskMessage]) -> Callable[[Inbox], TaskMonitorActor]:
        scheduler: Address[SchedulerMessage] = self._directory.address("scheduler")
        ledger: Address[LedgerMessage] = self._directory.address("ledger")
        queue: Address[QueueMessage] = self._directory.address("queue")
        colleagues = Colleagues(task=task, scheduler=scheduler, ledger=ledger, queue=queue)
        supervisor = self._directory.address("supervisor")
        return lambda inbox: TaskMonitorActor(inbox, supervisor, worker, self._logs, colleagues)
