"""The daemon's handle on one template process: starting it, talking to it, stopping it."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from cron_actors.adapters.executors.wire import Channel
from cron_actors.adapters.processors import Placement
from cron_actors.errors import StartError

_PROGRAM = "cron_actors.adapters.executors.zygote"
_READY_WITHIN = timedelta(seconds=20)
_STOP_WITHIN = timedelta(seconds=5)


class Template:
    """A running template process and the channel to it; raises StartError if it does not get ready."""

    def __init__(self, working_directory: Path, placement: Placement) -> None:
        """Start it in the folder, placed like this, and wait until it is ready."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel = Channel(ours)
        try:
            with theirs:
                self._process = _start(theirs.fileno(), working_directory, placement)
        except OSError as error:
            self.channel.close()
            raise StartError(f"cannot start the process template {sys.executable!r}: {error.strerror}") from error
        if not self._is_ready():
            status = self.stop()
            raise StartError(f"the process template {sys.executable!r} did not get ready (exit status {status})")

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def stop(self) -> int:
        """Close the channel, upon which it kills its children; wait for its end and return its status."""
        self.channel.close()
        try:
            return self._process.wait(_STOP_WITHIN.total_seconds())
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _is_ready(self) -> bool:
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        if not poll.poll(_READY_WITHIN.total_seconds() * 1000):
            return False
        return self.channel.receive() is not None


def _start(end: int, working_directory: Path, placement: Placement) -> subprocess.Popen[bytes]:
    processors = ",".join(map(str, sorted(placement.processors)))
    # Its own session: the terminal's Ctrl-C is the daemon's alone. -P: no file of the user's shadows a library.
    return subprocess.Popen(  # noqa: S603 - our own program, by the interpreter that runs this
        [sys.executable, "-P", "-m", _PROGRAM, str(end), processors, str(placement.policy)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if _stderr_is_open() else subprocess.DEVNULL,
        cwd=working_directory,
        pass_fds=(end,),
        start_new_session=True,
    )


def _stderr_is_open() -> bool:
    # Where it was closed from the beginning, its number may be that of another file by now.
    return sys.__stderr__ is not None and Path("/proc/self/fd/2").exists()
