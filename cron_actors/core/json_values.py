"""Values that can be kept as JSON, and the place of what cannot."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_DEEPEST = 100
_LONGEST = 1_000_000
_LARGEST = 10**1000
_ACCEPTED = "text, numbers, true, false, null, lists and mappings with text as keys"


def json_value(value: object, place: str) -> Json:
    """Return the value as JSON has it, tuples as lists; raises InvalidValueError with the place of what it has not.

    >>> json_value({"to": ("a", "b")}, "args[0]")
    {'to': ['a', 'b']}
    """
    read = _read(value, place, 0)
    size = len(json.dumps(read))
    if size > _LONGEST:
        raise InvalidValueError(f"{place}: found {size} characters of JSON; accepted: at most {_LONGEST}")
    return read


def _read(value: object, place: str, depth: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int | float):
        return _number(value, place)
    if depth == _DEEPEST:
        raise InvalidValueError(f"{place[:200]}: found more than {_DEEPEST} levels; accepted: at most as many")
    if isinstance(value, list | tuple):
        return [_read(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, place): _read(item, f"{place}[{quote(key)}]", depth + 1) for key, item in value.items()}
    raise InvalidValueError(f"{place}: found {_kind(value)}; accepted: {_ACCEPTED}")


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"{place}: found half of a surrogate pair; accepted: text of whole characters"
        ) from None
    return str(value)


def _number(value: int | float, place: str) -> int | float:  # noqa: PYI041 - they differ in JSON
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValueError(f"{place}: found {value}; accepted: {_ACCEPTED}")
    if abs(value) > _LARGEST:
        raise InvalidValueError(f"{place}: found a number of more than 1000 digits; accepted: one of at most as many")
    return value


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise InvalidValueError(f"{place}: found the key {quote(key)}; accepted: text as keys")
    return _text(key, place)


def _kind(value: object) -> str:
    kind = type(value).__qualname__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
