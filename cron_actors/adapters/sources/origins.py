"""Where jobs come from: a text with lines and columns, or a mapping in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cron_actors.adapters.sources.document import Document
from cron_actors.adapters.sources.problem_lines import ProblemLine
from cron_actors.core.problems import Pointer, Problem, dotted
from cron_actors.model.job import Json

LONGEST_FIELD = 200
LONGEST_MESSAGE = 1_000


class Origin(Protocol):
    """A value, what was wrong in reading it, and where each part of it stands."""

    @property
    def name(self) -> str:
        """Return what the user calls it."""

    @property
    def value(self) -> Json:
        """Return the whole value."""

    @property
    def faults(self) -> Sequence[Problem]:
        """Return the faults that reading could step over."""

    def line(self, problem: Problem, job: str | None) -> ProblemLine:
        """Return the problem with its place; ``job`` is the identifier of the job around it."""

    def order(self, problem: Problem) -> tuple[int, ...]:
        """Return a key that sorts problems in the order in which the user wrote things."""


@dataclass(frozen=True, slots=True)
class TextOrigin:
    """A document read from a file that the user called ``name``."""

    name: str
    document: Document

    @property
    def value(self) -> Json:
        return self.document.value

    @property
    def faults(self) -> Sequence[Problem]:
        return self.document.faults

    def line(self, problem: Problem, job: str | None) -> ProblemLine:
        line, column = self.document.position(problem.pointer, at_key=problem.at_key)
        return ProblemLine(
            file=self.name,
            line=line,
            column=column,
            job=job,
            number=None if problem.index is None else problem.index + 1,
            field=None if problem.field is None else _cut(problem.field, LONGEST_FIELD),
            message=_cut(problem.message, LONGEST_MESSAGE),
        )

    def order(self, problem: Problem) -> tuple[int, ...]:
        return (self.document.offset(problem.pointer, at_key=problem.at_key),)


@dataclass(frozen=True, slots=True)
class MemoryOrigin:
    """A mapping that a program handed over, already made of plain JSON values."""

    value: Json
    faults: Sequence[Problem] = ()
    name: str = "the mapping"

    def line(self, problem: Problem, job: str | None) -> ProblemLine:
        return ProblemLine(
            file=dotted(problem.pointer) or self.name,
            job=job,
            number=None if problem.index is None else problem.index + 1,
            field=None if problem.field is None else _cut(problem.field, LONGEST_FIELD),
            message=_cut(problem.message, LONGEST_MESSAGE),
        )

    def order(self, problem: Problem) -> tuple[int, ...]:
        return tuple(self._rank(problem.pointer))

    def _rank(self, pointer: Pointer) -> list[int]:
        """Return the place of each part among its neighbours; what is missing has none."""
        ranks: list[int] = []
        value = self.value
        for part in pointer:
            if isinstance(value, list) and isinstance(part, int) and part < len(value):
                ranks.append(part)
                value = value[part]
            elif isinstance(value, dict) and isinstance(part, str) and part in value:
                ranks.append(list(value).index(part))
                value = value[part]
        return ranks


def _cut(text: str, longest: int) -> str:
    """Return the text, or its beginning: a key of a million characters says no more than its first two hundred."""
    return text if len(text) <= longest else f"{text[:longest]}..."
