"""Tasks without a use of their own, for trying out queues and workers: quick, time-consuming, failing.

``cron-actors load`` submits them. They import as little as they can: a process begins with that.
"""

from __future__ import annotations

from time import sleep  # noqa: TID251 - to take time is all that one of them does


def quick(number: int) -> None:
    """Do nothing."""


def slow(number: int, seconds: float) -> None:
    """Take so long."""
    print(f"task {number} takes {seconds:g} s", flush=True)  # noqa: T201 - a log that can be watched
    sleep(seconds)


def failing(number: int) -> None:
    """Fail."""
    raise RuntimeError(f"task {number} fails on purpose")
