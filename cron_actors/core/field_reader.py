"""The fields of one mapping, read one by one, with every fault kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

T = TypeVar("T")
D = TypeVar("D")


def whole_number(value: object) -> int:
    """Read a whole number, which JSON may write as 10.0; the schema has looked at its size."""
    if not isinstance(value, int | float):
        raise InvalidValueError(f"found {quote(value)}; accepted: a whole number")
    return int(value)


class FieldReader:
    """Reads fields of one mapping by the parsers of their values, and keeps what could not be read."""

    def __init__(self, mapping: Mapping[str, Json]) -> None:
        self._mapping = mapping
        self.problems: list[Problem] = []

    def read(self, parse: Callable[[Any], T], *pointer: str | int, default: D) -> T | D:
        """Return what ``parse`` makes of the value at ``pointer``, ``default`` if there is none or it is refused."""
        value = self.value(pointer)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.refuse(pointer, str(error))
            return default

    def value(self, pointer: Pointer) -> Any:  # noqa: ANN401 - any value of the mapping
        """Return the value at ``pointer``, None if there is none."""
        value: Any = self._mapping
        for part in pointer:
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]
        return value

    def refuse(self, pointer: Pointer, message: str) -> None:
        """Keep a fault that its reader found."""
        self.problems.append(Problem(pointer=pointer, message=message))
