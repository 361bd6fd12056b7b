"""How the template process brings a warm child into the world."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal

from cron_actors.adapters.executors.birth import Birth
from cron_actors.adapters.executors.newborn import die_with_parent
from cron_actors.adapters.executors.warm_child import serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_ADOPTS_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_FIRST_KEPT = 64  # out of the way of programs that close and open low descriptors
_LAST_DESCRIPTOR = 1 << 20
_libc = ctypes.CDLL(None)


def bear_warm(files: list[int]) -> Birth:
    """Fork a warm child that gets these two descriptors, a socket and the permits; they are closed here."""
    template = os.getpid()
    try:
        pid = os.fork()
        if pid == 0:
            _live(files, template)
    finally:
        for file in files:
            os.close(file)
    return Birth(pid)


def _live(files: list[int], template: int) -> NoReturn:
    """Become the child; whatever happens, never return to the loop of the template."""
    try:
        os.setsid()
        die_with_parent()
        if os.getppid() == template:
            _libc.prctl(_ADOPTS_ORPHANS, 1, 0, 0, 0)
            end, permits = (fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, _FIRST_KEPT) for file in files)
            _close_all_but(end, permits)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            serve(end, permits)
    finally:
        os._exit(1)


def _close_all_but(*kept: int) -> None:
    begin = 3
    for file in sorted(kept):
        os.closerange(begin, file)
        begin = file + 1
    os.closerange(begin, _LAST_DESCRIPTOR)
