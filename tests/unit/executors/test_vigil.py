from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator

import pytest

from cron_actors.adapters.executors.vigil import Vigil
from cron_actors.adapters.executors.wire import Channel

LONG = 60.0  # seconds: a wait that comes to this fails by the time limit of the tests


class Post:
    """A vigil and what it waits for."""

    def __init__(self) -> None:
        self.wakeup = os.eventfd(0)
        self.warm, self.far_warm = socket.socketpair()
        self.vigil = Vigil(self.wakeup, self.warm.fileno())
        self.sockets = [self.warm, self.far_warm]

    def channel(self) -> tuple[Channel, socket.socket]:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sockets += [near, far]
        return Channel(near), far

    def wait(self, channel: Channel | None, *, for_room: bool = False, seconds: float | None = LONG) -> bool:
        return self.vigil.wait(channel, for_room=for_room, seconds=seconds)


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    yield post
    os.close(post.wakeup)
    for end in post.sockets:
        end.close()


def test_a_wait_ends_with_any_of_what_it_waits_for(post: Post) -> None:
    channel, far = post.channel()
    assert not post.wait(channel, for_room=True)
    far.send(b"{}")
    assert post.wait(channel)
    assert post.wait(channel, for_room=True)
    assert channel.receive() == {}
    post.far_warm.send(b"x")
    assert not post.wait(channel)
    post.warm.recv(1)
    assert not post.wait(channel, seconds=0.001)


def test_the_end_of_a_channel_is_something_to_be_received(post: Post) -> None:
    channel, far = post.channel()
    far.close()
    assert post.wait(channel)
    assert channel.receive() is None


def test_a_call_wakes_once(post: Post) -> None:
    os.eventfd_write(post.wakeup, 3)
    post.wait(None)
    assert select.select([post.wakeup], [], [], 0)[0] == []


def test_room_is_waited_for_only_while_that_is_wanted(post: Post) -> None:
    channel, _ = post.channel()
    post.wait(channel, for_room=True)
    os.eventfd_write(post.wakeup, 1)
    post.wait(channel)
    assert select.select([post.wakeup], [], [], 0)[0] == [], "it went on waiting beside the room"


def test_a_channel_in_the_place_of_another_is_waited_for_even_under_its_number(post: Post) -> None:
    first, far = post.channel()
    far.send(b"{}")
    post.wait(first)
    number = first.fileno()
    first.close()
    second, far = post.channel()
    assert second.fileno() == number
    far.send(b"{}")
    post.wait(second)
    assert second.receive() == {}
    second.close()
    post.wait(None, seconds=0.001)
    third, far = post.channel()
    far.send(b"{}")
    post.wait(third)
