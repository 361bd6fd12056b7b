"""Packets on the socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cron_actors.adapters.executors.wire import INLINE_BYTES, Channel, encode, memory_file


@pytest.fixture
def channels() -> Iterator[tuple[Channel, Channel]]:
    ours, theirs = (Channel(end) for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize("length", [0, 100, INLINE_BYTES - 8, INLINE_BYTES - 7, 300_000, 5_000_000])
def test_a_message_of_any_length_arrives_as_it_was(channels: tuple[Channel, Channel], length: int) -> None:
    ours, theirs = channels
    assert ours.send(encode({"x": "é" if length == 0 else "y" * length}))
    assert theirs.receive() == {"x": "é" if length == 0 else "y" * length}


def test_messages_arrive_in_order_whatever_their_way(channels: tuple[Channel, Channel]) -> None:
    ours, theirs = channels
    for number in range(4):
        assert ours.send(encode({"n": number, "pad": "z" * (100_000 * (number % 2))}))
    assert [(theirs.receive() or {})["n"] for _ in range(4)] == [0, 1, 2, 3]


def test_no_message_yet_is_not_the_end(channels: tuple[Channel, Channel]) -> None:
    with pytest.raises(BlockingIOError):
        channels[0].receive()


def test_a_full_socket_refuses_without_blocking_or_losing(channels: tuple[Channel, Channel]) -> None:
    ours, theirs = channels
    packet = encode({"pad": "z" * 1_000})
    sent = 0
    while ours.send(packet):
        sent += 1
    assert theirs.receive() is not None
    while ours.send(packet):
        sent += 1
    for _ in range(sent - 1):
        assert theirs.receive() is not None
    with pytest.raises(BlockingIOError):
        theirs.receive()


def test_what_was_sent_before_the_end_is_received_before_the_end(channels: tuple[Channel, Channel]) -> None:
    ours, theirs = channels
    ours.send(encode({"never": "read"}))
    theirs.send(encode({"last": "words"}))
    theirs.close()
    assert ours.receive() == {"last": "words"}
    assert ours.receive() is None
    with pytest.raises(BrokenPipeError):
        ours.send(encode({}))


def test_a_long_message_leaves_no_descriptor_behind(channels: tuple[Channel, Channel]) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    channels[0].send(encode({"x": "y" * 1_000_000}))
    channels[1].receive()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_memory_file_is_read_from_its_beginning_and_not_inherited() -> None:
    file = memory_file("test", b"content")
    assert os.read(file, 100) == b"content"
    assert not os.get_inheritable(file)
    os.close(file)
