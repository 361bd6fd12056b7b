"""A connection for submissions that stays open: to open one takes several times as long as to submit by it."""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path

from cron_actors.adapters.stores.sqlite.submissions import SqliteSubmissions
from cron_actors.adapters.stores.urls import describe, open_submissions

FileId = tuple[int, int]


class KeptSubmissions:
    """The connection used last, for any number of threads; it is this process's own, also after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: SqliteSubmissions | None = None
        self._of: tuple[int, str, FileId | None] | None = None
        self._inherited: list[SqliteSubmissions] = []  # SQLite forbids to use or close what came over a fork

    def to(self, url: str) -> SqliteSubmissions:
        """Return a connection to the database, which is created if there is none; one that was replaced is left.

        Raises what ``open_submissions`` raises.
        """
        with self._lock:
            path = describe(url)
            of = (os.getpid(), path, _file_id(path))
            if self._kept is None or of != self._of:
                self._drop()
                self._kept = open_submissions(url)
                self._of = (os.getpid(), path, _file_id(path))
            return self._kept

    def close(self) -> None:
        """Close it; the next use opens another."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._kept is not None and self._of is not None:
            if self._of[0] == os.getpid():
                self._kept.close()
            else:
                self._inherited.append(self._kept)
        self._kept = self._of = None


def _file_id(path: str) -> FileId | None:
    try:
        stat = Path(path).stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


kept_submissions = KeptSubmissions()
atexit.register(kept_submissions.close)
