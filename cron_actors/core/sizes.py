"""Numbers of bytes as people write them: ``100MB`` is a hundred million, ``100MiB`` counts in powers of 1024."""

from __future__ import annotations

import re

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

_SIZE = re.compile(r"\s*([0-9]{1,15})\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_ACCEPTED = "a number of bytes, or text such as 500kB, 100MB, 1GiB"


def parse_size(value: object) -> int:
    """Return the number of bytes, at least 1, that a whole number or a text with a unit says.

    Raises InvalidValueError for anything else.

    >>> parse_size("100MB"), parse_size("1 KiB"), parse_size(5)
    (100000000, 1024, 5)
    """
    size = 0
    if (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer()):
        size = int(value)
    elif isinstance(value, str):
        match = _SIZE.fullmatch(value)
        if match is not None:
            size = int(match[1]) * _UNITS.get(match[2].lower(), 0)
    if size < 1:
        raise InvalidValueError(f"found {quote(value)}; accepted: {_ACCEPTED}")
    return size
