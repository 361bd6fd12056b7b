"""Orders for the template process that it has no room for, or that wait for the next one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from cron_actors.adapters.executors.orders import end_order
from cron_actors.adapters.executors.warm_process import WarmProcess
from cron_actors.adapters.executors.wire import Channel, encode


class Post(NamedTuple):
    """An order as it is sent: ``starts`` names what it starts, ``child`` is the warm one if it starts one."""

    starts: str | None
    packet: bytes
    child: WarmProcess | None = None


@dataclass(frozen=True, slots=True)
class Orders:
    """How the pool has the template process do something, and the thread of the reports look after the pool."""

    post: Callable[[Post], None]
    wake: Callable[[], None]

    def bear(self, process: WarmProcess) -> None:
        """Have the child started."""
        self.post(Post(process.name, encode({"key": process.name}), process))

    def kill(self, process: WarmProcess, kill_after: timedelta) -> None:
        """Have SIGTERM sent to the group of the child, SIGKILL later."""
        self.post(Post(None, end_order(process.name, kill_after)))


class Outbox:
    """Sends in order what is posted, as far as there is room; ``channel`` is None while there is no template.

    It is not for several threads at once.
    """

    def __init__(self) -> None:
        self.channel: Channel | None = None
        self._posts: deque[Post] = deque()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._posts)

    def post(self, post: Post) -> bool:
        """Send it now if that is possible; else it waits, and False is returned."""
        if not self._posts and self._sent(post):
            return True
        self._posts.append(post)
        return False

    def send_waiting(self) -> None:
        """Send what waits, as far as there is room."""
        while self._posts and self._sent(self._posts[0]):
            self._posts.popleft()

    def starts(self) -> set[str | None]:
        """Return what is not started because its order waits."""
        return {post.starts for post in self._posts}

    def clear(self) -> None:
        """Forget everything that waits."""
        self._posts.clear()

    def _sent(self, post: Post) -> bool:
        if self.channel is None:
            return False
        try:
            if post.child is None:
                return self.channel.send(post.packet)
            sent = self.channel.send(post.packet, post.child.descriptors())
        except OSError:
            # The template is dead, which the thread finds out by itself; the order waits for the next one.
            return False
        if sent:
            post.child.end.close()
        return sent
