"""The command that makes a jobs file of a crontab."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from cron_actors.cli import exit_codes
from cron_actors.cli.console import complain, say, warn
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.wording import counted
from cron_actors.errors import InvalidValueError, UsageError

if TYPE_CHECKING:
    from cron_actors.core.crontab import Crontab, CrontabNote, ImportedCrontab

_KINDS = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
_LONGEST_PREFIX = 50  # bytes; an identifier has 128
_OWN, _STANDARD_INPUT = "crontab", "-"


@click.command("import-crontab")
@click.argument("file", required=False)
@click.option("--system", is_flag=True, help="The crontab has a column of users, as those in /etc/cron.d have.")
@click.option("--output", metavar="FILE", help="Write the jobs to this file, which must not exist yet.")
@click.option("--force", is_flag=True, help="Let --output replace a file.")
@click.option(
    "--format", type=click.Choice(["yaml", "json"]), help="What to write; by default as --output ends, or YAML."
)
@click.option("--timezone", metavar="TZ", help="The zone of the times; by default this machine's.")
@click.option("--prefix", metavar="NAME", help="Begin every identifier with NAME and a hyphen.")
@click.pass_context
def import_crontab(
    context: click.Context, /, file: str | None, *, system: bool, force: bool, **texts: str | None
) -> int:
    """Make a jobs file of a crontab: FILE, or - for standard input, or else the own crontab.

    /etc/crontab and the files of /etc/cron.d are known as system crontabs by their paths. What is not as it was, or
    could not be carried over, is said on standard error by its line.

    Exit code: 0 if everything was carried over, 1 if a line was not, 2 if there was nothing to read.

    Example: cron-actors import-crontab /etc/crontab --output jobs.yaml
    """
    from cron_actors.core import crontab as core  # noqa: PLC0415 - the help needs no crontab

    kind = _kind(texts["format"], texts["output"], force=force)
    prefix = _prefix(texts["prefix"])
    name, crontab = _crontab(surroundings(context), file, texts["timezone"], system=system)
    imported = core.import_crontab(crontab, prefix)
    for note in imported.notes:
        _tell(name, note)
    text = _text(imported, kind)
    if texts["output"] is None:
        click.echo(text, nl=False)
    else:
        _write(texts["output"], text, force=force)
        say(f"{texts['output']}: {counted(len(imported.jobs), 'job')} written")
    return exit_codes.FAILURE if any(note.lost for note in imported.notes) else exit_codes.OK


def _kind(kind: str | None, output: str | None, *, force: bool) -> str:
    """Return the format; refuse a file that is not to be written before anything is read."""
    if output is None:
        return kind or "yaml"
    usual = _KINDS.get(PurePath(output).suffix.lower())
    if usual is None or (kind is not None and kind != usual):
        wanted = ".json" if kind == "json" else ".yaml or .yml" if kind == "yaml" else ".yaml, .yml or .json"
        raise UsageError(f"--output: found {output}; accepted: a file whose name ends with {wanted}")
    if os.path.lexists(output) and not force:
        raise UsageError(_taken(output))
    return usual


def _prefix(prefix: str | None) -> str:
    from cron_actors.core.identifiers import parse_identifier  # noqa: PLC0415 - as above

    if prefix is None:
        return ""
    if len(prefix.encode(errors="replace")) > _LONGEST_PREFIX:
        raise UsageError(f"--prefix: found a long name; accepted: at most {_LONGEST_PREFIX} bytes")
    try:
        return f"{parse_identifier(prefix)}-"
    except InvalidValueError as error:
        raise UsageError(f"--prefix: {error}") from None


def _crontab(around: Surroundings, file: str | None, zone: str | None, *, system: bool) -> tuple[str, Crontab]:
    """Return the crontab with the name it has in notes; whose it is, its path may say."""
    from cron_actors.adapters import crontabs  # noqa: PLC0415 - as above
    from cron_actors.adapters.machine_zone import machine_zone  # noqa: PLC0415 - as above
    from cron_actors.core.crontab import Crontab  # noqa: PLC0415 - as above
    from cron_actors.core.crontab_places import is_system_crontab, owner_by_path  # noqa: PLC0415 - as above
    from cron_actors.core.moments import parse_zone  # noqa: PLC0415 - as above

    name = _OWN if file is None else "stdin" if file == _STANDARD_INPUT else file
    zone = machine_zone(around.environ) if zone is None else parse_zone(zone).key
    if file is None:
        text = crontabs.own_crontab()
    else:
        text = crontabs.crontab_from_input() if file == _STANDARD_INPUT else crontabs.crontab_in_file(file)
    path = PurePath(os.path.realpath(file)) if name == file else PurePath()
    if is_system_crontab(path) and not system:
        system = True
        complain(f"{name}: read as a system crontab, with a column of users, because of its path")
    own = crontabs.own_account(around.environ)
    owner = own
    if (named := owner_by_path(path)) is not None and (found := crontabs.account_named(named)) is not None:
        owner = found
    return name, Crontab(
        text=text,
        zone=zone,
        owner=None if system else owner,
        names_owner=owner != own,
        account=crontabs.account_named,
    )


def _tell(name: str, note: CrontabNote) -> None:
    if note.lost:
        complain(f"{name}:{note.line}: not imported: {note.message}")
    else:
        warn(f"{name}:{note.line}: {note.message}")


def _text(imported: ImportedCrontab, kind: str) -> str:
    from cron_actors.adapters.sources.writing import json_of_jobs, yaml_of_jobs  # noqa: PLC0415 - as above
    from cron_actors.core.shared_keys import jobs_file  # noqa: PLC0415 - as above

    content = jobs_file(imported.jobs)
    return json_of_jobs(content) if kind == "json" else yaml_of_jobs(content)


def _write(output: str, text: str, *, force: bool) -> None:
    """Write the file, for its owner only, as a crontab is; one that is replaced is there in full at any time."""
    path = Path(output)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".import-") as folder:
            whole = Path(folder, path.name)
            whole.touch(mode=0o600)
            whole.write_text(text, encoding="utf-8")
            if force:
                whole.replace(path)
            else:
                path.hardlink_to(whole)
    except FileExistsError:
        raise UsageError(_taken(output)) from None
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise UsageError(f"--output: {output} cannot be written ({reason}); accepted: a new file in a folder") from None


def _taken(output: str) -> str:
    return f"--output: found {output} there already; accepted: a file that does not exist yet, or --force"
