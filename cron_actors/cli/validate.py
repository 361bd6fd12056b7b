"""The command that checks a jobs file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from cron_actors.cli import exit_codes, options
from cron_actors.cli.console import complain, say, warn, write_json
from cron_actors.cli.secrecy import without_passwords
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.wording import counted
from cron_actors.model.job import Json

if TYPE_CHECKING:
    from cron_actors.adapters.sources import FaultyJobsError, ProblemLine

_MOST_WARNINGS = 100  # lines, as of errors; JSON has them all


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@options.as_json
@click.pass_context
def validate(context: click.Context, paths: tuple[str, ...], *, as_json: bool) -> int:
    """Check jobs files, or the files of directories, and report every error at once; JOBS_FILE_PATH if none is named.

    The modules of Python functions are imported in a child process. Exit code: 0 if all files are valid, else 2.

    Example: cron-actors validate jobs.yaml --json
    """
    findings = _findings(surroundings(context), paths)
    faulty = findings.faulty
    if as_json:
        errors: list[Json] = [_object(error) for error in faulty.entries]
        write_json({"valid": not errors, "errors": errors, "warnings": list(findings.warnings)})
    else:
        for line in faulty.problems:
            complain(line)
        for warning in findings.warnings[:_MOST_WARNINGS]:
            warn(warning)
        if len(findings.warnings) > _MOST_WARNINGS:
            warn(f"and {len(findings.warnings) - _MOST_WARNINGS} more warnings")
        for name, count in () if faulty.entries else findings.counts:
            queues = f", {counted(findings.queues[name], 'queue')}" if name in findings.queues else ""
            say(f"{name}: valid, {counted(count, 'job')}{queues}")
    return exit_codes.USAGE if faulty.entries else exit_codes.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that is wrong with some files, what may be, and how many jobs and queues each file has that was read."""

    faulty: FaultyJobsError
    warnings: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    queues: Mapping[str, int] = field(default_factory=dict)


def _findings(around: Surroundings, paths: tuple[str, ...]) -> Findings:
    from cron_actors.adapters.sources import (  # noqa: PLC0415 - the help needs no schema
        FaultyJobsError,
        empty_lines,
        jobs_files,
        paths_in,
        read_files,
    )
    from cron_actors.loading import (  # noqa: PLC0415 - as above
        import_problems,
        manner_of,
        missing_rights,
        unknown_accounts,
        unreadable_env_files,
    )

    settings = around.settings
    try:
        files = jobs_files(paths or paths_in(settings.jobs_file_path), settings.supported_extensions)
    except FaultyJobsError as faulty:
        return Findings(faulty=faulty)
    reading = read_files(files.names, manner_of(settings))
    errors = [*empty_lines(files), *(entry for fault in reading.faults.values() for entry in fault.entries)]
    warnings: list[str] = []
    for loaded in reading.jobs.values():
        warnings += loaded.warnings
        errors += unknown_accounts(loaded)
        # Whoever checks the file may not be whoever runs it, nor be able to read what is for the daemon alone.
        warnings += map(str, [*missing_rights(loaded), *unreadable_env_files(loaded)])
        for problem in import_problems(loaded.definitions):
            entry = loaded.entry(problem.job, problem.field, problem.message)
            if problem.fatal:
                errors.append(entry)
            else:
                warnings.append(str(entry))
    complete = all(fault.complete for fault in reading.faults.values())
    return Findings(
        faulty=FaultyJobsError(tuple(errors), complete=complete),
        warnings=tuple(warnings),
        counts=tuple((loaded.name, len(loaded.definitions)) for loaded in reading.jobs.values()),
        queues={loaded.name: len(loaded.queues) for loaded in reading.jobs.values() if loaded.queues},
    )


def _object(error: ProblemLine) -> dict[str, Json]:
    told = f"{error.field}: "  # what is secret is known by the name of the field
    return {
        "file": error.file,
        "line": error.line,
        "column": error.column,
        "job": error.job,
        "field": error.field,
        "message": without_passwords(told + error.message).removeprefix(told),
    }
