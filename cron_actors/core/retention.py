"""Which log files of a job are too many, too old or too large: the newest are kept (D3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from cron_actors.model.job import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A log file in its folder: when it was last written to, and its bytes."""

    name: str
    written_at: datetime
    size: int


def surplus(files: Iterable[LogFile], retention: Retention, now: datetime, kept: Collection[str] = ()) -> list[str]:
    """Return the names of the files to delete, newest first; those in ``kept`` stay whatever their age, and count.

    From the newest on, files are kept as long as they are within the number and their bytes together within the size.
    """
    doomed: list[str] = []
    total = 0
    newest_first = sorted(files, key=lambda file: (file.written_at, file.name), reverse=True)
    for number, file in enumerate(newest_first, start=1):
        total += file.size
        beyond = number > retention.count or total > retention.size or now - file.written_at > retention.age
        if beyond and file.name not in kept:
            doomed.append(file.name)
    return doomed
