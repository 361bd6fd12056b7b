"""Processes that are nobody's children here and whose ends are waited for: left running by attempts of the past.

Each is held by a descriptor that names it for ever (pidfd), opened before its start time is compared, so that no signal
can meet another process that got its id.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from cron_actors.adapters.executors.process_groups import boot_id, process_stat
from cron_actors.model.run import AttemptKey, Ending, Identity, Outcome
from cron_actors.ports.executor import ChildEnded, Report


@dataclass(slots=True, kw_only=True)
class _Bystander:
    """A process watched since ``began``; ``kill_at`` is when it is killed, if its end was asked for."""

    key: AttemptKey
    pid: int
    file: int
    report: Report
    began: float
    kill_at: float | None = None
    killed: bool = False


class Bystanders:
    """Watches processes from a thread of its own, which is there only once there is one to be watched.

    ``monotonic`` is seconds on a clock that never goes back. ``tell`` calls a report, and bears what it raises.
    ``spared`` are the ids of processes that are never watched, and so never signalled, whatever is asked for.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        tell: Callable[[Report, ChildEnded], None],
        spared: Callable[[], Collection[int]],
    ) -> None:
        self._monotonic = monotonic
        self._tell = tell
        self._spared = spared
        self._lock = threading.Lock()
        self._watched: dict[AttemptKey, _Bystander] = {}
        self._wakeup: int | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, key: AttemptKey, identity: Identity, report: Report) -> None:
        """Report the end of the process, at once if it is over; a call after ``close`` is ignored.

        One that nobody can have left running is a failure.
        """
        file = _opened(identity)
        if file is not None and identity.pid in self._spared():
            os.close(file)
            error = f"process {identity.pid} is none that a run can have left running"
            self._tell(report, ChildEnded(key=key, ending=Ending(outcome=Outcome.FAILURE, error=error)))
            return
        with self._lock:
            if self._closed:
                if file is not None:
                    os.close(file)
                return
            if file is not None:
                self._watched[key] = _Bystander(
                    key=key, pid=identity.pid, file=file, report=report, began=self._monotonic()
                )
                self._wake()
        if file is None:
            self._tell(report, ChildEnded(key=key, ending=Ending(outcome=Outcome.SUCCESS, by_itself=True)))

    def end(self, key: AttemptKey, kill_after: timedelta) -> bool:
        """Send SIGTERM to the process, SIGKILL if it is still there after ``kill_after``; False if it is not watched.

        If it leads a process group, the whole group is signalled.
        """
        with self._lock:
            bystander = self._watched.get(key)
            if bystander is None:
                return False
            kill_at = self._monotonic() + kill_after.total_seconds()
            if bystander.kill_at is None:
                _signal(bystander, signal.SIGTERM)
                bystander.kill_at = kill_at
            else:
                bystander.kill_at = min(bystander.kill_at, kill_at)
            self._wake()
        return True

    def close(self) -> None:
        """Stop watching; the processes go on. May be called from a report."""
        with self._lock:
            self._closed = True
            thread = self._thread
            if thread is not None:
                self._wake()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _wake(self) -> None:
        """Have the thread look at what there is to do; the lock is held."""
        if self._wakeup is None:
            self._wakeup = os.eventfd(0)
        os.eventfd_write(self._wakeup, 1)
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, args=(self._wakeup,), name="bystanders", daemon=True)
            self._thread.start()

    def _serve(self, wakeup: int) -> None:
        while not self._closed:
            for bystander in self._await(wakeup):
                taken = Ending(
                    outcome=Outcome.SUCCESS,
                    duration=timedelta(seconds=self._monotonic() - bystander.began),
                    by_itself=bystander.kill_at is None,
                )
                self._tell(bystander.report, ChildEnded(key=bystander.key, ending=taken))
        with self._lock:
            for bystander in self._watched.values():
                os.close(bystander.file)
            self._watched.clear()
            os.close(wakeup)

    def _await(self, wakeup: int) -> list[_Bystander]:
        """Wait until something happens, kill what is overdue, and return what has ended, which is forgotten then."""
        poll = select.poll()
        poll.register(wakeup, select.POLLIN)
        with self._lock:
            by_file = {bystander.file: bystander for bystander in self._watched.values()}
            overdue = [one.kill_at for one in by_file.values() if one.kill_at is not None and not one.killed]
        for file in by_file:
            poll.register(file, select.POLLIN)
        patience = None if not overdue else max(0.0, min(overdue) - self._monotonic()) * 1000
        ready = [file for file, _ in poll.poll(patience)]
        if wakeup in ready:
            os.eventfd_read(wakeup)
        with self._lock:
            ended = [self._watched.pop(by_file[file].key) for file in ready if file in by_file]
            for bystander in self._watched.values():
                if bystander.kill_at is not None and not bystander.killed and bystander.kill_at <= self._monotonic():
                    bystander.killed = True
                    _signal(bystander, signal.SIGKILL)
        for bystander in ended:
            os.close(bystander.file)
        return ended


def _opened(identity: Identity) -> int | None:
    """Return a descriptor of the very process, None if it is over."""
    if identity.boot_id != boot_id():
        return None
    try:
        file = os.pidfd_open(identity.pid)
    except (OSError, OverflowError, ValueError):
        return None
    stat = process_stat(identity.pid)
    if stat is None or not stat.lives or stat.start_time != identity.start_time:
        os.close(file)
        return None
    return file


def _signal(bystander: _Bystander, number: int) -> None:
    """Signal the process, and its group if it leads one; one of another user's is let be."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        stat = process_stat(bystander.pid)
        signal.pidfd_send_signal(bystander.file, number)  # it lives, unreaped at least, so that its id is still its own
        if stat is not None and stat.group == bystander.pid and stat.group != os.getpgrp():
            os.killpg(bystander.pid, number)
