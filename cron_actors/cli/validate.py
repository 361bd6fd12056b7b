"""The command that checks a jobs file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cron_actors.cli import exit_codes, options
from cron_actors.cli.console import complain, say, warn, write_json
from cron_actors.cli.secrecy import without_passwords
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.wording import counted
from cron_actors.model.job import Json

if TYPE_CHECKING:
    from cron_actors.adapters.sources import ProblemLine


@click.command()
@click.argument("file", required=False)
@options.as_json
@click.pass_context
def validate(context: click.Context, file: str | None, *, as_json: bool) -> int:
    """Check a jobs file, JOBS_FILE_PATH if none is named, and report every error at once.

    The modules of Python functions are imported in a child process. Exit code: 0 if the file is valid, else 2.

    Example: cron-actors validate jobs.yaml --json
    """
    around = surroundings(context)
    name = file if file is not None else around.settings.jobs_file_path
    errors, warnings, count = _findings(around, name)
    if as_json:
        write_json({"valid": not errors, "errors": [_object(error) for error in errors], "warnings": list(warnings)})
    else:
        for error in errors:
            complain(str(error))
        for warning in warnings:
            warn(warning)
        if not errors:
            say(f"{name}: valid, {counted(count, 'job')}")
    return exit_codes.USAGE if errors else exit_codes.OK


def _findings(around: Surroundings, name: str) -> tuple[list[ProblemLine], list[str], int]:
    """Return errors, warnings and the number of jobs."""
    from cron_actors.adapters.sources import FaultyJobsError, load_file  # noqa: PLC0415 - the help needs no schema
    from cron_actors.loading import import_problems  # noqa: PLC0415 - as above

    settings = around.settings
    try:
        loaded = load_file(name, supported_extensions=settings.supported_extensions, granularity=settings.granularity)
    except FaultyJobsError as faulty:
        return list(faulty.entries), [], 0
    errors, warnings = [], list(loaded.warnings)
    for problem in import_problems(loaded):
        entry = loaded.entry(problem.job, problem.field, problem.message)
        if problem.fatal:
            errors.append(entry)
        else:
            warnings.append(str(entry))
    return errors, warnings, len(loaded.definitions)


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
