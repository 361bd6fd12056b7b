"""Subscriptions: events for readers in this process, each with a bounded buffer of its own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from time import monotonic
from typing import Self

from cron_actors.core.events import event_of, kind_named, kinds_of
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Changed, RunChanged
from cron_actors.model.event import Event, EventKind

log = logging.getLogger(__name__)


class Subscription:
    """The events from the moment of the subscription on; iterate over it, or ``get`` one at a time.

    At most ``buffer`` changes wait to be read: beyond that the oldest are dropped, and ``missed`` counts them.
    ``kinds`` and ``jobs`` say what is wanted, None everything. Iteration ends when the daemon has ended or ``close``
    was called, after what waited until then. As a context manager it closes itself. May be read by several threads.
    """

    def __init__(
        self,
        buffer: int = 1_000,
        kinds: Iterable[EventKind | str] | None = None,
        jobs: Iterable[str] | None = None,
    ) -> None:
        if buffer < 1:
            raise InvalidValueError(f"buffer: found {buffer}; accepted: a whole number from 1")
        self.on_close: Callable[[Subscription], None] | None = None
        self._kinds = None if kinds is None else frozenset(map(kind_named, kinds))
        self._jobs = None if jobs is None else frozenset([jobs] if isinstance(jobs, str) else jobs)
        self._waiting: deque[tuple[int, RunChanged]] = deque(maxlen=buffer)
        self._buffer = buffer
        self._read: deque[Event] = deque()  # of a change that is two events, the second
        self._changed = threading.Condition()
        self._closed = False
        self._missed = 0

    @property
    def missed(self) -> int:
        """Return how many changes were dropped so far because nobody read them in time."""
        return self._missed

    @property
    def closed(self) -> bool:
        """Say whether no more events come; some may still wait to be read."""
        return self._closed

    def get(self, timeout: float | None = None) -> Event | None:
        """Return the next event; None if there is none within ``timeout`` seconds, or none will come any more."""
        until = None if timeout is None else monotonic() + timeout
        with self._changed:
            while not (self._read or self._take()):
                left = None if until is None else until - monotonic()
                if self._closed or (left is not None and left <= 0):
                    return None
                self._changed.wait(left)
            return self._read.popleft()

    def close(self) -> None:
        """Ask for no more events; what waits can still be read."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self.on_close is not None:
            self.on_close(self)

    def tell(self, message: Changed) -> None:
        """Keep what is wanted of these changes; neither blocks for long nor raises."""
        wanted = message.changes
        if self._kinds is not None or self._jobs is not None:
            wanted = tuple(filter(self._wants, wanted))
        if not wanted:
            return
        with self._changed:
            if self._closed:
                return
            self._missed += max(0, len(self._waiting) + len(wanted) - self._buffer)
            self._waiting.extend(zip(repeat(message.commit), wanted))  # the first never ends
            self._changed.notify_all()

    def _wants(self, change: RunChanged) -> bool:
        if self._jobs is not None and change.job not in self._jobs:
            return False
        return self._kinds is None or not self._kinds.isdisjoint(kinds_of(change))

    def _take(self) -> bool:
        if not self._waiting:
            return False
        sequence, change = self._waiting.popleft()
        kinds = kinds_of(change)
        self._read.extend(
            event_of(kind, change, sequence) for kind in kinds if self._kinds is None or kind in self._kinds
        )
        return True

    def __iter__(self) -> Iterator[Event]:
        while (event := self.get()) is not None:
            yield event

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def call_back(subscription: Subscription, callback: Callable[[Event], object]) -> threading.Thread:
    """Call back with every event from a thread of its own until the subscription ends.

    What the callback raises is logged, the first time in full, and costs it that one event.
    """

    def work() -> None:
        failed = 0
        for event in subscription:
            try:
                callback(event)
            except Exception as error:  # whatever a user's function raises is his, and the next event may be fine
                failed += 1
                if failed == 1:
                    log.exception("a callback for events failed; the next times only their number is said")
                elif failed & (failed - 1) == 0:
                    log.error("a callback for events has failed %d times, now with %r", failed, error)  # noqa: TRY400 # as said

    thread = threading.Thread(target=work, name="events callback", daemon=True)
    thread.start()
    return thread
