"""Which processors the daemon's threads run on: all of them on one.

Only one thread of a Python process runs at a time; spread over processors, each hand-over of the interpreter lock is
an interrupt to another processor. On one processor a burst of runs takes about two thirds of the time and half of the
CPU seconds (``docs/performance.md``). The template process and all children are free to use every processor.
"""

from __future__ import annotations

import os
from contextlib import suppress


def keep_to_one() -> None:
    """Keep every thread of this process, and those they start from now on, to one of the processors it may use."""
    processors = sorted(os.sched_getaffinity(0))
    chosen = {processors[os.getpid() % len(processors)]}  # several daemons of one machine do not all take the first
    for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 # names are all that is wanted
        with suppress(OSError):  # a thread that has just ended, or a machine that does not allow it
            os.sched_setaffinity(int(thread), chosen)
