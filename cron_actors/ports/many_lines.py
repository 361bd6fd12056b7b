"""Port for logs that take many lines at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class ManyLines(Protocol):
    """A handler of a logger that takes the lines of one commit in one go, cheaper than a record for each."""

    def emit_lines(self, lines: Sequence[tuple[int, str]]) -> None:
        """Write these lines, each with its level, all of this moment; whether a level is wanted was asked before."""
