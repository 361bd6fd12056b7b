"""Whether jobs files have changed, by looking at them now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Look = tuple[int, ...] | None
Looks = Mapping[str, Look]


class FileWatch:
    """Compares files with what they were when they were read; ``list_files`` names them anew at each look.

    A change counts when two looks in a row show the same: a file is not read while it is being written.
    """

    def __init__(self, list_files: Callable[[], Iterable[str]]) -> None:
        self._list_files = list_files
        self._also: frozenset[str] = frozenset()
        self._read: Looks = self.look()
        self._last = self._read

    def look(self) -> Looks:
        """Return what can be seen of each file without reading it, None for one that cannot be looked at."""
        return {name: _look(name) for name in self._also.union(self._list_files())}

    def follow(self, names: Iterable[str]) -> None:
        """From now on look at these too: files that the listed ones name."""
        self._also = frozenset(names)
        new = {name: look for name, look in self.look().items() if name in self._also and name not in self._read}
        self._read = {**self._read, **new}
        self._last = {**self._last, **new}

    def has_changed(self) -> bool:
        """Look once more; say whether the files differ from those that were read, and have come to rest."""
        seen, self._last = self._last, self.look()
        return self._last == seen and self._last != self._read

    def begin_reading(self) -> frozenset[str]:
        """Note that the files are read now as they are; return those that are as they were at the last reading."""
        before, self._read = self._read, self.look()
        self._last = self._read
        return frozenset(name for name, look in self._read.items() if look is not None and before.get(name) == look)


def _look(name: str) -> Look:
    """Follow links: what a link points at may be exchanged, as configuration mounted into containers is."""
    try:
        found = Path(name).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
