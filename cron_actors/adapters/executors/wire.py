"""Packets between the daemon and the process template: one JSON object each, over a SOCK_SEQPACKET socket.

An object longer than ``INLINE_BYTES`` travels as a memory file sent along with a one-byte packet, because the kernel
refuses long packets (EMSGSIZE). Imports stay few here: the template process pays for each of them.
"""

from __future__ import annotations

import json
import os
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

INLINE_BYTES = 65_536
_BY_FILE = b"\0"
_ONE_DESCRIPTOR = socket.CMSG_SPACE(4)
# Made once: json.dumps with separators makes an encoder for each call.
_encoder = json.JSONEncoder(separators=(",", ":"))


def encode(message: Mapping[str, Any]) -> bytes:
    """Return the packet of a message."""
    return _encoder.encode(message).encode()


def memory_file(name: str, content: bytes) -> int:
    """Return a new close-on-exec descriptor of a file in memory, to be read from its beginning."""
    file = os.memfd_create(name)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.lseek(file, 0, os.SEEK_SET)
    except OSError:
        os.close(file)
        raise
    return file


class Channel:
    """One end of the socket; it owns the socket and never blocks."""

    def __init__(self, end: socket.socket) -> None:
        """Take over the socket."""
        end.settimeout(0)
        self._socket = end

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def send(self, packet: bytes) -> bool:
        """Send the packet whole; False if there is no room now. Raises OSError if the other end is gone."""
        try:
            if len(packet) <= INLINE_BYTES:
                self._socket.send(packet)
            else:
                self._send_by_file(packet)
        except BlockingIOError:
            return False
        return True

    def receive(self) -> dict[str, Any] | None:
        """Return the next message, None when the other end is gone; raises BlockingIOError if there is none yet."""
        flags = socket.MSG_CMSG_CLOEXEC
        try:
            packet, ancillary, _, _ = self._socket.recvmsg(INLINE_BYTES, _ONE_DESCRIPTOR, flags)
        except ConnectionResetError:
            # Said once, and before what the other end sent last: the queue is still to be read.
            packet, ancillary, _, _ = self._socket.recvmsg(INLINE_BYTES, _ONE_DESCRIPTOR, flags)
        for _, _, descriptor in ancillary:
            with open(int.from_bytes(descriptor, sys.byteorder), "rb") as file:  # noqa: PTH123 - it has no path
                packet = file.read()
        if not packet:
            return None
        message: dict[str, Any] = json.loads(packet.decode())  # from bytes it would first guess the encoding
        return message

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send_by_file(self, packet: bytes) -> None:
        file = memory_file("packet", packet)
        try:
            socket.send_fds(self._socket, [_BY_FILE], [file])
        finally:
            os.close(file)
