"""Loading jobs: from a file, or from a mapping in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cron_actors.adapters.sources.checking import Terms, findings_in, identifier_of, job_mappings
from cron_actors.adapters.sources.document import Document, LineTable, SyntaxFault
from cron_actors.adapters.sources.file_text import read_text
from cron_actors.adapters.sources.json_text import read_json
from cron_actors.adapters.sources.origins import MemoryOrigin, Origin, TextOrigin
from cron_actors.adapters.sources.plain_values import plain
from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine
from cron_actors.adapters.sources.yaml_text import read_yaml
from cron_actors.core.identifiers import folded_identifier
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.quotation import quote
from cron_actors.model.job import Definition, Json
from cron_actors.settings import Granularity

MEMORY = "memory"
_READERS: Mapping[str, Callable[[str], Document]] = {"json": read_json, "yaml": read_yaml, "yml": read_yaml}
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:/")
_CREDENTIALS = re.compile(r"(?<=:/)(/?)[^/]*@")


@dataclass(frozen=True)
class LoadedJobs:
    """All jobs of one source, in its order.

    ``source`` is the absolute path of the file, or ``memory``. ``texts`` are the definitions by the texts of their
    mappings.
    """

    source: str
    definitions: tuple[Definition, ...]
    origin: Origin = field(default_factory=lambda: MemoryOrigin({"jobs": []}), repr=False, compare=False)
    texts: Mapping[str, Definition] = field(default_factory=dict, repr=False, compare=False)

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


def load_file(
    path: str | os.PathLike[str],
    *,
    supported_extensions: Sequence[str],
    granularity: Granularity,
    earlier: LoadedJobs | None = None,
) -> LoadedJobs:
    """Return the jobs of the file; raises FaultyJobsError, a JobsFileError, with all that is wrong with it.

    ``supported_extensions`` are without dots; the file's own is lower-cased before it is looked up. What ``earlier``,
    an earlier reading of this file under the same granularity, found sound is not checked again.
    """
    name = os.fspath(path)
    read = _reader_for(name, supported_extensions)
    text = read_text(name)
    try:
        document = read(text)
    except SyntaxFault as fault:
        line, column = LineTable(text).position(fault.offset)
        raise FaultyJobsError((ProblemLine(file=name, line=line, column=column, message=fault.message),)) from None
    absolute = Path(os.path.abspath(name))  # noqa: PTH100 - Path.resolve would leave the folder of a linked file
    known = {} if earlier is None else earlier.texts
    return _loaded(TextOrigin(name, document), str(absolute), Terms(absolute.parent, granularity, known))


def load_mapping(mapping: object, *, folder: Path, granularity: Granularity) -> LoadedJobs:
    """Return the jobs of a mapping ``{"jobs": [...]}``; ``folder`` stands for the folder of a jobs file.

    Raises FaultyJobsError as ``load_file`` does, with places such as ``jobs[0].timeout``.
    """
    value, problems = plain(mapping)
    return _loaded(MemoryOrigin(value, problems), MEMORY, Terms(Path(os.path.abspath(folder)), granularity))  # noqa: PTH100 - as above


def _listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _reader_for(name: str, supported_extensions: Sequence[str]) -> Callable[[str], Document]:
    """Return what reads a file of this name, or refuse the name."""
    if _ADDRESS.match(name):
        shown = _CREDENTIALS.sub(r"\1***@", name)
        raise _refusal(shown, "jobs from an address are not yet supported; accepted: the path of a file")
    extension = Path(name).suffix.lower().removeprefix(".")
    accepted = [known for known in supported_extensions if known in _READERS]
    if extension in accepted:
        return _READERS[extension]
    if os.path.isdir(name):  # noqa: PTH112 - Path.is_dir raises for a name that no file can have
        raise _refusal(name, "found a directory; accepted: a regular file")
    if not extension and not os.path.lexists(name):
        raise _refusal(name, "found no such file or directory; accepted: a jobs file, or a directory of them")
    found = f"the extension {quote('.' + extension)}" if extension else "no extension"
    raise _refusal(name, f"found {found}; accepted: {', '.join('.' + known for known in accepted)}")


def _refusal(name: str, message: str) -> FaultyJobsError:
    return FaultyJobsError((ProblemLine(file=name, message=message),))


def _loaded(origin: Origin, source: str, terms: Terms) -> LoadedJobs:
    """Check the jobs of the origin and return them, or raise with all faults in the order of the file."""
    findings = findings_in(origin.value, list(origin.faults), terms)
    if findings.problems or findings.elsewhere:
        names = [identifier_of(mapping) for mapping in job_mappings(origin.value)]
        ordered = sorted(findings.problems, key=origin.order)
        lines = [origin.line(item, None if item.index is None else names[item.index]) for item in ordered]
        raise FaultyJobsError((*lines, *findings.elsewhere), complete=findings.complete)
    return LoadedJobs(source, tuple(findings.definitions), origin, findings.texts)
