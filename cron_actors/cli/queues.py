"""The commands about queues."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

import click

from cron_actors.cli import options
from cron_actors.cli.console import printable, warn, width, write_json
from cron_actors.cli.known_queues import known_queues, require_queue
from cron_actors.cli.queue_objects import MOST_COUNTED, ShownQueue, queue_object, shown_queues
from cron_actors.cli.queue_options import QueueTexts, entry_of, queue_options
from cron_actors.cli.requests import print_answer, submit
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.tables import Column, table
from cron_actors.cli.wording import brief
from cron_actors.core.queue_names import check_spelling, parse_queue_name
from cron_actors.core.queue_reader import changes_text, queue_from
from cron_actors.core.rate_reader import rate_text
from cron_actors.errors import InvalidValueError, UsageError
from cron_actors.model.records import RequestKind

LAST_KNOWN = "no daemon runs on this database; what the queues have of workers is what was last known"
COLUMNS = (
    Column("QUEUE", least=12),
    Column("PARALLEL"),
    Column("WEIGHT", leaves=1),
    Column("MIN", leaves=1),
    Column("SHARE"),
    Column("BUSY"),
    Column("FREE", leaves=3),
    Column("ENDING", leaves=2),
    Column("WAITING"),
    Column("LATER"),
    Column("RATE", leaves=4),
    Column("ISOLATION", leaves=1),
    Column("PAUSED", least=10),
)


@click.group()
def queues() -> None:
    """List the queues, or change them while the daemon runs.

    A change by command goes before what a jobs file says, also after a restart, until the file says something else.

    Example: cron-actors queues resize mail --parallelism 8
    """


@queues.command("list")
@options.as_json
@click.pass_context
def list_queues(context: click.Context, *, as_json: bool) -> None:
    """List the queues: what each may have, what it has, and what waits in it.

    BUSY workers perform runs, FREE ones could, ENDING ones finish what they do as their queue has fewer now. WAITING
    runs could begin now, LATER ones wait for their instant. Without a daemon all of it is as the last one left it.

    Example: cron-actors queues list --json
    """
    around = surroundings(context)
    with around.reader(tell_absent=True) as reader:
        shown = shown_queues(known_queues(around, reader), reader)
        if reader is not None and not reader.daemon_lives():
            warn(LAST_KNOWN)
    if as_json:
        write_json([queue_object(one) for one in shown])
        return
    for line in table(COLUMNS, [_row(one, around.now()) for one in shown], width()):
        click.echo(line)


@queues.command()
@click.argument("name")
@queue_options
@click.pass_context
def add(context: click.Context, name: str, **texts: Unpack[QueueTexts]) -> int:
    """Add a queue, for good: it stays after a restart.

    Jobs of a jobs file can name only queues of jobs files; this one is for what is submitted.

    Example: cron-actors queues add mail --parallelism 4 --rate-limit 10/1m
    """
    around = surroundings(context)
    entry = entry_of(texts)
    queue_from(_named(name), entry)
    with around.reader() as reader:
        known = known_queues(around, reader)
        if name in known:
            raise UsageError(f"there is a queue '{name}' already; cron-actors queues resize {name} changes it")
        _named(name, known)
    return print_answer(around, submit(around, RequestKind.ADD_QUEUE, payload={"queue": name, **entry}))


def _named(name: str, known: Iterable[str] = ()) -> str:
    try:
        check_spelling(name, known)
        return parse_queue_name(name)
    except InvalidValueError as error:
        raise UsageError(f"name: {error}") from None


@queues.command()
@click.argument("name")
@queue_options
@click.pass_context
def resize(context: click.Context, name: str, **texts: Unpack[QueueTexts]) -> int:
    """Change a queue: what is not named stays. Workers that are too many finish what they do.

    Example: cron-actors queues resize mail --parallelism none --priority-level 7
    """
    around = surroundings(context)
    entry = entry_of(texts)
    if not entry:
        raise UsageError("nothing to change; name at least one option, such as --parallelism 4")
    with around.reader() as reader:
        changes_text(require_queue(around, reader, name), entry)
    return print_answer(around, submit(around, RequestKind.RESIZE_QUEUE, payload={"queue": name, **entry}))


@queues.command("pause")
@click.argument("name")
@click.pass_context
def pause_queue(context: click.Context, name: str) -> int:
    """Let no run of a queue begin; those under way go on, and what becomes due waits.

    Example: cron-actors queues pause mail
    """
    return _ask(surroundings(context), RequestKind.PAUSE_QUEUE, name)


@queues.command("resume")
@click.argument("name")
@click.pass_context
def resume_queue(context: click.Context, name: str) -> int:
    """Let runs of a paused queue begin again.

    Example: cron-actors queues resume mail
    """
    return _ask(surroundings(context), RequestKind.RESUME_QUEUE, name)


@queues.command("balance")
@click.pass_context
def balance_queues(context: click.Context) -> int:
    """Have the workers shared out now, by what waits in each queue, instead of at the next turn.

    Example: cron-actors queues balance
    """
    around = surroundings(context)
    return print_answer(around, submit(around, RequestKind.BALANCE))


def _ask(around: Surroundings, kind: RequestKind, name: str) -> int:
    with around.reader() as reader:
        require_queue(around, reader, name)
    return print_answer(around, submit(around, kind, payload={"queue": name}))


def _row(shown: ShownQueue, now: datetime) -> tuple[str, ...]:
    queue, record = shown.queue, shown.record
    paused = "-"
    if record.paused_at is not None:
        paused = f"{brief(record.paused_at, now)} by {record.paused_by or '-'}"
    return (
        printable(queue.name),
        "-" if queue.parallelism is None else str(queue.parallelism),
        str(queue.weight),
        str(queue.min_workers),
        str(record.share),
        str(shown.busy),
        str(shown.free),
        str(shown.to_terminate),
        _count(shown.waiting),
        _count(shown.later),
        "-" if queue.rate_limit is None else rate_text(queue.rate_limit),
        queue.isolation.value,
        printable(paused),
    )


def _count(number: int) -> str:
    return f"{number}+" if number >= MOST_COUNTED else str(number)
