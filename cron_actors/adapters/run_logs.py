"""Log files of runs on the local disk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cron_actors.adapters.log_retention import LogRetention
from cron_actors.core.run_log import LATEST
from cron_actors.model.job import Retention

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class RunLogFiles:
    """Log files that only their owner can read; ``latest.txt`` beside them points at the newest."""

    def __init__(self, retention: LogRetention | None = None) -> None:
        self._retention = retention or LogRetention()

    def begin(self, path: str, header: str) -> None:
        """Append the header, making the file, its folder and the link to the newest file as needed."""
        self._retention.begun(path)
        folder, name = os.path.split(path)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags, PRIVATE_FILE)
        except FileNotFoundError:
            os.makedirs(folder, PRIVATE_FOLDER, exist_ok=True)  # noqa: PTH103 # this runs for every run: Path is slower
            descriptor = os.open(path, flags, PRIVATE_FILE)
        try:
            _write(descriptor, header)
        finally:
            os.close(descriptor)
        self._point(folder, name)

    def finish(self, path: str, trailer: str) -> None:
        """Append the trailer, on a line of its own."""
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            at_line_start = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
            _write(descriptor, trailer if at_line_start else "\n" + trailer)
        finally:
            os.close(descriptor)

    def truncate(self, path: str, size: int) -> bool:
        """Cut the file to ``size`` bytes if it is longer; say whether it was."""
        if self.size(path) <= size:
            return False
        os.truncate(path, size)
        return True

    def size(self, path: str) -> int:
        """Return the size of the file in bytes."""
        return os.stat(path).st_size  # noqa: PTH116 # as above

    def retire(self, path: str, retention: Retention) -> None:
        """Let the log go, and now and then delete what its folder holds beyond the retention."""
        self._retention.over(path, retention)

    def _point(self, folder: str, name: str) -> None:
        # A link cannot be replaced in one step, a name can: readers always find one of the two files.
        fresh = os.path.join(folder, f".{name}.link")  # noqa: PTH118 # as above
        try:
            os.symlink(name, fresh)  # noqa: PTH211 # as above
        except FileExistsError:  # left by a daemon that was killed right here
            os.unlink(fresh)  # noqa: PTH108 # as above
            os.symlink(name, fresh)  # noqa: PTH211 # as above
        os.replace(fresh, os.path.join(folder, LATEST))  # noqa: PTH105, PTH118 # as above


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


def _write(descriptor: int, text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(descriptor, data) :]
