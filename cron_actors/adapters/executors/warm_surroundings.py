"""What a run finds around it in a process that has performed others: as if it were the first.

What a module does to its process when it is imported stays, because it is not imported again; what a run does after
that is put back before the next: variables, working directory, umask, signal handlers, alarms, blocked signals,
standard streams, and the handlers and level of the root logger. Everything else of the process stays as runs leave it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what signal itself returns it makes enums of, at ten times the cost
import logging
import os
import signal
import sys
import time

from cron_actors.adapters.executors.programs import enter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_SIGNALS = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGALRM,
    signal.SIGCHLD,
    signal.SIGPIPE,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_CODING, _ERRORS = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
_ZONE = b"TZ"


class Surroundings:
    """The surroundings that every run of this process begins in; made before the first."""

    def __init__(self) -> None:
        """Note them as they are now."""
        self._home = os.open(".", os.O_PATH | os.O_CLOEXEC)
        self._umask = os.umask(0)
        os.umask(self._umask)
        self._variables = dict(_environment())
        self._overlay: set[bytes] = set()
        self._left = self._variables  # as the last run is to leave them
        self._streams = (sys.stdout, sys.stderr)
        self._note_handlers()

    def enter(self, call: Mapping[str, Any], overlay: Mapping[str, str], folder: str | None) -> None:
        """Put back what was changed, set the variables of the run, enter its folder.

        Raises StillbornError if the folder cannot be entered, OSError if something cannot be put back.
        """
        os.fchdir(self._home)
        os.umask(self._umask)
        # os.fsencode does the same in three times as long.
        pairs = [(name.encode(_CODING, _ERRORS), value.encode(_CODING, _ERRORS)) for name, value in overlay.items()]
        self._set_variables(dict(pairs))
        self._put_handlers_back()
        sys.stdout, sys.stderr = self._streams
        sys.argv = [call["path"]]
        sys.modules["__main__"] = type(sys)("__main__")
        if folder is not None:
            enter(folder)

    def settle(self) -> None:
        """Keep what the import of a module has changed."""
        before = self._variables
        self._variables = {name: value for name, value in _environment().items() if name not in self._overlay}
        self._variables.update((name, before[name]) for name in self._overlay & before.keys())
        self._note_handlers()

    def calm(self) -> bool:
        """Let no alarm of the run that is over ring in the next; say whether its output streams can be used again."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        return not any(stream is None or stream.closed for stream in self._streams)

    def _set_variables(self, overlay: dict[bytes, bytes]) -> None:
        wanted, found = self._variables | overlay, _environment()
        # Mostly the last run has changed none: then it is enough to go through those that runs differ in.
        suspects = self._overlay | overlay.keys() if found == self._left else wanted.keys() | found.keys()
        self._overlay, self._left = set(overlay), wanted
        zone = found.get(_ZONE)
        for name in suspects:
            value = wanted.get(name)
            if found.get(name) == value:
                continue
            if value is None:
                del os.environb[name]
            else:
                os.environb[name] = value
        if zone != wanted.get(_ZONE):
            time.tzset()

    def _note_handlers(self) -> None:
        root = logging.getLogger()
        self._logging = (list(root.handlers), root.level)
        self._handlers = [_signal.getsignal(number) for number in _SIGNALS]

    def _put_handlers_back(self) -> None:
        root = logging.getLogger()
        handlers, level = self._logging
        if root.handlers != handlers:
            root.handlers[:] = handlers
        if root.level != level:
            root.setLevel(level)
        for number, handler in zip(_SIGNALS, self._handlers, strict=True):
            if handler is not None and _signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        if signal.pthread_sigmask(signal.SIG_BLOCK, ()):
            signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _environment() -> dict[bytes, bytes]:
    """Return the variables as they are kept: to go through os.environ takes a hundred times as long."""
    kept: dict[bytes, bytes] = os.environb._data  # type: ignore[attr-defined]  # noqa: SLF001 - for its speed
    return kept
