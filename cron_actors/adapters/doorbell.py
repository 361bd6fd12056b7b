"""The doorbell of a daemon: who has left something in its database rings, so that it need not wait to be found.

The bell is a datagram to an abstract Unix address (``unix(7)``) made of the device and inode of the database file, so
that every name of the file leads to the same door and nothing is left on the disk. A ring says nothing: whoever can
reach the door can have the daemon look, and no more. Rings may be lost, as where the network namespace is another; the
daemon goes on to look from time to time.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

REST = 0.01  # seconds between two answers to the door
LONGEST_REST = 0.1  # seconds between them while a crowd rings: to look for each alone would take twice the time in all
CROWD = 3  # more rings than this during one rest are a crowd
STOP_WITHIN = 2.0  # seconds
_RING = b"\a"
_MOST_HEARD = 1_000  # at once: a stranger who rings on and on must not keep the others from being heard

log = logging.getLogger(__name__)


def address_of(database: Path) -> bytes:
    """Return the address at which the daemon of this database listens; raises OSError if there is no such file."""
    stat = database.stat()
    return f"\0cron_actors/{stat.st_dev:x}/{stat.st_ino:x}".encode()


def ring(database: Path) -> None:
    """Have the daemon of this database look, if one listens; to be called after the commit. Neither waits nor fails."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        # Where many have rung and are not heard yet there is no room: then this ring is one of theirs.
        bell.sendto(_RING, socket.MSG_DONTWAIT, address_of(database))


class Doorbell:
    """A thread at the door of one database, none for a database in memory; it tells of rings, of many at once once."""

    def __init__(self, database: Path | None, on_ring: Callable[[], None]) -> None:
        self._database = database
        self._on_ring = on_ring
        self._door: socket.socket | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen from now on, and tell of who may have rung before; where that cannot be nobody is told of anything."""
        if self._database is None or self._stopped.is_set():
            return
        try:
            self._door = _door(address_of(self._database))
        except OSError as error:
            log.debug("no doorbell, what others leave is found by polling alone: %s", error)
            return
        self._thread = threading.Thread(target=self._listen, args=(self._door,), name="doorbell", daemon=True)
        self._thread.start()
        self._on_ring()

    def stop(self) -> None:
        """Leave the door; may be called before ``start`` and again."""
        self._stopped.set()
        if self._door is not None and self._thread is not None:
            self._door.shutdown(socket.SHUT_RDWR)  # wakes the thread, and keeps others from ringing
            self._thread.join(STOP_WITHIN)
            self._door.close()
            self._door = self._thread = None

    def _listen(self, door: socket.socket) -> None:
        rest = REST
        while True:
            heard = _heard(door)
            if not heard:
                door.recv(1)
            if self._stopped.is_set():
                return
            self._on_ring()
            rest = min(2 * rest, LONGEST_REST) if heard > CROWD else REST
            self._stopped.wait(rest)


def _heard(door: socket.socket) -> int:
    """Take the rings that wait at the door and return how many there were; what they say is of no matter."""
    for number in range(_MOST_HEARD):
        try:
            door.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return number
    return _MOST_HEARD


def _door(address: bytes) -> socket.socket:
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        door.bind(address)
    except BaseException:
        door.close()
        raise
    return door
