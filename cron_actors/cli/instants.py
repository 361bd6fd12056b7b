"""The commands that need no daemon: when something is due next, and that in words."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from cron_actors.cli import options
from cron_actors.cli.answering import answers
from cron_actors.cli.console import say, warn, write_json
from cron_actors.cli.job_treatment import treatment
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.whats import What, find, reading_of
from cron_actors.cli.wording import relative
from cron_actors.core.moments import parse_instant, parse_zone
from cron_actors.model.job import AtStartup, DayMatch, DstMissing, DstRepeated, When

Function = TypeVar("Function", bound=Callable[..., object])
MOST = 100_000
_PLACED = re.compile(r"\bH\b", re.IGNORECASE)
STARTS = {
    None: "never",
    AtStartup.BOOT: "when the machine boots",
    AtStartup.EVERY_START: "when a daemon starts",
}
READING = (
    click.option(
        "--dst-missing",
        type=click.Choice([str(missing) for missing in DstMissing]),
        help="For an expression: a time that the clock skips happens right after the gap, or not.",
    ),
    click.option(
        "--dst-repeated",
        type=click.Choice([str(repeated) for repeated in DstRepeated]),
        help="For an expression: which pass of a repeated time counts.",
    ),
    click.option(
        "--day-match",
        type=click.Choice([str(match) for match in DayMatch]),
        help="For an expression: whether either of two restricted day fields is enough.",
    ),
    click.option("--job-id", metavar="JOB", help="For an expression: the identifier that places H."),
)


def _one_word(context: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> str | None:  # noqa: ARG001 - click's
    """Return WHAT, None if it was not given; of several words an expression that lacks its quotes is suspected."""
    if len(words) > 1:
        raise click.UsageError(
            f"found {len(words)} words, the first of them {words[0]!r}; WHAT is one: put a cron expression in quotes, "
            f'as in {context.command_path} "30 2 * * mon-fri"',
            context,
        )
    return words[0] if words else None


def _reading(command: Function) -> Function:
    """Add the options that say how a bare expression is read."""
    for option in reversed(READING):
        command = option(command)
    return command


@click.command("next")
@click.argument("what", nargs=-1, metavar="WHAT", callback=_one_word)
@click.option("--timezone", metavar="TZ", help="The zone of an expression (default UTC); for a job, of the output.")
@_reading
@click.option(
    "--after",
    metavar="INSTANT",
    help="Begin after this instant, such as 2026-11-21T03:00; now if not given.",
)
@click.option("--count", type=click.IntRange(1, MOST), default=5, show_default=True, help="How many instants.")
@options.as_json
@click.option("--json-lines", is_flag=True, help="Answer requests from standard input, one JSON object a line.")
@click.pass_context
def next_instants(
    context: click.Context, /, what: str | None, count: int, *, as_json: bool, json_lines: bool, **texts: str | None
) -> None:
    """Print when a cron expression, or a job of the jobs file, is due next.

    With --json-lines each line {"id", "expr", "tz", "after", "n"} is answered by {"id", "next": [instants]}, with
    "never": true if there are none and "at_startup": "boot" for @reboot, or by {"id", "error"}; a line may also have
    "dst_missing", "dst_repeated", "day_match" and "job_id", which mean what the options do.

    Example: cron-actors next "30 2 * * mon-fri" --timezone Europe/Berlin --count 3
    """
    around = surroundings(context)
    if json_lines:
        if what is not None:
            raise click.UsageError("--json-lines takes its expressions from standard input, not as WHAT")
        for answer in answers(sys.stdin.buffer, around.now, count):
            click.echo(answer)
        return
    if what is None:
        raise click.UsageError("Missing argument 'WHAT': a cron expression or a job")
    zone = None if texts["timezone"] is None else parse_zone(texts["timezone"])
    found = _found(what, around, texts)
    after = around.now() if texts["after"] is None else parse_instant(texts["after"], zone or found.zone)
    instants = list(islice(found.runs_after(after, changed_at=around.now()), count))
    if as_json:
        write_json([in_zone(at, zone or found.zone) for at in instants])
    else:
        _tell(instants, zone or found.zone, around.now(), found.when)


@click.command("explain")
@click.argument("what", nargs=-1, required=True, metavar="WHAT", callback=_one_word)
@click.option("--timezone", metavar="TZ", help="The zone of an expression (default UTC).")
@_reading
@click.pass_context
def explain_schedule(context: click.Context, /, what: str, **texts: str | None) -> None:
    """Say in words when a cron expression, or a job of the jobs file, is due.

    Example: cron-actors explain "0 9 * * mon-fri" --timezone Europe/Berlin
    """
    from cron_actors.core.explanation import explain_when  # noqa: PLC0415 - the library of words takes its time

    found = _found(what, surroundings(context), texts)
    lines = explain_when(found.when, seed=found.identifier)
    for line in (*lines, *([] if found.job is None else treatment(found.job))):
        say(line)


def _found(what: str, around: Surroundings, texts: Mapping[str, str | None]) -> What:
    """Return what is asked about; H for no job in particular is placed as for none that there can be: warn of it."""
    found = find(what, around, reading_of(texts))
    if not found.identifier and _PLACED.search(what):
        warn("H is placed by the identifier of the job: name one by --job-id")
    return found


def in_zone(at: datetime, zone: ZoneInfo) -> str:
    """Return the instant in ISO 8601 in the zone, with its offset."""
    return at.astimezone(zone).isoformat()


def _tell(instants: list[datetime], zone: ZoneInfo, now: datetime, when: When) -> None:
    if not instants:
        say("when somebody asks for it" if when.manual else STARTS[when.at_startup])
    for at in instants:
        say(f"{in_zone(at, zone)}  {relative(at, now)}")
