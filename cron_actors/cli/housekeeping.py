"""The commands that clear the store."""

from __future__ import annotations

from datetime import timedelta

import click

from cron_actors.cli import exit_codes, options
from cron_actors.cli.console import say
from cron_actors.cli.surroundings import surroundings
from cron_actors.cli.wording import counted
from cron_actors.errors import StartError


@click.command()
@click.option(
    "--older-than",
    metavar="DURATION",
    default="90d",
    show_default=True,
    callback=options.length,
    help="Delete what ended longer ago than this.",
)
@click.option("--keep", type=click.IntRange(min=0), help="Also delete what is beyond this many runs of a job.")
@click.pass_context
def prune(context: click.Context, older_than: timedelta, keep: int | None) -> None:
    """Delete old finished runs from the history; statistics and log files stay.

    A daemon may be running meanwhile.

    Example: cron-actors prune --older-than 30d --keep 1000
    """
    from cron_actors.adapters.stores.housekeeping import prune_history  # noqa: PLC0415 - the help needs no store

    around = surroundings(context)
    deleted = prune_history(around.settings.database_url, around.now() - older_than, keep)
    say(f"{counted(deleted, 'run')} deleted")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def reset(context: click.Context, *, yes: bool) -> int:
    """Delete the database, with all history and statistics, and create an empty one; asks first.

    Log files stay. It is refused while a daemon runs. Exit code: 0 if it was done, 1 if not.

    Example: cron-actors reset --yes
    """
    from cron_actors.adapters.stores.urls import describe, in_use, recreate  # noqa: PLC0415 - the help needs no store

    url = surroundings(context).settings.database_url
    if in_use(url):
        raise StartError(f"a daemon uses {describe(url)}; stop it first; nothing was deleted")
    if not yes and not click.confirm(f"Delete {describe(url)} with all history and statistics?", err=True):
        say("nothing was deleted")
        return exit_codes.FAILURE
    recreate(url)
    say(f"{describe(url)} is new and empty")
    return exit_codes.OK
