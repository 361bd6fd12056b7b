"""The log of a run that is performed by a warm child, from its header to its trailer."""

from __future__ import annotations

import os

from cron_actors.adapters.executors.output_tail import output_tail

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


class WarmLog:
    """An open log; ``start`` is its size when the header was written, which is where the output begins.

    ``is_first`` says that it is the first in its folder. Whether user code has left the descriptor alone is looked at
    when the output is read: nothing of it is called after that.
    """

    __slots__ = ("_file", "_is", "_is_ours", "_path", "_size", "is_first", "start")

    def __init__(self, path: str, header: str) -> None:
        """Open the file, made with its folder as needed, and append the header; raises OSError."""
        self._path = path
        self._is_ours = True
        self._file, self.is_first = _opened(path)
        try:
            self._add(header)
            self._is = os.fstat(self._file)
        except OSError:
            os.close(self._file)
            raise
        self.start = self._size = self._is.st_size

    def take_over(self) -> None:
        """Make it this process's standard output and error."""
        os.dup2(self._file, 1)
        os.dup2(self._file, 2)

    def tail(self) -> str:
        """Return the last output."""
        self._look()
        if not self._is_ours:
            return output_tail(self._path, self.start)
        return output_tail(self._path, self.start) if self._size > self.start else ""

    def finish(self, trailer: str) -> bool:
        """Append the trailer on a line of its own; False if that cannot be done."""
        try:
            if not self._is_ours:
                return False
            if self._size > self.start and os.pread(self._file, 1, self._size - 1) != b"\n":
                trailer = "\n" + trailer
            self._add(trailer)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Free the descriptor; standard output and error stay what they are."""
        if self._is_ours:
            os.close(self._file)

    def _look(self) -> None:
        """Note whether the descriptor is what it was, and the size of the file."""
        try:
            now = os.fstat(self._file)
        except OSError:
            self._is_ours = False
        else:
            self._size = now.st_size
            self._is_ours = os.path.samestat(now, self._is)

    def _add(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        while data:
            data = data[os.write(self._file, data) :]


def _opened(path: str) -> tuple[int, bool]:
    """Open the file; say whether its folder had to be made for it."""
    flags = os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags, _PRIVATE_FILE), False
    except FileNotFoundError:
        is_first = _make_folder(path.rpartition("/")[0])
        return os.open(path, flags, _PRIVATE_FILE), is_first


def _make_folder(path: str) -> bool:
    """Make the folder, with those above it as needed; say whether it was this process that did."""
    try:
        os.mkdir(path, _PRIVATE_FOLDER)  # noqa: PTH102 - pathlib costs memory
    except FileNotFoundError:
        os.makedirs(path, _PRIVATE_FOLDER, exist_ok=True)  # noqa: PTH103 - as above
        return False
    except FileExistsError:
        return False
    return True
