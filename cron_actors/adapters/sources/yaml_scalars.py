"""What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2, without its surprises.

``yes``, ``on`` and ``22:22`` are text, as are dates; what YAML 1.1 and 1.2 read as different numbers is refused.
"""

from __future__ import annotations

import math
import re

from cron_actors.adapters.sources.document import MOST_DIGITS
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_WORDS: dict[str, Json] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")


def plain_value(text: str) -> Json:
    """Return what the plain scalar means; raises InvalidValueError where no meaning is safe.

    >>> plain_value("yes"), plain_value("22:22"), plain_value("2024-01-01"), plain_value("0x1F")
    ('yes', '22:22', '2024-01-01', 31)
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _LEADING_ZERO.fullmatch(text):
        raise InvalidValueError(f"found {quote(text)}, octal to some; accepted: quotes around it, or no leading zero")
    if _NOT_FINITE.fullmatch(text):
        raise InvalidValueError(f"found {quote(text)}, which is no finite number; accepted: quotes around it")
    return _number(text)


def _number(text: str) -> Json:
    if _INTEGER.fullmatch(text) or _BASED.fullmatch(text):
        if len(text) > MOST_DIGITS:
            raise InvalidValueError(f"found a number of more than {MOST_DIGITS} digits; accepted: a shorter one")
        return int(text, 0)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if math.isinf(number):
        raise InvalidValueError(f"found {quote(text)}, too great a number; accepted: up to 1e308")
    return number
