"""The last output of an attempt, read from the log of its run."""

from __future__ import annotations

import os

TAIL_CHARACTERS = 2_000
_MAX_BYTES = TAIL_CHARACTERS * 4
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))


def log_size(log: str) -> int:
    """Return the present size in bytes, 0 if there is no such file."""
    try:
        return os.stat(log).st_size  # noqa: PTH116 - half the time, at every start of an attempt
    except OSError:
        return 0


def output_tail(log: str, start: int) -> str:
    """Return the last 2,000 characters written after the first ``start`` bytes; empty if it cannot be read."""
    if log_size(log) <= start:  # most often: one look costs less than to open, read and close
        return ""
    try:
        file = os.open(log, os.O_RDONLY)
    except OSError:
        return ""
    try:
        begin = max(start, os.fstat(file).st_size - _MAX_BYTES)
        content = os.pread(file, _MAX_BYTES, begin)
    except OSError:
        return ""
    finally:
        os.close(file)
    if begin > start:
        content = content.lstrip(_CONTINUATION_BYTES)
    return content.decode("utf-8", "replace")[-TAIL_CHARACTERS:]
