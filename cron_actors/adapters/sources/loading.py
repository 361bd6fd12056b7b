"""Loading jobs: from a file, or from a mapping in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from cron_actors.adapters.sources.checking import MOST_FAULTS, Terms, findings_in, identifier_of, job_mappings
from cron_actors.adapters.sources.document import Document, LineTable, SyntaxFault
from cron_actors.adapters.sources.file_text import read_text
from cron_actors.adapters.sources.json_text import read_json
from cron_actors.adapters.sources.loaded_jobs import LoadedJobs
from cron_actors.adapters.sources.origins import MemoryOrigin, Origin, TextOrigin
from cron_actors.adapters.sources.plain_values import plain
from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine
from cron_actors.adapters.sources.references import misfits
from cron_actors.adapters.sources.yaml_text import read_yaml
from cron_actors.core.quotation import quote
from cron_actors.settings import Granularity

MEMORY = "memory"
_READERS: Mapping[str, Callable[[str], Document]] = {"json": read_json, "yaml": read_yaml, "yml": read_yaml}
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:/")
_CREDENTIALS = re.compile(r"(?<=:/)(/?)[^/]*@")


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


def load_mapping(mapping: object, *, folder: Path, granularity: Granularity, workers: int = 200) -> LoadedJobs:
    """Return the jobs of a mapping ``{"jobs": [...]}``; ``folder`` stands for the folder of a jobs file.

    Raises FaultyJobsError as ``load_file`` does, with places such as ``jobs[0].timeout``, and for what does not fit in
    it; queues may reserve ``workers`` at most.
    """
    value, problems = plain(mapping)
    loaded = _loaded(MemoryOrigin(value, problems), MEMORY, Terms(Path(os.path.abspath(folder)), granularity))  # noqa: PTH100 - as above
    lines = [next(iter(misfit.lines.values())) for misfit in islice(misfits([loaded], workers), MOST_FAULTS)]
    if lines:
        raise FaultyJobsError(tuple(lines))
    return loaded


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
    return LoadedJobs(source, tuple(findings.definitions), origin, findings.texts, findings.queues)
