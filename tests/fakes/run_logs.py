"""Log files in memory."""

from __future__ import annotations

import errno
import os

from cron_actors.model.job import Retention


class FakeRunLogs:
    """Texts by path; ``failure`` is the errno that everything fails with."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.failure: int | None = None
        self.retired: list[tuple[str, Retention]] = []
        self.held: list[str] = []

    def begin(self, path: str, header: str) -> None:
        self._check()
        self.files[path] = self.files.get(path, "") + header

    def has_begun(self, path: str, header: str) -> bool:
        self._check()
        return header in self.files.get(path, "")

    def hold(self, path: str) -> None:
        self.held.append(path)

    def finish(self, path: str, trailer: str) -> None:
        self._check()
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self.files[path] += trailer

    def truncate(self, path: str, size: int) -> bool:
        self._check()
        longer = len(self.files[path]) > size
        self.files[path] = self.files[path][:size]
        return longer

    def size(self, path: str) -> int:
        self._check()
        return len(self.files[path])

    def retire(self, path: str, retention: Retention) -> None:
        self._check()
        self.retired.append((path, retention))

    def _check(self) -> None:
        if self.failure is not None:
            raise OSError(self.failure, os.strerror(self.failure))


NO_SPACE = errno.ENOSPC
NO_PERMISSION = errno.EACCES
