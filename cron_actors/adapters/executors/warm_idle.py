"""Warm children that have nothing to do, by what they can be used for."""

from __future__ import annotations

from cron_actors.adapters.executors.warm_batch import Home
from cron_actors.adapters.executors.warm_process import WarmProcess


class IdleProcesses:
    """Idle children, each kept for ``keep`` seconds; moments are readings of the monotonic clock."""

    def __init__(self, keep: float) -> None:
        self._keep = keep
        self._by_home: dict[Home, list[WarmProcess]] = {}

    def put(self, process: WarmProcess, now: float) -> None:
        """Keep the child from now on."""
        process.idle_since = now
        self._by_home.setdefault(process.home, []).append(process)

    def has(self, home: Home) -> bool:
        """Say whether there is a child for this."""
        return bool(self._by_home.get(home))

    def take(self, home: Home) -> WarmProcess | None:
        """Take the child that has been idle for the shortest time, so that those too many become older."""
        idle = self._by_home.get(home)
        return idle.pop() if idle else None

    def remove(self, process: WarmProcess) -> None:
        """Let go of the child, if it is here."""
        idle = self._by_home.get(process.home, [])
        if process in idle:
            idle.remove(process)

    def overdue(self, now: float) -> list[WarmProcess]:
        """Take those that have been idle for too long."""
        taken = []
        for home, idle in list(self._by_home.items()):
            while idle and now - idle[0].idle_since >= self._keep:
                taken.append(idle.pop(0))
            if not idle:
                del self._by_home[home]
        return taken

    def next_overdue(self) -> float | None:
        """Return when the next one will have been idle for too long."""
        moments = [idle[0].idle_since + self._keep for idle in self._by_home.values() if idle]
        return min(moments) if moments else None
