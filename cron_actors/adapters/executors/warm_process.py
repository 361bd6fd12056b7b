"""The daemon's end of one warm child: its socket, its permits, and what is known of it."""

from __future__ import annotations

import json
import os
import select
import socket
from datetime import timedelta
from typing import Any

from cron_actors.adapters.executors.process_groups import kill_group
from cron_actors.adapters.executors.warm_batch import Batch, Home
from cron_actors.model.run import Identity

_READ_BYTES = 262_144
_SEMAPHORE = os.EFD_SEMAPHORE | os.EFD_NONBLOCK | os.EFD_CLOEXEC


class Pace:
    """How long the runs of a process take.

    The first of them does not count, as it may have imported its module; of the others the shortest does: any other may
    have waited for a processor.
    """

    def __init__(self) -> None:
        self._has_begun = False
        self._shortest: timedelta | None = None

    def add(self, duration: timedelta) -> None:
        """Count a run that is over."""
        if not self._has_begun:
            self._has_begun = True
        elif self._shortest is None or duration < self._shortest:
            self._shortest = duration

    def take(self) -> timedelta | None:
        """Return how long the shortest took since the last call; None if none counts."""
        shortest, self._shortest = self._shortest, None
        return shortest


class WarmProcess:
    """A warm child from its order until its end is known; nothing here waits for it.

    ``batch`` is what it was given and has not finished. ``began`` is the reading of the monotonic clock at which the
    run that it performs can have begun at the earliest, ``look_at`` when to look whether it has, None if that is known.
    ``asked_at`` is when its end was asked for, in nanoseconds: it gets no batch after that. ``so_far`` is the record of
    its run, should it end now; ``cpu_seconds`` is what its runs so far have used, ``pace`` how long they take.
    ``is_read_out`` says that nothing
    was to be read when that was tried last.
    """

    def __init__(self, name: str, home: Home, epoll: select.epoll) -> None:
        """Make both ends of its socket; ``end`` is the one that the child is to be given. Raises OSError."""
        self.name = name
        self.home = home
        self.identity: Identity | None = None
        self.batch: Batch | None = None
        self.began = self.idle_since = 0.0
        self.look_at: float | None = None
        self.asked_at: int | None = None
        self.so_far: dict[str, Any] = {}
        self.cpu_seconds = 0.0
        self.pace = Pace()
        self._epoll = epoll
        self._socket, self.end = socket.socketpair()
        self.permits = os.eventfd(0, _SEMAPHORE)
        self._socket.setblocking(False)  # noqa: FBT003 - it takes no keyword
        self._unsent = b""
        self._unread = b""
        self.is_read_out = False
        epoll.register(self.fileno(), select.EPOLLIN)

    def fileno(self) -> int:
        """Return the descriptor of the socket, -1 once it is closed."""
        return self._socket.fileno()

    def descriptors(self) -> tuple[int, int]:
        """Return what the child is to be given."""
        return self.end.fileno(), self.permits

    def give(self, content: bytes, permits: int) -> bool:
        """Send a batch, and as many permits as it has runs; False if the process is gone."""
        os.eventfd_write(self.permits, permits)
        try:
            sent = self._socket.send(content)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.take_permits()
            return False
        if sent < len(content):
            self._unsent = content[sent:]
            self._epoll.modify(self.fileno(), select.EPOLLIN | select.EPOLLOUT)
        return True

    def send_rest(self) -> None:
        """Send what had no room before."""
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:  # its end is told by the template
            self._unsent = b""
        if not self._unsent:
            self._epoll.modify(self.fileno(), select.EPOLLIN)

    def read(self) -> list[list[Any]] | None:
        """Return the lines that have come; None if no more will. Raises ValueError for what is none."""
        self.is_read_out = False
        try:
            content = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            self.is_read_out = True
            return []
        except OSError:
            return None
        if not content:
            return None
        whole, _, self._unread = (self._unread + content).rpartition(b"\n")
        if not whole:
            return []
        lines: list[list[Any]] = json.loads(b"[" + whole.replace(b"\n", b",") + b"]")
        return lines

    def has_begun(self) -> bool:
        """Say whether the process has begun a run of which the end is not known, and has made its log."""
        if self.batch is None or self.identity is None or len(self.batch.given) <= self._permits_left():
            return False
        return os.path.exists(self.batch.given[0].log)  # noqa: PTH110 - Path is slower

    def take_permits(self) -> int:
        """Take all permits, so that nothing more is begun; return how many there were."""
        taken = 0
        try:
            while os.eventfd_read(self.permits):
                taken += 1
        except BlockingIOError:
            pass
        return taken

    def hang_up(self) -> None:
        """Close the socket, upon which the child ends when it has nothing to do."""
        if self.fileno() != -1:
            self._epoll.unregister(self.fileno())
            self._socket.close()

    def kill(self) -> None:
        """Kill the group of the process, the template being dead."""
        if self.identity is not None:
            kill_group(self.identity.pid, self.identity.start_time, marked_only=False)

    def close(self) -> None:
        """Free everything."""
        self.hang_up()
        self.end.close()
        os.close(self.permits)

    def _permits_left(self) -> int:
        """Return how many permits nobody has taken; the kernel tells (proc(5), fdinfo)."""
        with open(f"/proc/self/fdinfo/{self.permits}", "rb") as file:  # noqa: PTH123 - as above
            content = file.read()
        return int(content.partition(b"eventfd-count:")[2].split()[0], 16)
