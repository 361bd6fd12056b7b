"""What the thread of the executor's reports waits for."""

from __future__ import annotations

import math
import os
import select

from cron_actors.adapters.executors.wire import Channel


class Vigil:
    """Waits for a call of ``wakeup`` (an eventfd), for ``warm`` to be readable, and for the channel of the template.

    It is for one thread. What to wait for is registered when it changes: anew for each wait it took as long as the rest
    of a wait.
    """

    def __init__(self, wakeup: int, warm: int) -> None:
        """Take the two descriptors, which stay those of the caller."""
        self._wakeup = wakeup
        self._poll = select.poll()
        self._poll.register(wakeup, select.POLLIN)
        self._poll.register(warm, select.POLLIN)
        self._channel: Channel | None = None
        self._descriptor = -1
        self._events = 0

    def wait(self, channel: Channel | None, *, for_room: bool, seconds: float | None) -> bool:
        """Wait until anything comes, or ``channel`` has room if that is wanted; None: however long that takes.

        Return whether there is anything to be received from the channel, or it is at its end.
        """
        if channel is not self._channel:
            self._turn_to(channel)
        events = select.POLLIN | select.POLLOUT if for_room else select.POLLIN
        if channel is not None and events != self._events:
            self._poll.register(self._descriptor, events)
            self._events = events
        found = dict(self._poll.poll(None if seconds is None else math.ceil(seconds * 1000)))
        if self._wakeup in found:
            os.eventfd_read(self._wakeup)
        return channel is not None and found.get(self._descriptor, 0) & ~select.POLLOUT != 0

    def _turn_to(self, channel: Channel | None) -> None:
        """Wait for another channel from now on; the one before may be closed, and its number in use again."""
        if self._channel is not None:
            self._poll.unregister(self._descriptor)
        self._channel, self._events = channel, 0
        if channel is not None:
            self._descriptor = channel.fileno()
