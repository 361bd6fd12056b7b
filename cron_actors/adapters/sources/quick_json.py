"""The value of a sound JSON text, by the standard library: thirty times faster than our reader, but without places."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from cron_actors.adapters.sources.document import DEEPEST, MOST_DIGITS
from cron_actors.model.job import Json

_HALF_OF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def quick_json(text: str) -> Json:
    """Return what the text says; raises ValueError or RecursionError where our reader may have something to say."""
    if _HALF_OF_A_PAIR.search(text):
        raise ValueError
    value: Json = json.loads(
        text,
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_constant,
    )
    if _levels(value) > DEEPEST:
        raise ValueError
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError
    return content


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError
    return int(digits)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError
    return number


def _constant(_: str) -> NoReturn:
    raise ValueError


def _levels(value: Json) -> int:
    """Count the levels of lists and objects, at most one more than are allowed."""
    level = [value]
    for count in range(DEEPEST + 1):
        inner: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        if not any(isinstance(item, dict | list) for item in level):
            return count
        level = inner
    return DEEPEST + 1
