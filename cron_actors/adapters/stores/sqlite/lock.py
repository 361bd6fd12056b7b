"""The lock beside the database that says a daemon lives, and the question whether it is held.

It is an open-file-description lock: it dies with the daemon, however that dies, and unlike ``flock`` it can be asked
after without being taken, so that a look never gets in the way of a daemon that starts.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

from cron_actors.adapters.stores.sqlite.location import OWNER_FILE
from cron_actors.errors import StartError

# struct flock of Linux: type, whence, start, length (0 = to the end), process.
_FLOCK = struct.Struct("hhqqi4x")
_WHOLE_FILE = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
_NOTE = 200


class DaemonLock:
    """The lock of one daemon on one database, held from ``take`` to ``release``."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = _lock_of(database)
        self._descriptor: int | None = None

    def take(self, node: str) -> None:
        """Take the lock and note this process and its node in it; StartError names the process that holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_FILE)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _WHOLE_FILE)
        except OSError as error:
            holder = _holder(descriptor)
            os.close(descriptor)
            if not isinstance(error, BlockingIOError | PermissionError):
                raise
            raise StartError(
                f"another daemon (process {holder}) already uses {self._database.name}; many nodes need PostgreSQL"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n{node}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; the file stays, for to delete it could take the lock of a daemon that just starts from it."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def daemon_lives(database: Path) -> bool:
    """Say whether a daemon holds the lock of this database; nothing is taken, nothing created."""
    try:
        descriptor = os.open(_lock_of(database), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        answer = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _WHOLE_FILE))
    finally:
        os.close(descriptor)
    return bool(answer[0] != fcntl.F_UNLCK)


def _lock_of(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def _holder(descriptor: int) -> str:
    words = os.pread(descriptor, _NOTE, 0).decode(errors="replace").split()
    return words[0] if words else "unknown"
