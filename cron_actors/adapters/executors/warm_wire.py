"""What a warm child and the daemon say to each other over a stream socket, as the child has it.

The daemon sends batches: four bytes of length, then JSON. What runs have in common stands there once; ``runs_of`` reads
them. The child sends lines, each a JSON list that begins with what
the child does next: ``GOES_ON`` (the next run of the batch has begun), ``IDLE`` (nothing more of the batch is begun),
``LEAVES`` (as ``IDLE``, and the process ends). A run that is over is told as ``[next, ended, duration, cpu, memory,
logged, tail, record]``: nanoseconds on the monotonic clock, microseconds twice, bytes, whether its log is ended, the
last output, and the record of the call, null for a plain success. ``[IDLE]`` alone: no run of the batch was begun.
``[LEAVES]`` alone: the run that had a permit was not begun either; it is for another process, as those after it. What
counts should the process die before the run is over is told as ``[SO_FAR, record]``.

Permits are the count of an eventfd that both hold. The child takes one before it begins a run; so whoever takes them
all away knows what will be begun and what will not.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

IDLE, GOES_ON, LEAVES, SO_FAR = 0, 1, 2, 3
LENGTH_BYTES = 4
_encoder = json.JSONEncoder(separators=(",", ":"))
_READ_BYTES = 262_144


class LostError(Exception):
    """The descriptors of this process are no longer what they were: user code closed or replaced them."""


def frame(message: dict[str, Any]) -> bytes:
    """Return the bytes of a batch."""
    content = _encoder.encode(message).encode()
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def runs_of(batch: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the runs of a batch: each with its call (as ``calls.py`` describes one), header, variables and folder."""
    runs = []
    for number, attempt, log, header, args, kwargs, variables, keep_result in batch["runs"]:
        work = batch["works"][number]
        run_id, this, most = attempt
        call = {
            "path": work["path"],
            "function_name": work["function_name"],
            "args": args,
            "kwargs": kwargs,
            "folders": batch["folders"],
            "attempt": {"run_id": run_id, "attempt": this, "max_attempts": most},
            "log": log,
            "log_start": 0,
        }
        if keep_result:
            call["keep_result"] = True
        runs.append({"call": call, "header": header, "env": {**work["env"], **variables}, "folder": work["folder"]})
    return runs


class ChildWire:
    """The child's end; every read and write waits until it can be done."""

    def __init__(self, end: int, permits: int) -> None:
        """Take the descriptors of the socket and of the permits."""
        self._end = end
        self._is = os.fstat(end)
        self._permits = permits

    def receive(self) -> dict[str, Any] | None:
        """Wait for the next batch; None when the daemon wants no more."""
        head = self._read(LENGTH_BYTES)
        if head is None:
            return None
        content = self._read(int.from_bytes(head, "big"))
        if content is None:
            return None
        batch: dict[str, Any] = json.loads(content.decode())
        return batch

    def may_begin(self) -> bool:
        """Take a permit; False if there is none left. Raises LostError."""
        try:
            os.eventfd_read(self._permits)
        except BlockingIOError:
            return False
        except OSError as error:
            raise LostError from error
        return True

    def tell(self, line: list[Any]) -> None:
        """Tell the daemon. Raises LostError."""
        self.tell_raw(_encoder.encode(line).encode() + b"\n")

    def tell_raw(self, line: bytes) -> None:
        """Tell the daemon what is a whole line already. Raises LostError."""
        try:
            if not os.path.samestat(os.fstat(self._end), self._is):
                raise LostError
            while line:
                line = line[os.write(self._end, line) :]
        except OSError as error:
            raise LostError from error

    def _read(self, size: int) -> bytes | None:
        """Return so many bytes; None if there will not be as many."""
        parts = []
        while size:
            try:
                part = os.read(self._end, min(size, _READ_BYTES))
            except ConnectionResetError:
                return None
            except OSError as error:
                raise LostError from error
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
