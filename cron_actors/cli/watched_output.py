"""The output of a job in the foreground, passed on and kept where success depends on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from contextlib import ExitStack
from typing import IO

from cron_actors.model.job import Success

PIECE = 1 << 16
MOST_PIECES = 32  # more than a pipe holds
STDOUT, STDERR = 1, 2


class WatchedOutput:
    """Pipes in place of those streams of the job that are to be looked at; the others stay the terminal's.

    What comes is passed on at once. At most ``limit`` bytes are kept, as the daemon keeps them in a log.
    """

    def __init__(self, success: Success, limit: int, files: ExitStack) -> None:
        searched = success.output is not None or success.output_not is not None
        self._pipes: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        for stream in (STDOUT, STDERR) if searched else (STDERR,) if success.stderr_fails else ():
            ours, theirs = os.pipe()
            self._pipes[ours] = stream
            self._ends[stream] = theirs
        self._room = limit
        self._kept: IO[bytes] | None = None
        if searched:
            self._kept = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        self.wrote_stderr = False
        files.callback(self.close)

    def end_for(self, stream: int) -> int | None:
        """Return what the job gets as this stream, None for our own."""
        return self._ends.get(stream)

    def begun(self) -> None:
        """Leave the job's ends of the pipes to the job alone."""
        for end in self._ends.values():
            os.close(end)
        self._ends.clear()

    @property
    def files(self) -> Collection[int]:
        """The descriptors to wait on beside others."""
        return self._pipes.keys()

    @property
    def log(self) -> str:
        """The path of what was kept, for processes of this user as long as this one lives."""
        if self._kept is None:
            return os.devnull
        self._kept.flush()
        return f"/proc/{os.getpid()}/fd/{self._kept.fileno()}"

    def pass_on(self, pipe: int) -> bool:
        """Pass on a piece of what there is; say whether more may come."""
        try:
            piece = os.read(pipe, PIECE)
        except BlockingIOError:
            return False
        if not piece:
            del self._pipes[pipe]
            os.close(pipe)
            return False
        stream = self._pipes[pipe]
        self.wrote_stderr |= stream == STDERR
        if self._kept is not None:
            self._kept.write(piece[: self._room])
            self._room -= min(self._room, len(piece))
        while piece:
            piece = piece[os.write(stream, piece) :]
        return True

    def pass_on_rest(self) -> None:
        """Pass on what the job has left behind; a process that goes on writing is not waited for."""
        for pipe in list(self._pipes):
            os.set_blocking(pipe, False)
            for _ in range(MOST_PIECES):
                if not self.pass_on(pipe):
                    break

    def close(self) -> None:
        """Free the descriptors."""
        for file in (*self._pipes, *self._ends.values()):
            os.close(file)
        self._pipes.clear()
        self._ends.clear()
