"""The log of a run that is performed by a warm child, from its header to its trailer."""

from __future__ import annotations

import os

from cron_actors.adapters.executors.output_tail import output_tail

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


class WarmLog:
    """An open log; ``start`` is its size when the header was written, which is where the output begins."""

    __slots__ = ("_file", "_is", "_path", "_size", "start")

    def __init__(self, path: str, header: str) -> None:
        """Open the file, made with its folder as needed, and append the header; raises OSError."""
        self._path = path
        self._file = _opened(path)
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
        if not self._is_ours():
            return output_tail(self._path, self.start)
        return output_tail(self._path, self.start) if self._size > self.start else ""

    def finish(self, trailer: str) -> bool:
        """Append the trailer on a line of its own; False if that cannot be done."""
        try:
            if not self._is_ours():
                return False
            if self._size > self.start and os.pread(self._file, 1, self._size - 1) != b"\n":
                trailer = "\n" + trailer
            self._add(trailer)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Free the descriptor; standard output and error stay what they are."""
        if self._is_ours():
            os.close(self._file)

    def _is_ours(self) -> bool:
        """Say whether user code has left the descriptor alone, and note the size of the file."""
        try:
            now = os.fstat(self._file)
        except OSError:
            return False
        self._size = now.st_size
        return os.path.samestat(now, self._is)

    def _add(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        while data:
            data = data[os.write(self._file, data) :]


def _opened(path: str) -> int:
    flags = os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags, _PRIVATE_FILE)
    except FileNotFoundError:
        os.makedirs(path.rpartition("/")[0], _PRIVATE_FOLDER, exist_ok=True)  # noqa: PTH103 - pathlib costs memory
        return os.open(path, flags, _PRIVATE_FILE)
