"""The composition root: joins actors, ports and adapters into one daemon, and takes them apart again in order."""

from __future__ import annotations

import logging
import os
import platform
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cron_actors.actors.directory import Directory
from cron_actors.actors.events import EventsActor
from cron_actors.actors.ledger import LedgerActor, Readers
from cron_actors.actors.listeners import Listeners
from cron_actors.actors.postings.node import Node
from cron_actors.actors.queue import QueueActor, Surroundings
from cron_actors.actors.scheduler import SchedulerActor
from cron_actors.actors.supervisor import SupervisorActor
from cron_actors.actors.timer import Rhythm, Timepieces, TimerActor
from cron_actors.adapters.doorbell import Doorbell
from cron_actors.adapters.executors.process_groups import boot_id, boot_identity
from cron_actors.adapters.log_retention import LogRetention
from cron_actors.adapters.log_sweep import LogSweep
from cron_actors.adapters.run_logs import DiskRoom, RunLogFiles
from cron_actors.adapters.stores.urls import open_reader
from cron_actors.adapters.subscription import Subscription
from cron_actors.core.admission import Admission
from cron_actors.crew import Crew
from cron_actors.messages import Address, Broken, Drain, Hurry, Knock, LedgerMessage, Load
from cron_actors.model.job import Definition
from cron_actors.model.queue import QueueDeclaration
from cron_actors.model.records import NodeRecord
from cron_actors.ports.executor import Executor
from cron_actors.ports.store import Store
from cron_actors.settings import Settings
from cron_actors.survivors import end_survivors

log = logging.getLogger(__name__)

ANSWER_WITHIN = 10.0  # seconds
GIVE_UP_AFTER = 10.0  # seconds from the end of the grace period: longer than any process is given to end
GLANCE = 1.0  # seconds between two looks at whether a stop takes too long
PULSE = timedelta(seconds=0.5)  # how often deadlines, outputs, heartbeats and hung actors are looked after
SHORTEST_PULSE = timedelta(seconds=0.02)  # to look around takes time, too
STOP_WITHIN = 2.0  # seconds an actor may take to stop once there is nothing left to do


def pulse_for(poll_interval: timedelta) -> timedelta:
    """Return how often to pulse, so that requests and submissions are looked for as often as is asked for."""
    return max(SHORTEST_PULSE, min(PULSE, poll_interval))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The adapters a daemon is made of, opened, the file of its database if it has one, and the jobs it starts with."""

    store: Store
    executor: Executor
    timepieces: Timepieces
    jobs: Mapping[str, Sequence[Definition]]
    unresolved: frozenset[str]
    database: Path | None
    queues: Mapping[str, tuple[QueueDeclaration, ...]] = field(default_factory=dict)


class Daemon:
    """The actors of one node, from the first to the last; started and stopped from any thread."""

    def __init__(self, settings: Settings, parts: Parts, max_ticks: int | None) -> None:
        self._settings = settings
        self._parts = parts
        self._max_ticks = max_ticks
        retention = LogRetention()
        self._logs = RunLogFiles(retention)
        folder = settings.logs_base_directory.absolute()
        self._sweep = LogSweep(folder, retention, lambda: open_reader(settings.database_url))
        self._doorbell = Doorbell(parts.database, lambda: self.ledger.tell(Knock()))
        self._directory = Directory()
        self._listeners = Listeners()
        self._over = threading.Event()
        self._reason: str | None = None
        self._give_up_at: float | None = None
        self.node = str(uuid.uuid4())

    def start(self) -> None:
        """Start ledger, workers, scheduler and timer, each ready before the next. Raises StartError."""
        now = self._parts.timepieces.clock.now()
        unbegun = end_survivors(self._parts.store, self._parts.executor, self._logs)
        with ExitStack() as undo:
            undo.callback(self._directory.stop, STOP_WITHIN)
            self._start_supervision()
            self._start_ledger(now, unbegun)
            self._start_queue()
            self._start_timekeeping()
            undo.pop_all()
        self._doorbell.start()
        self._sweep.start()

    @property
    def ledger(self) -> Address[LedgerMessage]:
        """Return where loads of jobs are told."""
        return self._directory.address("ledger")

    def subscribe(self, subscription: Subscription) -> None:
        """Tell it every change from the next commit on, until it is closed or the daemon has ended."""
        subscription.on_close = self._listeners.remove
        self._listeners.add(subscription)
        if self._over.is_set():
            subscription.close()

    def drain(self) -> None:
        """Begin an orderly stop: nothing more is launched, what runs has the grace period to end."""
        self._give_up(self._settings.grace.total_seconds() + GIVE_UP_AFTER)
        self._directory.address("timer").tell(Drain(finish=False, grace=self._settings.grace))

    def hurry(self) -> None:
        """End what still runs, now."""
        self._give_up(GIVE_UP_AFTER)
        self._directory.address("timer").tell(Hurry())

    def break_down(self, reason: str) -> None:
        """End because a part is lost that cannot be replaced."""
        self._directory.address("supervisor").tell(Broken(error=reason))

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until there is nothing left to do, at most ``seconds``; say whether that is so.

        A stop that was asked for and cannot be brought to its end, as the store cannot be written, is given up then.
        """
        until = None if seconds is None else self._monotonic() + seconds
        while not self._over.wait(GLANCE if until is None else min(GLANCE, max(0.0, until - self._monotonic()))):
            now = self._monotonic()
            if self._give_up_at is not None and now >= self._give_up_at:
                self._finish("it could not be stopped in order; what it leaves open is taken up at the next start")
            elif until is not None and now >= until:
                return False
        return True

    def ask(self, question: object) -> object:
        """Return the scheduler's answer."""
        return self._directory.ask("scheduler", question, ANSWER_WITHIN)

    def stop(self) -> str | None:
        """Take everything apart; return why the daemon had to end, None if it was asked to."""
        self._doorbell.stop()
        self._sweep.stop()
        if self._reason is not None:
            log.critical("the daemon ends: %s", self._reason)
            self._parts.executor.close()  # first the children: hung actors may hold up all that follows
        self._directory.stop(STOP_WITHIN)
        self._parts.executor.close()
        self._parts.store.close()
        return self._reason

    def _monotonic(self) -> float:
        return self._parts.timepieces.clock.monotonic()

    def _give_up(self, after: float) -> None:
        at = self._monotonic() + after
        self._give_up_at = at if self._give_up_at is None else min(self._give_up_at, at)

    def _finish(self, reason: str | None) -> None:
        if not self._over.is_set():
            self._reason = reason
            self._over.set()
            for listener in self._listeners:  # all that was committed has been told by now
                if isinstance(listener, Subscription):
                    listener.close()

    def _start_supervision(self) -> None:
        address = self._directory.address
        concerned = (address("scheduler"), address("queue"))
        self._directory.start(
            "supervisor", lambda inbox: SupervisorActor(inbox, self._directory, concerned, self._finish)
        )
        self._listeners.add(address("scheduler"))  # the figures are a listener like any other
        self._directory.start("events", lambda inbox: EventsActor(inbox, address("supervisor"), self._listeners))

    def _start_ledger(self, now: datetime, unbegun: frozenset[str]) -> None:
        address = self._directory.address
        readers = Readers(
            scheduler=address("scheduler"),
            queue=address("queue"),
            events=address("events"),
        )
        record = NodeRecord(
            node=self.node,
            pid=os.getpid(),
            boot_id=boot_id(),
            host=platform.node(),
            started_at=now,
            heartbeat_at=now,
        )
        node = Node(
            record=record,
            logs=self._settings.logs_base_directory.absolute(),
            boot=boot_identity(),
            poll_interval=self._settings.poll_interval,
            max_workers=self._settings.max_workers,
            unbegun=unbegun,
        )
        store, clock = self._parts.store, self._parts.timepieces.clock
        self._directory.start(
            "ledger", lambda inbox: LedgerActor(inbox, address("supervisor"), store, clock, node, readers)
        )
        address("ledger").tell(
            Load(
                jobs={source: tuple(definitions) for source, definitions in self._parts.jobs.items()},
                unresolved=self._parts.unresolved,
                every_file=True,
                queues=dict(self._parts.queues),
            )
        )

    def _start_queue(self) -> None:
        address = self._directory.address
        settings = self._settings
        folders = [settings.logs_base_directory.absolute()]
        if self._parts.database is not None:
            folders.append(self._parts.database.parent)
        crew = Crew(self._directory, self._parts.executor, self._parts.timepieces.clock, self._logs)
        surroundings = Surroundings(
            workers=crew,
            room=DiskRoom(folders),
            max_workers=settings.max_workers,
            balance_interval=settings.balance_interval,
        )
        self._directory.start(
            "queue",
            lambda inbox: QueueActor(
                inbox,
                address("supervisor"),
                Admission(settings.max_workers, settings.max_processes),
                surroundings,
                address("ledger"),
            ),
        )

    def _start_timekeeping(self) -> None:
        address = self._directory.address
        settings = self._settings
        queue = address("queue")
        self._directory.start(
            "scheduler",
            lambda inbox: SchedulerActor(inbox, address("supervisor"), address("timer"), address("ledger"), queue),
        )
        rhythm = Rhythm(
            granularity=settings.granularity, pulse=pulse_for(settings.poll_interval), max_ticks=self._max_ticks
        )
        pulsed = (address("scheduler"), address("ledger"), queue, address("supervisor"))
        self._directory.start(
            "timer",
            lambda inbox: TimerActor(
                inbox, address("supervisor"), self._parts.timepieces, rhythm, address("scheduler"), pulsed
            ),
        )
