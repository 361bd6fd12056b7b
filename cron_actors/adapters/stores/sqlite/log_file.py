"""The file of the write-ahead log, made as long as it will be before it is written.

A commit that makes a file longer has to wait until the journal of the file system holds the new length and, with it,
whatever else is in that journal: the log files of a thousand runs, say. On ext4 such a commit took two to three times
as long as one into a file that is long enough already, of which only the data has to reach the disk. SQLite writes its
log from the beginning again after each checkpoint and never shortens it, so it comes to this by itself, but only after
as many megabytes as there are between two checkpoints.

What is appended here are zeros. No reader takes them for a frame: a frame counts only with the salts of the log's
header and a right checksum (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from cron_actors.adapters.stores.sqlite.connection import OwnTransaction

FREE_FOR_EACH = 20
"""Bytes that must be free on the disk for each byte that is laid out: a full disk is worse than a slow commit."""

_PIECE = bytes(1 << 16)


def lay_out(connection: sqlite3.Connection, log: Path, size: int) -> bool:
    """Make the log this many bytes long; False, with nothing changed, where it cannot be or is that long already.

    The database is in WAL mode and no transaction is open on the connection.
    """
    try:
        with OwnTransaction(connection):  # the log gets its header, if it has none yet
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            connection.execute(f"PRAGMA user_version = {version:d}")
        with OwnTransaction(connection):  # nobody else may write at its end meanwhile
            return _lengthen(log, size)
    except (OSError, sqlite3.OperationalError):  # it is to save time, and must not cost a start
        return False


def _lengthen(log: Path, size: int) -> bool:
    before = log.stat().st_size
    disk = os.statvfs(log)
    if not 0 < before < size or disk.f_bavail * disk.f_frsize < FREE_FOR_EACH * size:
        return False
    # Locks are lost when a file is closed that bears them; SQLite's are on the database and on its -shm file.
    with log.open("r+b", buffering=0) as file:
        try:
            _fill(file.fileno(), before, size)
        except OSError:
            with suppress(OSError):
                file.truncate(before)
            raise
    return True


def _fill(file: int, start: int, end: int) -> None:
    """Write zeros: room that was only set aside would be noted in the journal with its first use, too."""
    while start < end:
        start += os.pwrite(file, _PIECE[: end - start], start)
    os.fsync(file)
