"""The commands about dead letters: runs that were given up."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import click

from cron_actors.cli import exit_codes, options
from cron_actors.cli.console import printable, say, width, write_json_array
from cron_actors.cli.dead_letters import DeadFilter, dead_filter, dead_letters, require_dead
from cron_actors.cli.requests import print_answer, submit
from cron_actors.cli.run_objects import run_object
from cron_actors.cli.single_run import show_run
from cron_actors.cli.stretches import OwedInstant
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.tables import Column, table
from cron_actors.cli.wording import brief, counted, short, zone_name
from cron_actors.errors import UsageError
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Run

USUALLY_LISTED = 50
AT_ONCE = 500  # runs in one request: the daemon answers each in one transaction


class Deed(NamedTuple):
    """What is to be done to dead letters."""

    kind: RequestKind
    done: str


RETRY = Deed(RequestKind.RETRY_DEAD, "retried")
DISCARD = Deed(RequestKind.DISMISS_DEAD, "dismissed")


@click.group()
def dead() -> None:
    """List dead letters, the runs that were given up, and retry or dismiss them.

    Example: cron-actors dead retry --job backup --dry-run
    """


@dead.command("list")
@dead_filter
@click.option("--all", "every", is_flag=True, help="Also those that were dismissed, and not only the newest 50.")
@options.as_json
@click.pass_context
def list_dead(context: click.Context, wanted: DeadFilter, *, every: bool, as_json: bool) -> None:
    """List dead letters, newest due instant first.

    Example: cron-actors dead list --job backup --since 1d
    """
    around = surroundings(context)
    if wanted.limit is None and not every:
        wanted = replace(wanted, limit=USUALLY_LISTED)
    with around.reader(tell_absent=True) as reader:
        found = dead_letters(around, reader, wanted, dismissed=None if every else False)
        if as_json:
            objects = (run_object(OwedInstant(run.due_at, run), reader) for run in found if reader is not None)
            write_json_array(objects)
        else:
            _tell(found, around.now())


@dead.command("show")
@click.argument("run_id", metavar="RUN_ID", type=click.IntRange(min=1))
@options.as_json
@click.pass_context
def show_dead(context: click.Context, run_id: int, *, as_json: bool) -> None:
    """Show a dead letter with every attempt, what came before it and what followed.

    Example: cron-actors dead show 17
    """
    around = surroundings(context)
    with around.reader(tell_absent=True) as reader:
        require_dead(reader, run_id)
    show_run(around, run_id, as_json=as_json)


@dead.command("retry")
@dead_filter
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.option("--dry-run", is_flag=True, help="Only say which ones.")
@click.option("--yes", is_flag=True, help="Do not ask, however many there are.")
@click.pass_context
def retry_dead(context: click.Context, wanted: DeadFilter, *, every: bool, dry_run: bool, yes: bool) -> int:
    """Try dead letters once more: each gets one more attempt at least, and keeps those it had.

    What is chosen by anything but --run is asked about first if there are several.

    Example: cron-actors dead retry --job backup --since 1d --dry-run
    """
    return _do(surroundings(context), RETRY, _chosen(wanted, every=every), dry_run=dry_run, yes=yes)


@dead.command("discard")
@dead_filter
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.option("--dry-run", is_flag=True, help="Only say which ones.")
@click.option("--yes", is_flag=True, help="Do not ask, however many there are.")
@click.pass_context
def discard_dead(context: click.Context, wanted: DeadFilter, *, every: bool, dry_run: bool, yes: bool) -> int:
    """Dismiss dead letters: they are not listed any more, and stay in the history.

    What is chosen by anything but --run is asked about first if there are several.

    Example: cron-actors dead discard --reason timeout --until 30d --yes
    """
    return _do(surroundings(context), DISCARD, _chosen(wanted, every=every), dry_run=dry_run, yes=yes)


def _chosen(wanted: DeadFilter, *, every: bool) -> DeadFilter:
    if every == bool(wanted):
        raise UsageError("say which ones, such as --run 17 or --job backup, or give --all for all of them")
    return wanted


def _do(around: Surroundings, deed: Deed, wanted: DeadFilter, *, dry_run: bool, yes: bool) -> int:
    with around.reader(tell_absent=True) as reader:
        found = dead_letters(around, reader, wanted)
    if not found:
        say("no dead letters")
        return exit_codes.OK
    if dry_run:
        _tell(found, around.now())
        say(f"{counted(len(found), 'dead letter')} would be {deed.done}")
        return exit_codes.OK
    if len(found) > 1 and not wanted.run_ids and not yes and not _agreed(deed, len(found)):
        say("nothing was changed")
        return exit_codes.FAILURE
    codes = [_request(around, deed, found[start : start + AT_ONCE]) for start in range(0, len(found), AT_ONCE)]
    return max(codes)


def _agreed(deed: Deed, count: int) -> bool:
    """Ask whether so many are meant; raises UsageError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UsageError(f"{count} dead letters would be {deed.done}; give --yes, or --dry-run to see them")
    return click.confirm(f"Have {count} dead letters {deed.done}?", err=True)


def _request(around: Surroundings, deed: Deed, found: Sequence[Run]) -> int:
    return print_answer(around, submit(around, deed.kind, payload={"run_ids": [run.run_id for run in found]}))


def _tell(found: Sequence[Run], now: datetime) -> None:
    if not found:
        say("no dead letters")
        return
    columns = (
        Column("RUN"),
        Column("JOB", least=16),
        Column("QUEUE", least=8, leaves=1),
        Column(f"DUE ({zone_name(now)})"),
        Column("AGO", leaves=2),
        Column("REASON"),
        Column("ATTEMPTS", leaves=3),
        Column("ERROR", least=10),
    )
    for line in table(columns, [_row(run, now) for run in found], width()):
        click.echo(line)


def _row(run: Run, now: datetime) -> tuple[str, ...]:
    away = "\n(dismissed)" if run.dismissed_at is not None else ""
    return (
        str(run.run_id),
        printable(run.job),
        printable(run.queue),
        short(run.due_at, now),
        brief(run.due_at, now).removesuffix(" ago"),
        f"{run.reason or '-'}{away}",
        str(run.attempt),
        printable(run.error or ""),
    )
