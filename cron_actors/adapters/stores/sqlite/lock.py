"""The locks beside the database: one says that a daemon lives, one that the database is being made.

They are open-file-description locks on two bytes of one file: they die with their holder, however that dies, and unlike
``flock`` they can be asked after without being taken, so that a look never gets in the way of a daemon that starts.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cron_actors.adapters.stores.sqlite.location import OWNER_FILE
from cron_actors.errors import StartError

# struct flock of Linux: type, whence, first byte, number of bytes, process.
_FLOCK = struct.Struct("hhqqi4x")
_LIFE = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
_CREATION = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 1, 1, 0)
_NOTE = 200


class DaemonLock:
    """The lock of one daemon on one database, held from ``take`` to ``release``."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = os.fspath(_lock_of(database))  # looked at in every transaction
        self._descriptor: int | None = None
        self._file: os.stat_result | None = None

    def take(self, node: str) -> None:
        """Take the lock and note this process and its node in it; StartError names the process that holds it."""
        descriptor = _open(self._database)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _LIFE)
        except OSError as error:
            holder = _holder(descriptor)
            os.close(descriptor)
            if not isinstance(error, BlockingIOError | PermissionError):
                raise
            raise StartError(
                f"another daemon (process {holder}) already uses {self._database.absolute()}; "
                "a database file serves one daemon, many nodes need PostgreSQL"
            ) from error
        self._descriptor = descriptor
        self._file = os.fstat(descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n{node}\n".encode(), 0)

    def keep(self, node: str) -> None:
        """Take the lock anew if its file was deleted; StartError if another daemon has been faster."""
        if self._descriptor is not None and self._file is not None and not same_file(self._path, self._file):
            lost = self._descriptor
            self.take(node)
            os.close(lost)

    def release(self) -> None:
        """Let go; the file stays, for to delete it could take the lock of a daemon that just starts from it."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def creation_lock(database: Path) -> Iterator[None]:
    """Wait until nobody else makes or migrates this database, and keep others waiting meanwhile.

    SQLite alone is not enough: two connections that turn a database to write-ahead logging at once block each other,
    and SQLite then gives up without waiting.
    """
    descriptor = _open(database)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, _CREATION)
        yield
    finally:
        os.close(descriptor)


def same_file(path: str, known: os.stat_result) -> bool:
    """Say whether the file that was once looked at still is the one of this path."""
    try:
        found = os.stat(path)  # noqa: PTH116 # asked in every transaction: Path is slower
    except FileNotFoundError:
        return False
    return found.st_ino == known.st_ino and found.st_dev == known.st_dev


def daemon_lives(database: Path) -> bool:
    """Say whether a daemon holds the lock of this database; nothing is taken, nothing created."""
    try:
        descriptor = os.open(_lock_of(database), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        answer = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _LIFE))
    finally:
        os.close(descriptor)
    return bool(answer[0] != fcntl.F_UNLCK)


def _open(database: Path) -> int:
    return os.open(_lock_of(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_FILE)


def _lock_of(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def _holder(descriptor: int) -> str:
    words = os.pread(descriptor, _NOTE, 0).decode(errors="replace").split()
    return words[0] if words else "unknown"
