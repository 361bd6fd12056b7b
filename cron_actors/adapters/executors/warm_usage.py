"""What a process that performs run after run has used, for each of them."""

from __future__ import annotations

import os
import resource

_BYTES_PER_KILOBYTE = 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage:
    """What this process, and children that it has waited for, have used."""

    def __init__(self) -> None:
        """Begin with nothing used."""
        self._seconds = 0.0
        self._peak = 0  # of this process alone

    def since_last(self) -> tuple[int, int]:
        """Return the microseconds of CPU time since the last question, and the peak of memory in bytes so far."""
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        before = self._seconds
        self._seconds = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        self._peak = own.ru_maxrss * _BYTES_PER_KILOBYTE
        return int((self._seconds - before) * 1e6), max(own.ru_maxrss, children.ru_maxrss) * _BYTES_PER_KILOBYTE

    def is_beyond(self, limit: int) -> bool:
        """Say whether this process takes more memory now; looked at in full only if it did at any time."""
        if self._peak <= limit:
            return False
        try:
            with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - pathlib costs memory
                return int(file.read().split()[1]) * _PAGE > limit
        except OSError:  # no descriptor is left for it, which is a reason to leave, too
            return True
