"""When to give up on actors: a budget of restarts, and a watch for those that make no progress."""

from __future__ import annotations

from collections import deque

RESTARTS = 5
PERIOD = 60.0  # seconds
HUNG_AFTER = 30.0  # seconds
LONGEST_LOOK = 10.0  # seconds that one look can add to the time an actor was seen stuck


class Budget:
    """At most ``restarts`` restarts within ``period`` seconds, as the intensity of an OTP supervisor."""

    def __init__(self, restarts: int = RESTARTS, period: float = PERIOD) -> None:
        self._restarts = restarts
        self._period = period
        self._spent: deque[float] = deque()

    def spend(self, monotonic: float) -> bool:
        """Take one restart from the budget; say whether there was one left."""
        while self._spent and monotonic - self._spent[0] > self._period:
            self._spent.popleft()
        self._spent.append(monotonic)
        return len(self._spent) <= self._restarts


class Watch:
    """Remembers how far each actor had come, and for how long it has come no further although mail waited."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float, float]] = {}

    def hangs(self, name: str, handled: int, waiting: int, monotonic: float) -> bool:
        """Say whether mail has waited for the actor for 30 s without its handling any message."""
        before = self._seen.pop(name, None)
        if waiting == 0:
            return False
        stuck = 0.0
        if before is not None and before[0] == handled:
            # Nobody looked for long: then the whole process stood still (stopped, frozen), not this actor.
            stuck = before[1] + min(monotonic - before[2], LONGEST_LOOK)
        self._seen[name] = (handled, stuck, monotonic)
        return stuck >= HUNG_AFTER
