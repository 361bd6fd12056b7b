"""Which processors the daemon's threads run on, and when they get there: all of them on one, one after the other.

Only one thread of a Python process runs at a time; spread over processors, each hand-over of the interpreter lock is
an interrupt to another processor. On one processor a burst of runs takes about two thirds of the time and half of the
CPU seconds. A thread that is woken there would at once displace the one that woke it, only to find the interpreter
lock taken: under SCHED_BATCH (sched(7)) it waits until the other one pauses, which saves two thirds of the switches
(``docs/performance.md``). The template process and all children are as free as the daemon was when it was started.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """The processors that a process may use, and its scheduling policy as sched(7) numbers them."""

    processors: frozenset[int]
    policy: int


def present_placement() -> Placement:
    """Return that of the thread that asks."""
    return Placement(frozenset(os.sched_getaffinity(0)), os.sched_getscheduler(0))


def settle_down() -> None:
    """Keep every thread of this process, and those they start from now on, to one of the processors it may use.

    They wait for each other there, unless somebody has given this process another policy than the usual one.
    """
    processors = sorted(os.sched_getaffinity(0))
    chosen = {processors[os.getpid() % len(processors)]}  # several daemons of one machine do not all take the first
    for thread in map(int, os.listdir("/proc/self/task")):  # noqa: PTH208 # names are all that is wanted
        with suppress(OSError):  # a thread that has just ended, or a machine that does not allow it
            os.sched_setaffinity(thread, chosen)
        with suppress(OSError):  # as above
            if os.sched_getscheduler(thread) == os.SCHED_OTHER:
                os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))
