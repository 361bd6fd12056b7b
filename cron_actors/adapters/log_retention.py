"""Old log files on the local disk, deleted as each job's retention says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from cron_actors.adapters.clock import SystemClock
from cron_actors.core.retention import LogFile, surplus
from cron_actors.core.run_log import LATEST, is_log_name
from cron_actors.model.job import Retention

NO_TIME = timedelta(0)
LOOK_AGAIN = timedelta(minutes=1)
REST = timedelta(milliseconds=50)  # from any look to the first one of another folder: a thousand jobs may begin at once
LOOK_AFTER = 1_000_000  # bytes: so much more, or a tenth of what is allowed, is reason to look sooner


class LogRetention:
    """Deletes what is beyond a job's retention from its folder; may be used from any thread.

    The log of a run under way stays, and so does the one that ``latest.txt`` points at. Only files that are named as
    logs of runs are touched. Times are the machine's, as files bear them, even where the daemon has a virtual clock.
    """

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self._now = now or SystemClock().now
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._looked: dict[str, datetime] = {}
        self._grown: dict[str, int] = {}
        self._latest: datetime | None = None  # look into any folder

    def begun(self, path: str) -> None:
        """Keep this log until it is over."""
        with self._lock:
            self._busy.add(path)

    def over(self, path: str, size: int, retention: Retention) -> None:
        """Let go of this log of ``size`` bytes, and look through its folder if that was not done within a minute.

        So that many ends a minute do not read the folder as many times; a folder that grows fast is looked at sooner.
        In a burst of first looks most count as done, and are left to the sweep at the start or the first end after that
        minute. Raises OSError.
        """
        folder = path.rpartition("/")[0]  # this runs for every run: Path is slower
        with self._lock:
            self._busy.discard(path)
            look = self._is_time_to_look(folder, size, retention)
        if look:
            with suppress(FileNotFoundError):  # it was never begun
                self.prune(folder, retention, kept=partial(latest_of, folder))

    def prune(self, folder: str, retention: Retention, kept: Callable[[], Collection[str]] = tuple) -> int:
        """Delete what is beyond the retention, but none of the names in ``kept``; return how many. Raises OSError.

        ``kept`` is called only if there is anything to delete, which mostly there is not.
        """
        files, now = _logs(folder), self._now()
        if not surplus(files, retention, now):
            return 0
        return sum(self._delete(f"{folder}/{name}") for name in surplus(files, retention, now, kept()))

    def _is_time_to_look(self, folder: str, size: int, retention: Retention) -> bool:
        """Say so, and count from there; the lock is held."""
        now = self._now()
        last, grown = self._looked.get(folder), self._grown.get(folder, 0) + size
        soon = last is not None and NO_TIME <= now - last < LOOK_AGAIN
        if soon and (grown < LOOK_AFTER or grown < retention.size // 10):
            if size:
                self._grown[folder] = grown
            return False
        self._looked[folder], self._grown[folder] = now, 0
        if last is None and self._latest is not None and NO_TIME <= now - self._latest < REST:
            return False
        self._latest = now
        return True

    def _delete(self, path: str) -> bool:
        with self._lock:  # a run may be about to begin this very log again
            if path in self._busy:
                return False
            with suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108 # as above
                return True
        return False


def _logs(folder: str) -> list[LogFile]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_log_name(entry.name):
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    written_at = datetime.fromtimestamp(status.st_mtime, UTC)
                    found.append(LogFile(name=entry.name, written_at=written_at, size=status.st_size))
    return found


def latest_of(folder: str) -> tuple[str, ...]:
    """Return the name of the file that ``latest.txt`` of the folder points at, none if there is none."""
    try:
        return (os.readlink(os.path.join(folder, LATEST)),)  # noqa: PTH115, PTH118 # as above
    except OSError:
        return ()
