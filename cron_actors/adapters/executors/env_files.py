"""Env files of jobs, read with bounds: never waited for, never more than a megabyte."""

from __future__ import annotations

import os
import stat

from cron_actors.adapters.executors.programs import StillbornError
from cron_actors.core.env_file import parse_env_file
from cron_actors.errors import InvalidValueError

LARGEST = 1_000_000  # bytes


def read_env_file(path: str) -> dict[str, str]:
    """Return the variables of the file; raises StillbornError that names file and line."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            content = _content(file)
        finally:
            os.close(file)
        return parse_env_file(content.decode("utf-8", "surrogateescape"))
    except OSError as error:
        raise StillbornError(f"cannot read the env file {path!r}: {error.strerror}") from error
    except InvalidValueError as error:
        raise StillbornError(f"the env file {path!r}, {error}") from error


def _content(file: int) -> bytes:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise InvalidValueError("line 1: this is no regular file")
    pieces: list[bytes] = []
    while piece := os.read(file, LARGEST):
        pieces.append(piece)
        if sum(map(len, pieces)) > LARGEST:
            raise InvalidValueError(f"line 1: the file has more than {LARGEST} bytes")
    return b"".join(pieces)
