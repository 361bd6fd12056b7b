"""Which jobs there are: those of the store and, where no daemon has loaded it yet, those of the jobs file."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import replace

from cron_actors.cli.surroundings import Surroundings
from cron_actors.errors import JobsFileError, UsageError
from cron_actors.model.job import Definition
from cron_actors.model.records import RunFilter
from cron_actors.ports.store import Reader


def require_known(around: Surroundings, reader: Reader | None, identifier: str) -> None:
    """Raise UsageError, with the nearest name, unless the store or the jobs file knows the job.

    Work that was submitted is no job of a file: the store knows it by its runs.
    """
    if not _has_runs(reader, identifier):
        require_planned(around, reader, identifier)


def require_planned(around: Surroundings, reader: Reader | None, identifier: str) -> None:
    """Raise UsageError as ``require_known`` does, also for submitted work: no jobs file says when that is due."""
    records = [] if reader is None else reader.jobs()
    _require(around, reader, identifier, {record.identifier for record in records})


def require_in_force(around: Surroundings, reader: Reader | None, identifier: str) -> None:
    """Raise UsageError as ``require_planned`` does, also for a job that no source names any more."""
    records = [] if reader is None else reader.jobs()
    _require(around, reader, identifier, {record.identifier for record in records if record.removed_at is None})


def refuse_unknown(identifier: str, known: set[str], where: str) -> None:
    """Raise UsageError, with the nearest name, unless ``known`` holds the job; ``where`` says what that is."""
    if identifier in known:
        return
    close = difflib.get_close_matches(identifier, sorted(known), n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    raise UsageError(f"there is no job '{identifier}' in {where}{hint}")


def jobs_file(around: Surroundings, path: str | None = None) -> dict[str, Definition]:
    """Return the jobs of the jobs files by identifier, in their order; raises JobsFileError."""
    from cron_actors.loading import load  # noqa: PLC0415 - the JSON Schema library takes its time

    settings = around.settings if path is None else replace(around.settings, jobs_file_path=path)
    sources = load(None, settings)
    return {definition.job.identifier: definition for loaded in sources for definition in loaded.definitions}


def written_jobs(around: Surroundings) -> dict[str, Definition]:
    """Return the jobs of the jobs files, none if any is missing or faulty: for looking something up by the way."""
    try:
        return jobs_file(around)
    except JobsFileError:
        return {}


def _require(around: Surroundings, reader: Reader | None, identifier: str, stored: set[str]) -> None:
    if identifier in stored:
        return
    known = stored | written_jobs(around).keys()
    where = f"the database or in {around.settings.jobs_file_path}"
    if identifier not in known and _has_runs(reader, identifier):
        shown_by = f"cron-actors runs --job {shlex.quote(identifier)} shows its runs"
        raise UsageError(f"there is no job '{identifier}' in force, only runs of it; {shown_by}")
    refuse_unknown(identifier, known, where)


def _has_runs(reader: Reader | None, identifier: str) -> bool:
    return reader is not None and bool(reader.runs(RunFilter(job=identifier, limit=1)))
