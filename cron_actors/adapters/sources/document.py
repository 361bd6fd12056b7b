"""A parsed jobs file: its value, and where in the text each part of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from cron_actors.core.problems import Pointer, Problem
from cron_actors.model.job import Json

DEEPEST = 100
MOST_DIGITS = 1000
_LINE_BREAK = re.compile(r"\r\n?|\n")
_NO_KEYS: Mapping[str, int] = MappingProxyType({})
_NO_CHILDREN: Mapping[str | int, Place] = MappingProxyType({})


class Position(NamedTuple):
    """A place in a text: line and column, both from 1, the column in characters."""

    line: int
    column: int


@dataclass(slots=True)
class Place:
    """Where a value starts, as an offset into the text, with the places of its keys and of what it holds."""

    start: int
    keys: Mapping[str, int] = field(default_factory=lambda: _NO_KEYS)
    children: Mapping[str | int, Place] = field(default_factory=lambda: _NO_CHILDREN)


class SyntaxFault(Exception):  # noqa: N818  # never leaves this package: the loader turns it into a JobsFileError
    """The text cannot be read on from ``offset``; ``message`` says what was found and what is accepted."""

    def __init__(self, message: str, offset: int) -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.offset = offset


class LineTable:
    """Turns offsets into a text into lines and columns; CR, LF and CR LF end a line."""

    def __init__(self, text: str) -> None:
        """Find the line starts."""
        self._starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]

    def position(self, offset: int) -> Position:
        """Return line and column of the character at ``offset``."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


@dataclass(frozen=True)
class Document:
    """What a text holds; ``faults`` are those that reading could step over, such as a key that is there twice.

    Where things stand is found out by ``locate`` when somebody asks: most files have no faults.
    """

    text: str = field(repr=False)
    value: Json
    locate: Callable[[], Place] = field(repr=False)
    faults: tuple[Problem, ...] = ()

    @cached_property
    def place(self) -> Place:
        """Return where the value stands."""
        return self.locate()

    @cached_property
    def _lines(self) -> LineTable:
        return LineTable(self.text)

    def offset(self, pointer: Pointer, *, at_key: bool = False) -> int:
        """Return where the value, or its key, stands; for what is missing, where the innermost part around it is."""
        place = self.place
        for depth, part in enumerate(pointer):
            if at_key and depth == len(pointer) - 1 and isinstance(part, str) and part in place.keys:
                return place.keys[part]
            if part not in place.children:
                break
            place = place.children[part]
        return place.start

    def position(self, pointer: Pointer, *, at_key: bool = False) -> Position:
        """Return the line and column of ``offset``."""
        return self._lines.position(self.offset(pointer, at_key=at_key))
