"""When to look whether a warm child has begun a run, which it does not tell by itself.

Most runs are over before anybody could use that knowledge, and whoever tells it has to be woken for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from cron_actors.adapters.executors.warm_process import WarmProcess

_AT_ONCE = 0.025  # seconds: a run that takes longer is told to have begun


class Lookout:
    """Knows which children to look at; moments are readings of the monotonic clock, ``next_at`` the first of them."""

    def __init__(self) -> None:
        self.next_at: float | None = None

    def expect(self, process: WarmProcess, now: float) -> bool:
        """Note that the child can begin a run from now on; say whether nothing was expected before."""
        process.began = now
        process.look_at = now + _AT_ONCE
        if self.next_at is not None:
            return False
        self.next_at = process.look_at
        return True

    def begun(self, processes: Iterable[WarmProcess], now: float) -> list[WarmProcess]:
        """Return those found to have begun a run; each is returned once for a run."""
        if self.next_at is None or now < self.next_at:
            return []
        found = []
        self.next_at = None
        for process in processes:
            if process.look_at is None:
                continue
            if process.look_at <= now:
                if process.has_begun():
                    process.look_at = None
                    found.append(process)
                    continue
                process.look_at = now + _AT_ONCE
            self.next_at = process.look_at if self.next_at is None else min(self.next_at, process.look_at)
        return found
