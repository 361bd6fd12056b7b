"""The program: the table of its commands, each loaded when it is used, and how it ends."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from cron_actors import __version__
from cron_actors.cli import exit_codes
from cron_actors.cli.console import PROGRAM, complain
from cron_actors.cli.surroundings import Surroundings
from cron_actors.errors import CronActorsError, InvalidValueError, UsageError

# The name of a command, where it is, and its line in the list: the list must not import what it lists.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run:run", "Run the daemon in the foreground."),
    "validate": ("validate:validate", "Check a jobs file and report every error at once."),
    "next": ("instants:next_instants", "Print when an expression or a job is due next."),
    "explain": ("instants:explain_schedule", "Say in words when an expression or a job is due."),
    "simulate": ("simulate:simulate", "Run a jobs file over a span of virtual time."),
    "jobs": ("jobs:jobs", "List the jobs, or show one."),
    "runs": ("runs:runs", "List runs, executed or not, with their reasons."),
    "why": ("why:why", "Say why a job did, or did not, run at an instant."),
    "stats": ("stats:stats", "Show the statistics of the jobs."),
    "events": ("events:events", "Print what happened to runs, and follow it."),
    "load": ("load:load", "Submit a load of tasks to try out queues and workers."),
    "top": ("top:top", "Show queues, workers and rates as they change."),
    "logs": ("logs:logs", "Print the log of a run, or follow it."),
    "trigger": ("requests:trigger", "Ask the daemon to run a job now."),
    "submit": ("submit:submit", "Have a function, a worker class, or a command performed once."),
    "cancel": ("requests:cancel", "Ask the daemon to cancel a run."),
    "pause": ("pauses:pause", "Pause a job: skip what becomes due of it."),
    "resume": ("pauses:resume", "Let a paused job go on."),
    "reset-cursor": ("requests:reset_cursor", "Go on from now after the clock was set back."),
    "queues": ("queues:queues", "List queues; add, resize, pause, resume or balance them."),
    "dead": ("dead:dead", "List dead letters; show, retry or discard them."),
    "status": ("status:status", "Say whether the daemon is healthy."),
    "exec": ("foreground:execute", "Run one job once, here, without a daemon."),
    "prune": ("housekeeping:prune", "Delete old runs from the history."),
    "reset": ("housekeeping:reset", "Delete the database and create an empty one."),
    "import-crontab": ("import_crontab:import_crontab", "Make a jobs file of a crontab."),
    "schema": ("schema:schema", "Print the JSON Schema of jobs files."),
}

_FIRST_FREE = 3  # descriptor after standard input, output and error


class Program(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(f"cron_actors.cli.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{attribute} of {module} is no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        close = difflib.get_close_matches(args[0].casefold(), COMMANDS, n=1)
        if args[0] not in COMMANDS and close:
            ctx.fail(f"No such command '{args[0]}', did you mean '{close[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name=PROGRAM)
@click.pass_context
def program(context: click.Context) -> None:
    """Run jobs when they are due, and account for every due instant.

    Settings come from the environment; "cron-actors run --help" lists them.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program and exit with its code; an expected error is one line on standard error."""
    _occupy_standard_descriptors()
    try:
        code = run_program(arguments)
        if sys.stdout is not None:  # it was closed before we began
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has gone. What is still buffered must not raise again when the interpreter flushes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exit_codes.BROKEN_PIPE
    sys.exit(code)


def _occupy_standard_descriptors() -> None:
    """Open what is closed of the descriptors 0 to 2: else a file of ours would get one, and jobs print into it."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor < _FIRST_FREE:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


def run_program(arguments: Sequence[str] | None = None, around: Surroundings | None = None) -> int:
    """Run the program, in the real world or another, and return its exit code.

    Raises BrokenPipeError and what nobody expects.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with program.make_context(PROGRAM, words, obj=around) as context:
            result = program.invoke(context)
        return result if isinstance(result, int) else exit_codes.OK
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _usage(error)
    except (click.Abort, KeyboardInterrupt):
        return exit_codes.INTERRUPTED
    except (UsageError, InvalidValueError) as error:
        complain(str(error))
        return exit_codes.USAGE
    except BrokenPipeError:
        raise
    except (CronActorsError, OSError) as error:
        complain(str(error))
        return exit_codes.FAILURE


def _usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message())
        return exit_codes.OK
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f' (see "{context.command_path} --help")' if context is not None else ""
    complain(" ".join(error.format_message().split()) + hint)
    return error.exit_code
