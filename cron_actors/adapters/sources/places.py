"""Which files JOBS_FILE_PATH names: a path, several of them parted by colons, and the files of a directory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine

_PARTED = re.compile(re.escape(os.pathsep) + r"(?!//)")  # the colon of an address parts nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsFiles:
    """The names of the files, as the user would write them, each file once; ``empty`` are directories without any."""

    names: tuple[str, ...]
    empty: tuple[str, ...] = ()


def paths_in(text: str) -> tuple[str, ...]:
    """Return the paths in the text of JOBS_FILE_PATH; one that exists as it is written is not parted.

    >>> paths_in("jobs.json:/etc/jobs.d")
    ('jobs.json', '/etc/jobs.d')
    """
    if os.path.lexists(text):
        return (text,)
    return tuple(path for path in _PARTED.split(text) if path) or (text,)


def source_of(name: str) -> str:
    """Return the absolute path by which a file of this name is known; a link is not followed."""
    return os.path.abspath(name)  # noqa: PTH100 - Path.resolve would leave the folder of a linked file


def jobs_files(paths: Sequence[str], supported_extensions: Sequence[str]) -> JobsFiles:
    """Return the files: those named, and in the place of a directory those in it, by name.

    Of a directory count the files with a supported extension that are not hidden; what is below it does not. Raises
    FaultyJobsError with every directory that cannot be read.
    """
    names: dict[str, str] = {}
    empty: list[str] = []
    faults: list[ProblemLine] = []
    for path in paths:
        try:
            found = list(_files_of(path, supported_extensions)) if _is_directory(path) else [path]
        except OSError as error:
            message = f"found a directory that cannot be read ({str(error.strerror).lower()}); accepted: one that can"
            faults.append(ProblemLine(file=path, message=message))
            continue
        if not found:
            empty.append(path)
        for name in found:
            names.setdefault(source_of(name), name)
    if faults:
        raise FaultyJobsError(tuple(faults))
    return JobsFiles(names=tuple(names.values()), empty=tuple(empty))


def _is_directory(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):  # a path that no file can have: reading it says so
        return False


def _files_of(directory: str, supported_extensions: Sequence[str]) -> Iterator[str]:
    with os.scandir(directory) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        extension = Path(entry.name).suffix.lower().removeprefix(".")
        if extension in supported_extensions and not entry.name.startswith(".") and not _is_directory(entry.path):
            yield entry.path
