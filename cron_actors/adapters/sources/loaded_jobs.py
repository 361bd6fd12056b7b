"""The jobs of one source: a file or a mapping."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cron_actors.adapters.sources.origins import MemoryOrigin, Origin
from cron_actors.adapters.sources.problem_lines import ProblemLine
from cron_actors.core.identifiers import folded_identifier
from cron_actors.core.problems import Pointer, Problem
from cron_actors.model.job import Definition, Json
from cron_actors.model.queue import QueueDeclaration


@dataclass(frozen=True)
class LoadedJobs:
    """All jobs of one source, in its order.

    ``source`` is the absolute path of the file, or ``memory``. ``texts`` are the definitions by the texts of their
    mappings. ``queues`` are those that it declares.
    """

    source: str
    definitions: tuple[Definition, ...]
    origin: Origin = field(default_factory=lambda: MemoryOrigin({"jobs": []}), repr=False, compare=False)
    texts: Mapping[str, Definition] = field(default_factory=dict, repr=False, compare=False)
    queues: tuple[QueueDeclaration, ...] = ()

    @property
    def name(self) -> str:
        """Return the source as the user wrote it."""
        return self.origin.name

    @cached_property
    def named(self) -> tuple[str, ...]:
        """Return the absolute paths of the files that the calendars of this one name."""
        value = self.origin.value
        calendars = value.get("calendars") if isinstance(value, dict) else None
        mappings = calendars.values() if isinstance(calendars, dict) else ()
        paths = [path for mapping in mappings if isinstance(mapping, dict) for path in _listed(mapping.get("ics"))]
        folder = Path(self.source).parent
        return tuple(os.path.abspath(folder / str(path)) for path in paths)  # noqa: PTH100 - a link may come to lead elsewhere

    @cached_property
    def identifiers(self) -> dict[str, str]:
        """Return the identifiers by what they are when folded: no two jobs of all sources share that."""
        names = (definition.job.identifier for definition in self.definitions)
        return {folded_identifier(name): name for name in names}

    @cached_property
    def _indexes(self) -> dict[str, int]:
        return {definition.job.identifier: index for index, definition in enumerate(self.definitions)}

    @property
    def warnings(self) -> list[str]:
        """Return lines about what is allowed but may not be meant: jobs that may run for ever."""
        unlimited = [item.job.identifier for item in self.definitions if item.job.timeout is None]
        return [str(self.entry(identifier, "timeout", "none given: no limit")) for identifier in unlimited]

    def entry(self, identifier: str, field: str | None, message: str) -> ProblemLine:
        """Return a fault that was found in one of these jobs later; raises KeyError for an unknown job."""
        pointer: Pointer = ("jobs", self._indexes[identifier], *(() if field is None else (field,)))
        return self.origin.line(Problem(pointer=pointer, message=message), identifier)

    def locate(self, identifier: str, field: str | None = None) -> str:
        """Return where a field of a job, or the job, stands: ``jobs.json:12:5``, or ``jobs[0].path`` in memory.

        Of a field that is not written the place is that of its job. Raises KeyError for an unknown job.
        """
        return self.entry(identifier, field, "").place


def _listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
