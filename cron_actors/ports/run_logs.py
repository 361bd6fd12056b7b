"""The log files of runs, and the room there is for them."""

from __future__ import annotations

from typing import Protocol

from cron_actors.model.job import Retention


class RunLogs(Protocol):
    """Log files by path; every method may raise OSError (no room, no permission)."""

    def begin(self, path: str, header: str) -> None:
        """Append the header, making the file, its folder and the link to the newest file as needed."""

    def has_begun(self, path: str, header: str) -> bool:
        """Say whether the header stands in the log; of one that is too long to be read it is taken to."""

    def hold(self, path: str) -> None:
        """Keep a log that another process has begun until it is retired."""

    def finish(self, path: str, trailer: str) -> None:
        """Append the trailer, on a line of its own."""

    def truncate(self, path: str, size: int) -> bool:
        """Cut the file to ``size`` bytes if it is longer; say whether it was."""

    def size(self, path: str) -> int:
        """Return the size of the file in bytes."""

    def retire(self, path: str, retention: Retention) -> None:
        """Let go of the log of a run that is over; now and then, delete what its folder holds beyond the retention.

        A log that was begun stays until it is retired, and the newest one stays always.
        """


class Room(Protocol):
    """The room on the disks that the daemon writes to."""

    def shortage(self) -> str | None:
        """Return one line that says where there is too little room to begin a run, None if there is enough."""
