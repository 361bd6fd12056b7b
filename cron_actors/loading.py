"""The jobs a daemon starts with: those of files or of a mapping whose functions can be resolved."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cron_actors.adapters.import_check import ImportProblem, check_imports
from cron_actors.adapters.process_check import (
    ProcessProblem,
    account_problems,
    env_file_problems,
    rights_problems,
)
from cron_actors.adapters.sources import (
    FaultyJobsError,
    JobsFiles,
    LoadedJobs,
    Manner,
    ProblemLine,
    jobs_files,
    load_files,
    load_mapping,
    paths_in,
)
from cron_actors.model.job import Definition, FunctionCall, Job
from cron_actors.settings import Settings

log = logging.getLogger(__name__)


def load(jobs: Mapping[str, Any] | None, settings: Settings) -> list[LoadedJobs]:
    """Read the mapping or, if there is none, the jobs files of the settings. Raises JobsFileError."""
    if jobs is not None:
        workers = settings.max_workers
        return [load_mapping(jobs, folder=Path.cwd(), granularity=settings.granularity, workers=workers)]
    return load_files(files_of(settings), manner_of(settings))


def files_of(settings: Settings) -> JobsFiles:
    """Return the jobs files that the settings name. Raises JobsFileError for a directory that cannot be read."""
    return jobs_files(paths_in(settings.jobs_file_path), settings.supported_extensions)


def manner_of(settings: Settings) -> Manner:
    """Return how the settings want jobs files to be read."""
    return Manner(
        supported_extensions=settings.supported_extensions,
        granularity=settings.granularity,
        workers=settings.max_workers,
    )


def import_problems(definitions: Iterable[Definition]) -> list[ImportProblem]:
    """Import the modules of all Python functions in child processes and return what went wrong."""
    calls = [
        (definition.job.identifier, definition.job.work, definition.job.folder)
        for definition in definitions
        if isinstance(definition.job.work, FunctionCall)
    ]
    return check_imports(calls, cwd=Path.cwd()) if calls else []


def unresolved(sources: Sequence[LoadedJobs]) -> frozenset[str]:
    """Return the jobs whose function cannot be found, and log what is wrong with them.

    Raises JobsFileError if there are sources with jobs of which none can run.
    """
    problems = import_problems(definition for loaded in sources for definition in loaded.definitions)
    lost = frozenset(problem.job for problem in problems if problem.fatal)
    useless = [loaded for loaded in sources if is_useless(loaded, lost)]
    if useless:
        raise FaultyJobsError(tuple(entry for loaded in useless for entry in fatal_entries(loaded, problems)))
    for loaded in sources:
        tell(loaded, problems)
    return lost


def require_processes(sources: Iterable[LoadedJobs]) -> None:
    """Raise FaultyJobsError unless this process can give the jobs' processes the accounts and rights they ask for."""
    entries = [entry for loaded in sources for entry in (*unknown_accounts(loaded), *missing_rights(loaded))]
    if entries:
        raise FaultyJobsError(tuple(entries))


def unknown_accounts(loaded: LoadedJobs) -> list[ProblemLine]:
    """Return the users and groups of the source's jobs that this machine does not know."""
    return _entries(loaded, account_problems(_jobs(loaded)))


def missing_rights(loaded: LoadedJobs) -> list[ProblemLine]:
    """Return what the source's jobs ask for and only root could give, unless this process is root's."""
    return _entries(loaded, rights_problems(_jobs(loaded)))


def unreadable_env_files(loaded: LoadedJobs) -> list[ProblemLine]:
    """Return the env files of the source's jobs that cannot be read as they are now."""
    return _entries(loaded, env_file_problems(_jobs(loaded)))


def is_useless(loaded: LoadedJobs, lost: frozenset[str]) -> bool:
    """Say whether there are jobs, and none of them can run."""
    return bool(loaded.definitions) and lost.issuperset(loaded.identifiers.values())


def fatal_entries(loaded: LoadedJobs, problems: Sequence[ImportProblem]) -> list[ProblemLine]:
    """Return what is wrong with those jobs of the source that cannot run."""
    found = [problem for problem in _of(loaded, problems) if problem.fatal]
    return [loaded.entry(problem.job, problem.field, problem.message) for problem in found]


def tell(loaded: LoadedJobs, problems: Sequence[ImportProblem]) -> None:
    """Log what is wrong with functions of jobs of the source."""
    for problem in _of(loaded, problems):
        if problem.fatal:
            log.error("%s; this job does not run, the others do", _line(loaded, problem))
        else:
            log.warning("%s", _line(loaded, problem))


def _jobs(loaded: LoadedJobs) -> list[Job]:
    return [definition.job for definition in loaded.definitions]


def _entries(loaded: LoadedJobs, problems: Iterable[ProcessProblem]) -> list[ProblemLine]:
    return [loaded.entry(problem.job, problem.field, problem.message) for problem in problems]


def _line(loaded: LoadedJobs, problem: ImportProblem) -> str:
    """Return the problem as one line that begins with its place in the file."""
    return str(loaded.entry(problem.job, problem.field, problem.message))


def _of(loaded: LoadedJobs, problems: Sequence[ImportProblem]) -> list[ImportProblem]:
    names = set(loaded.identifiers.values())
    return [problem for problem in problems if problem.job in names]
