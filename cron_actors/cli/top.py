"""The command that shows queues, workers and rates as they change."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import chain

import click

from cron_actors.cli.console import width
from cron_actors.cli.journal import PIECE, Entry, Follower, entries_since
from cron_actors.cli.status import troubles
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.top_figures import MINUTE, MOST_COUNTED, Pulse, Snapshot, longest_running, queue_figures
from cron_actors.cli.top_screen import screen as lines_of
from cron_actors.cli.top_screen import snapshot_object
from cron_actors.errors import CronActorsError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import RunState
from cron_actors.ports.store import Reader

MOST_RUNNING = 1_000


class Watcher:
    """Looks at the store again and again; begins with what the journal says of the last minute."""

    def __init__(self, around: Surroundings, reader: Reader) -> None:
        self._around = around
        self._reader = reader
        self._missed = 0
        now = around.now()
        last = reader.last_event()
        before = entries_since(reader, now - MINUTE, last)
        self._pulse = Pulse((change for _, changes in before for change in changes), now)
        self._follower = Follower(reader, last)

    def look(self) -> Snapshot:
        """Return how things stand now."""
        now = self._around.now()
        entries = self._arrived()
        self._pulse.count(chain.from_iterable(changes for _, changes in entries), now)
        reader = self._reader
        node = next(iter(reader.nodes()), None)
        lives = reader.daemon_lives()
        present, minute = self._pulse.rates()
        under_way = RunFilter(states=(RunState.EXECUTING, RunState.LAUNCHED), limit=MOST_RUNNING)
        return Snapshot(
            at=now,
            node=node,
            lives=lives,
            troubles=troubles(node, lives=lives, now=now),
            queues=queue_figures(reader.queues(), reader.in_queue(MOST_COUNTED)),
            now=present,
            minute=minute,
            lateness=self._pulse.lateness(),
            running=longest_running(reader.runs(under_way)),
            failures=tuple(self._pulse.failures),
            missed=self._missed,
        )

    def _arrived(self) -> list[Entry]:
        found: list[Entry] = []
        while True:
            missed, entries = self._follower.next()
            self._missed += missed
            found += entries
            if len(entries) < PIECE:
                return found


@click.command()
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1, max=3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How long between two looks.",
)
@click.option("--once", is_flag=True, help="Look once, print it, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line and a look.")
@click.pass_context
def top(context: click.Context, interval: float, *, once: bool, as_json: bool) -> None:
    """Show queues, workers, rates and lateness as they change; q ends it.

    It only reads the database. Where standard output is no terminal it prints one look after the other.

    Example: cron-actors top --once
    """
    around = surroundings(context)
    with around.reader(tell_absent=True) as reader:
        if reader is None:
            raise CronActorsError("there is nothing to look at")
        watcher = Watcher(around, reader)
        if as_json:
            _repeat(around, lambda: click.echo(json.dumps(snapshot_object(watcher.look()))), interval, once=once)
        elif once or not sys.stdout.isatty():
            _repeat(around, lambda: _print(watcher, once=once), interval, once=once)
        else:
            _show(watcher, interval, coloured=context.color is not False)


def _repeat(around: Surroundings, look: Callable[[], None], interval: float, *, once: bool) -> None:
    look()
    while not once:
        around.pause(timedelta(seconds=interval))
        look()


def _print(watcher: Watcher, *, once: bool) -> None:
    lines = lines_of(watcher.look(), width())
    click.echo("\n".join(lines if once else [*lines, ""]))


def _show(watcher: Watcher, interval: float, *, coloured: bool) -> None:
    from cron_actors.cli.terminal import screen  # noqa: PLC0415 - only a terminal needs it

    with screen() as terminal:
        while True:
            lines = lines_of(watcher.look(), terminal.size[0])
            terminal.show(lines if coloured else [click.unstyle(line) for line in lines])
            if not terminal.wait(interval):
                return
