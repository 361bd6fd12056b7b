"""The warm children of the daemon: which there are, what each performs, and what there is to report of it."""

from __future__ import annotations

import itertools
import logging
import os
import select
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from cron_actors.adapters.executors.orders import UNORDERABLE
from cron_actors.adapters.executors.outbox import Orders
from cron_actors.adapters.executors.process_groups import boot_id
from cron_actors.adapters.executors.warm_batch import Batch, Home
from cron_actors.adapters.executors.warm_ends import cut_short, died, link_latest, unborn
from cron_actors.adapters.executors.warm_idle import IdleProcesses
from cron_actors.adapters.executors.warm_lookout import Lookout
from cron_actors.adapters.executors.warm_news import News
from cron_actors.adapters.executors.warm_nursery import Nursery
from cron_actors.adapters.executors.warm_orders import batch_order, check_shareable, not_begun, told_end, unorderable
from cron_actors.adapters.executors.warm_process import WarmProcess
from cron_actors.adapters.executors.warm_wire import GOES_ON, LEAVES, SO_FAR
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey, Identity, Outcome
from cron_actors.ports.executor import BatchReport, ChildEnded, ChildStarted, Execution

_PREFIX = "warm-"
_End = Callable[[Execution, WarmProcess, float], ChildEnded]
_logger = logging.getLogger(__name__)


class WarmPool:
    """Warm children by queue and folder: busy ones, and idle ones kept for ``keep``.

    Batches come from any thread; everything else happens in the thread of the reports, which waits for ``fileno`` to be
    readable, ``wait_seconds`` at most, and calls ``attend`` then. At most ``births`` children, as many as there are
    processors unless said, are being born at once: a batch waits for that, or for an idle child.
    """

    def __init__(self, orders: Orders, keep: timedelta, births: int | None = None) -> None:
        self._orders = orders
        self._idle = IdleProcesses(keep.total_seconds())
        self._lookout = Lookout()
        self._nursery = Nursery(births or len(os.sched_getaffinity(0)))
        self._boot_id = boot_id()
        self._working_directory = str(Path.cwd())
        self._lock = threading.Lock()
        self._epoll = select.epoll()
        self._numbers = itertools.count(1)
        self._processes: dict[str, WarmProcess] = {}
        self._by_file: dict[int, WarmProcess] = {}
        self._holders: dict[int, Batch] = {}  # by run
        self._news = News()
        self._closed = False

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._epoll.fileno()

    def wait_seconds(self) -> float | None:
        """Return after how long there is something to do even if nothing comes; None: never."""
        if not self._processes:  # as in attend
            return None
        with self._lock:
            moments = list(filter(None, (self._lookout.next_at, self._idle.next_overdue(), self._nursery.next_place())))
        return max(0.0, min(moments) - monotonic()) if moments else None

    def begin(self, executions: Sequence[Execution], queue: str, recycling: Recycling, report: BatchReport) -> None:
        """Have a batch performed; raises ValueError for what cannot share a process."""
        check_shareable(executions)
        batch = Batch(queue=queue, recycling=recycling, report=report, waiting=deque(executions))
        with self._lock:
            if executions and not self._closed:
                self._holders.update((execution.key.run_id, batch) for execution in executions)
                self._nursery.wait(batch, monotonic())
                self._give_out()
                if self._nursery:  # the thread of the reports may not know of a moment to wait for
                    self._orders.wake()

    def take_back(self, key: AttemptKey) -> None:
        """Have nothing more begun of the batch that this attempt is in."""
        with self._lock:
            batch = self._holders.get(key.run_id)
            if batch is not None:
                self._take_back(batch)

    def end(self, key: AttemptKey, kill_after: timedelta) -> bool:
        """Have nothing more begun of its batch, and end the process if it performs this attempt; False if unknown."""
        with self._lock:
            batch = self._holders.get(key.run_id)
            if batch is None or not any(one.key == key for one in (*batch.given, *batch.waiting)):
                return False
            process = self._take_back(batch)
            # The last that was begun; of any before it the end is on its way.
            if process is not None and batch.given and batch.given[-1].key == key:
                if process.asked_at is None:
                    process.asked_at = int(monotonic() * 1e9)
                self._orders.kill(process, kill_after)
            return True

    def hears(self, message: dict[str, Any]) -> bool:
        """Take in what the template tells of a warm child; False if it is of none."""
        name = message.get("started") or message["ended"]
        if not name.startswith(_PREFIX):
            return False
        process = self._processes.get(name)
        if process is None:
            return True
        with self._lock:
            if "started" in message:
                process.identity = Identity(pid=message["pid"], start_time=message["start_time"], boot_id=self._boot_id)
                self._nursery.started(name, monotonic())
            else:
                del self._processes[name]
                self._settle(process, partial(died, message), stillborn=message["unborn"])
        return True

    def lose(self, error: str, waiting: Callable[[], Collection[str | None]]) -> None:
        """Account for all children but those that are still ``waiting`` to be started, the template being dead."""
        with self._lock:  # asked in here: no child is ordered meanwhile
            spared = waiting()
            lost = [process for name, process in self._processes.items() if name not in spared]
            for process in lost:
                del self._processes[process.name]
        for process in lost:
            process.kill()
        with self._lock:
            for process in lost:
                self._settle(process, partial(cut_short, error))

    def attend(self) -> list[tuple[BatchReport, list[ChildStarted | ChildEnded]]]:
        """Do what is to be done now and return what is to be reported."""
        if not (self._processes or self._news or self._nursery):
            return []  # as where every run has a process of its own; a batch wakes us
        with self._lock:
            if self._closed:
                return []
            for file, events in self._epoll.poll(0):
                if file in self._by_file:
                    self._exchange(self._by_file[file], events)
            now = monotonic()
            for process in self._lookout.begun(self._processes.values(), now):
                self._tell_begin(process)
            for process in self._idle.overdue(now):
                self._hang_up(process)
            self._give_out()
            return self._news.take()

    def close(self) -> None:
        """Kill what is left and free everything; nothing is reported any more."""
        with self._lock:
            self._closed = True
            for process in self._processes.values():
                if process.batch is not None:
                    process.kill()
                process.close()
            self._processes.clear()
            self._epoll.close()

    def stop(self) -> None:
        """Take no batch any more and report nothing."""
        with self._lock:
            self._closed = True

    def _settle(self, process: WarmProcess, end: _End, *, stillborn: bool = False) -> None:
        """Account for a child that is over; ``end`` tells of the run that it had begun, or was to be born for."""
        self._read_out(process)
        batch = process.batch
        if batch is not None:
            begun = len(batch.given) - process.take_permits()
            if batch.given and (begun > 0 or stillborn):
                self._news.tell(batch, end(self._first(batch), process, monotonic()))
            self._return(batch)
        self._forget(process)

    def _give_out(self) -> None:
        """Have what waits performed, as far as there are children for it, or may be."""
        while (batch := self._nursery.take(monotonic(), self._idle.has)) is not None:
            self._assign(batch)

    def _assign(self, batch: Batch) -> None:
        """Give the next part of the batch to an idle child, or to a new one."""
        home, part = batch.home, batch.next_part()
        try:
            content = batch_order(part, batch.recycling, self._working_directory)
        except UNORDERABLE:
            self._sort_out(batch, part)
            return
        try:
            process = self._given(home, content, len(part))
        except OSError as error:  # out of descriptors
            self._news.tell(batch, unborn(self._first(batch), error.strerror))
            self._return(batch)
            self._orders.wake()
            return
        if process is None:
            batch.move_on()
            self._nursery.wait(batch, monotonic())
            return
        process.batch = batch
        if self._lookout.expect(process, monotonic()):
            self._orders.wake()

    def _given(self, home: Home, content: bytes, permits: int) -> WarmProcess | None:
        """Give this to an idle child or a new one, and return that; None if no other may be born now."""
        while (process := self._idle.take(home)) is not None or self._nursery.has_place(home, monotonic()):
            process = process or self._new(home)
            if process.give(content, permits):
                return process
        return None

    def _sort_out(self, batch: Batch, part: Sequence[Execution]) -> None:
        """Tell of those that cannot be ordered that they failed, and give out the others."""
        for execution, error in unorderable(part, batch.recycling, self._working_directory):
            batch.given.remove(execution)
            del self._holders[execution.key.run_id]
            self._news.tell(batch, unborn(execution, error))
        self._orders.wake()
        batch.move_on()
        self._nursery.wait(batch, monotonic())

    def _new(self, home: Home) -> WarmProcess:
        process = WarmProcess(f"{_PREFIX}{next(self._numbers)}", home, self._epoll)
        self._processes[process.name] = process
        self._by_file[process.fileno()] = process
        self._nursery.expect(process.name, home)
        self._orders.bear(process)
        return process

    def _take_back(self, batch: Batch) -> WarmProcess | None:
        """Take back what is not begun; return the child that has the batch."""
        process = next((one for one in self._processes.values() if one.batch is batch), None)
        self._return(batch, 0 if process is None else process.take_permits())
        return process

    def _return(self, batch: Batch, given: int | None = None) -> None:
        """Tell that what waits and the last so many that were given, all if None, are not begun."""
        self._nursery.leave(batch)
        for execution in batch.take_back(len(batch.given) if given is None else given):
            del self._holders[execution.key.run_id]
            self._news.tell(batch, not_begun(execution))
        if batch.news:
            self._orders.wake()

    def _first(self, batch: Batch) -> Execution:
        """Take the first that was given, the end of which is to be told."""
        execution = batch.given.popleft()
        del self._holders[execution.key.run_id]
        return execution

    def _exchange(self, process: WarmProcess, events: int) -> None:
        if events & select.EPOLLOUT:
            process.send_rest()
        if events & ~select.EPOLLOUT and not self._read(process):
            self._hang_up(process)

    def _read_out(self, process: WarmProcess) -> None:
        """Read what a dead child has left."""
        while process.fileno() != -1 and self._read(process):
            if process.is_read_out:
                return

    def _read(self, process: WarmProcess) -> bool:
        """Take in what the child tells; False if nothing more is to be expected of it."""
        try:
            lines = process.read()
            if lines:
                self._nursery.born(process.name)
            now = monotonic()
            for line in lines or ():
                self._hear(process, line, now)
        except (ValueError, TypeError, IndexError, KeyError):
            _logger.exception("a process that is used again tells what nobody understands: it is ended")
            self._orders.kill(process, timedelta(0))
            return False
        return lines is not None

    def _hear(self, process: WarmProcess, line: Sequence[Any], now: float) -> None:
        step, batch = line[0], process.batch
        if batch is None:
            return
        if step == SO_FAR:
            process.so_far |= line[1]
            return
        launched = False
        if len(line) > 1:
            end = told_end(batch.given[0], line, process.asked_at)
            self._news.tell(batch, end)
            self._first(batch)
            ending = end.ending
            process.pace.add(ending.duration)
            process.cpu_seconds += ending.cpu_seconds or 0.0
            launched = ending.outcome is Outcome.LAUNCHED
        if process.so_far:
            process.so_far = {}
        if step == GOES_ON:
            self._lookout.expect(process, now)
            return
        process.batch = process.look_at = None
        if launched:
            self._return(batch)
        elif step == LEAVES:
            batch.move_on()
        elif process.asked_at is None:
            self._idle.put(process, now)
            self._nursery.finished(process.home, process.pace.take(), now)
        self._nursery.wait(batch, now)

    def _tell_begin(self, process: WarmProcess) -> None:
        batch, identity = process.batch, process.identity
        if batch is not None and identity is not None:
            if len(batch.given) > 1:
                link_latest(batch.given[0])
            self._news.tell(batch, ChildStarted(key=batch.given[0].key, identity=identity))

    def _hang_up(self, process: WarmProcess) -> None:
        self._by_file.pop(process.fileno(), None)
        process.hang_up()

    def _forget(self, process: WarmProcess) -> None:
        self._nursery.lose(process.name, process.home)
        self._idle.remove(process)
        self._hang_up(process)
        process.close()
