"""Log files of runs on the local disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from cron_actors.adapters.log_links import point
from cron_actors.adapters.log_retention import LogRetention
from cron_actors.core.run_log import LATEST
from cron_actors.model.job import Retention

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
READ_AT_MOST = 1_000_000  # bytes: a longer log is not looked through for a header


class _OpenLog:
    """A log of a run that is not over: ``size`` is what it had when we wrote to it last, ``blank`` if that was a line.

    Each call on a file lets another thread take the interpreter lock, which costs more than the call. The descriptor
    is kept from the begin to the end of the run, so that there are few of them.
    """

    __slots__ = ("blank", "descriptor", "size")

    def __init__(self, path: str, flags: int) -> None:
        """Open the file; one that must be made may lack its folder."""
        self.descriptor = os.open(path, flags | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)
        self.size = 0
        self.blank = True

    def add(self, text: str, size: int) -> None:
        """Append the text to the file, which has this size."""
        data = text.encode("utf-8", "replace")
        self.size, self.blank = size + len(data), data.endswith(b"\n") if data else self.blank
        while data:
            data = data[os.write(self.descriptor, data) :]

    def ends_line(self, size: int) -> bool:
        """Say whether the file, which has this size, ends with a line; only what others have written is read."""
        if size == 0 or (size == self.size and self.blank):
            return True
        return os.pread(self.descriptor, 1, size - 1) == b"\n"

    def close(self) -> None:
        """Free the descriptor."""
        os.close(self.descriptor)


class RunLogFiles:
    """Log files that only their owner can read; ``latest.txt`` beside them points at the newest."""

    def __init__(self, retention: LogRetention | None = None) -> None:
        self._retention = retention or LogRetention()
        self._open: dict[str, _OpenLog] = {}

    def begin(self, path: str, header: str) -> None:
        """Append the header, making the file, its folder and the link to the newest file as needed."""
        self._retention.begun(path)
        self._close(path)  # its monitor was lost
        folder, _, name = path.rpartition("/")  # this runs for every run: Path is slower, here and below
        log, size = _made(path, folder)
        self._open[path] = log
        log.add(header, size)
        point(folder, LATEST, name)

    def has_begun(self, path: str, header: str) -> bool:
        """Say whether the header stands in the log; of one that is too long to be read it is taken to."""
        try:
            with Path(path).open("rb") as file:
                text = file.read(READ_AT_MOST + 1)
        except FileNotFoundError:
            return False
        return len(text) > READ_AT_MOST or header.encode("utf-8", "replace") in text

    def hold(self, path: str) -> None:
        """Keep a log that another process has begun until it is retired."""
        self._retention.begun(path)

    def finish(self, path: str, trailer: str) -> None:
        """Append the trailer, on a line of its own."""
        log = self._open.get(path)
        if log is None:
            log = _OpenLog(path, 0)
            try:
                self._finish(path, log, trailer)
            finally:
                log.close()
        else:
            self._finish(path, log, trailer)

    def truncate(self, path: str, size: int) -> bool:
        """Cut the file to ``size`` bytes if it is longer; say whether it was."""
        if self.size(path) <= size:
            return False
        os.truncate(path, size)
        if (log := self._open.get(path)) is not None:
            log.blank = False  # what follows may make it as long as it was
        return True

    def size(self, path: str) -> int:
        """Return the size of the file in bytes."""
        log = self._open.get(path)
        return os.stat(path if log is None else log.descriptor).st_size  # noqa: PTH116 # as above

    def retire(self, path: str, retention: Retention) -> None:
        """Let the log go, and now and then delete what its folder holds beyond the retention."""
        self._retention.over(path, self._close(path), retention)

    def _finish(self, path: str, log: _OpenLog, trailer: str) -> None:
        status = os.fstat(log.descriptor)
        if not status.st_nlink:  # nobody will ever read what is written here
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        log.add(trailer if log.ends_line(status.st_size) else "\n" + trailer, status.st_size)

    def _close(self, path: str) -> int:
        """Close the log if it is open; return how long it was."""
        log = self._open.pop(path, None)
        if log is None:
            return 0
        log.close()
        return log.size


class DiskRoom:
    """The free space of the file systems that hold the database and the logs."""

    LEAST = 1_000_000  # bytes: enough to write down what is under way

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)

    def shortage(self) -> str | None:
        """Return one line that says where there is too little room to begin a run, None if there is enough."""
        for folder in self._folders:
            try:
                disk = os.statvfs(_nearest(folder))
            except OSError as error:
                return f"{folder}: {error.strerror}"
            free = disk.f_bavail * disk.f_frsize
            if free < self.LEAST:
                return f"{folder}: {free} bytes free on this disk, at least {self.LEAST} needed"
            if disk.f_files and not disk.f_favail:  # some file systems do not count their files
                return f"{folder}: no further file can be made on this disk, whose number of files is limited"
        return None


def _nearest(folder: Path) -> Path:
    """Return the folder or, while it is gone, the one in which it will be made again."""
    return next((above for above in (folder, *folder.parents) if above.exists()), folder)


def _made(path: str, folder: str) -> tuple[_OpenLog, int]:
    """Return the log, made with its folder as needed, and its size; that of a new one need not be asked for."""
    try:
        try:
            return _OpenLog(path, os.O_CREAT | os.O_EXCL), 0
        except FileNotFoundError:
            _make_folder(folder)
            return _OpenLog(path, os.O_CREAT | os.O_EXCL), 0
    except FileExistsError:
        log = _OpenLog(path, os.O_CREAT)
        return log, os.fstat(log.descriptor).st_size


def _make_folder(folder: str) -> None:
    try:
        os.mkdir(folder, PRIVATE_FOLDER)  # noqa: PTH102 # as above; most often only the last one is missing
    except FileExistsError:
        pass
    except FileNotFoundError:
        os.makedirs(folder, PRIVATE_FOLDER, exist_ok=True)  # noqa: PTH103 # as above
