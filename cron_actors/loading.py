"""The jobs a daemon starts with: those of a file or a mapping whose functions can be resolved."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cron_actors.adapters.import_check import ImportProblem, check_imports
from cron_actors.adapters.sources import LoadedJobs, load_file, load_mapping
from cron_actors.errors import JobsFileError
from cron_actors.model.job import FunctionCall
from cron_actors.settings import Settings

log = logging.getLogger(__name__)


def load(jobs: Mapping[str, Any] | None, settings: Settings) -> LoadedJobs:
    """Read the mapping or, if there is none, the jobs file of the settings. Raises JobsFileError."""
    if jobs is not None:
        return load_mapping(jobs, folder=Path.cwd(), granularity=settings.granularity)
    return load_file(
        settings.jobs_file_path,
        supported_extensions=settings.supported_extensions,
        granularity=settings.granularity,
    )


def import_problems(loaded: LoadedJobs) -> list[ImportProblem]:
    """Import the modules of all Python functions in child processes and return what went wrong."""
    calls = [
        (definition.job.identifier, definition.job.work, definition.job.folder)
        for definition in loaded.definitions
        if isinstance(definition.job.work, FunctionCall)
    ]
    return check_imports(calls, cwd=Path.cwd()) if calls else []


def unresolved(loaded: LoadedJobs) -> frozenset[str]:
    """Return the jobs whose function cannot be found, and log what is wrong with them.

    Raises JobsFileError if there are jobs, and none of them can run.
    """
    problems = import_problems(loaded)
    lost = frozenset(problem.job for problem in problems if problem.fatal)
    if lost and len(lost) == len(loaded.definitions):
        raise JobsFileError(tuple(place(loaded, problem) for problem in problems if problem.fatal))
    for problem in problems:
        if problem.fatal:
            log.error("%s; this job does not run, the others do", place(loaded, problem))
        else:
            log.warning("%s", place(loaded, problem))
    return lost


def place(loaded: LoadedJobs, problem: ImportProblem) -> str:
    """Return the problem as one line that begins with its place in the file."""
    return f"{loaded.locate(problem.job, problem.field)}: job {problem.job!r}, {problem.field}: {problem.message}"
