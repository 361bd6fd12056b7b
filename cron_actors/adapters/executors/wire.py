"""Packets between the daemon and the process template: one JSON object each, over a SOCK_SEQPACKET socket.

An object longer than ``INLINE_BYTES`` travels as a memory file sent along with a one-byte packet, because the kernel
refuses long packets (EMSGSIZE). Other descriptors can go with a shorter one. Imports stay few here: the template
process pays for each of them.
"""

from __future__ import annotations

import json
import os
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

INLINE_BYTES = 65_536
_BY_FILE = b"\0"
_DESCRIPTOR_BYTES = 4
_MOST_DESCRIPTORS = 2
_ROOM = socket.CMSG_SPACE(_MOST_DESCRIPTORS * _DESCRIPTOR_BYTES)
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

    def send(self, packet: bytes, files: Sequence[int] = ()) -> bool:
        """Send the packet whole; False if there is no room now. Raises OSError if the other end is gone.

        Up to two descriptors go with a packet that is no longer than ``INLINE_BYTES``.
        """
        try:
            if files:
                socket.send_fds(self._socket, [packet], files)
            elif len(packet) <= INLINE_BYTES:
                self._socket.send(packet)
            else:
                self._send_by_file(packet)
        except BlockingIOError:
            return False
        return True

    def receive(self) -> dict[str, Any] | None:
        """Return the next message, None when the other end is gone; raises BlockingIOError if there is none yet.

        Descriptors that came with it are its ``files``, and belong to the caller.
        """
        flags = socket.MSG_CMSG_CLOEXEC
        try:
            packet, ancillary, _, _ = self._socket.recvmsg(INLINE_BYTES, _ROOM, flags)
        except ConnectionResetError:
            # Said once, and before what the other end sent last: the queue is still to be read.
            packet, ancillary, _, _ = self._socket.recvmsg(INLINE_BYTES, _ROOM, flags)
        files = _descriptors(ancillary) if ancillary else []
        if packet == _BY_FILE:
            with open(files.pop(), "rb") as file:  # noqa: PTH123 - it has no path
                packet = file.read()
        if not packet:
            return None
        message: dict[str, Any] = json.loads(packet.decode())  # from bytes it would first guess the encoding
        if files:
            message["files"] = files
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


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    content = b"".join(data for _, _, data in ancillary)
    return [
        int.from_bytes(content[place : place + _DESCRIPTOR_BYTES], sys.byteorder)
        for place in range(0, len(content), _DESCRIPTOR_BYTES)
    ]
