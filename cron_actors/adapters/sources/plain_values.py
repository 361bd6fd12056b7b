"""Python values turned into plain JSON values: dates become ISO texts, tuples lists, mappings dicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

from cron_actors.adapters.sources.document import DEEPEST
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.quotation import quote
from cron_actors.model.job import Json

_MOST_BITS = 3_300  # about a thousand decimal digits, as in files


def plain(value: object) -> tuple[Json, list[Problem]]:
    """Return the value made of JSON's types only, and what could not be turned; in its place stands null."""
    problems: list[Problem] = []
    return _plain(value, (), problems), problems


def _plain(value: object, pointer: Pointer, problems: list[Problem]) -> Json:
    if len(pointer) > DEEPEST:
        problems.append(Problem(pointer=pointer, message=f"found more than {DEEPEST} levels; accepted: at most that"))
        return None
    match value:
        case Mapping():
            return _plain_mapping(value, pointer, problems)
        case list() | tuple():
            return [_plain(item, (*pointer, index), problems) for index, item in enumerate(value)]
        case date():
            return value.isoformat()
        case _:
            return _plain_scalar(value, pointer, problems)


def _plain_mapping(value: Mapping[object, object], pointer: Pointer, problems: list[Problem]) -> Json:
    content: dict[str, Json] = {}
    for key, item in value.items():
        if isinstance(key, str):
            name = str.__str__(key)
            content[name] = _plain(item, (*pointer, name), problems)
        else:
            problems.append(Problem(pointer=pointer, message=f"found the key {quote(key)}; accepted: text"))
    return content


def _plain_scalar(value: object, pointer: Pointer, problems: list[Problem]) -> Json:
    """Turn subclasses, such as members of enumerations, into what they are made of."""
    match value:
        case None | bool():
            return value
        case str():
            return str.__str__(value)
        case int() if value.bit_length() <= _MOST_BITS:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case int() | float():
            message = f"found {quote(value)}; accepted: a finite number of at most 1000 digits"
        case _:
            message = f"found a value of type {type(value).__name__}; accepted: texts, numbers, lists and mappings"
    problems.append(Problem(pointer=pointer, message=message))
    return None
