"""The command that runs the daemon."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from cron_actors.cli.surroundings import surroundings
from cron_actors.settings import VARIABLES


class RunCommand(click.Command):
    """A command whose help lists every environment variable with its default."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Environment"):
            formatter.write_dl([(item.name, f"{item.help}  [default: {item.default}]") for item in VARIABLES])


@click.command(cls=RunCommand)
@click.option(
    "--jobs",
    "paths",
    metavar="PATH",
    multiple=True,
    help="A jobs file, or a directory of them; may be repeated. JOBS_FILE_PATH if not given.",
)
@click.option("--max-ticks", type=click.IntRange(min=1), help="Stop after this many ticks, their runs finished.")
@click.pass_context
def run(context: click.Context, paths: tuple[str, ...], max_ticks: int | None) -> int:
    """Run the daemon in the foreground until SIGTERM or Ctrl-C. Jobs files that change are read again.

    Exit code: 0 after a clean stop, 2 if the settings or the jobs file cannot be used, 1 for anything else.

    Example: GRANULARITY=second cron-actors run --jobs jobs.yaml
    """
    settings = surroundings(context).settings
    if paths:
        settings = replace(settings, jobs_file_path=os.pathsep.join(paths))
    from cron_actors.launcher import launch_scheduler  # noqa: PLC0415 - the help must not load the daemon

    return launch_scheduler(settings=settings, max_ticks=max_ticks)
