"""The command that says whether the daemon is healthy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import click

from cron_actors.cli import exit_codes, options
from cron_actors.cli.console import say, write_json
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.wording import counted, moment_text
from cron_actors.core.moments import iso
from cron_actors.core.pausing import pause_at
from cron_actors.model.job import Json
from cron_actors.model.records import NodeRecord, RunFilter
from cron_actors.model.run import RunState
from cron_actors.ports.store import Reader

STALE = timedelta(seconds=15)  # three heartbeats
LABEL = 13
MOST_COUNTED = 1_000  # dead letters: beyond, the number changes nothing
HELD = (RunState.EXECUTING, RunState.LAUNCHED)
LEFT_OVER = " (left over)"


def troubles(node: NodeRecord | None, *, lives: bool, now: datetime, shortage: str | None = None) -> list[str]:
    """Return one line for each thing that is wrong with the daemon; none means healthy.

    ``shortage`` is what the disk of its database lacks: a daemon that cannot write cannot write that down either.
    """
    if not lives or node is None:
        return ["no daemon runs on this database"]
    found = []
    if now - node.heartbeat_at > STALE:
        silent = round((now - node.heartbeat_at).total_seconds())
        found.append(f"the last heartbeat came {silent} s ago; it comes every 5 s")
    if node.trouble:
        found.append(node.trouble)
    elif shortage:
        found.append(f"no room for the database: {shortage}")
    return found


@click.command()
@options.as_json
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> int:
    """Say whether the daemon is healthy: exit code 0 if it is, 1 if not.

    Example: cron-actors status --json
    """
    around = surroundings(context)
    with around.reader(tell_absent=True) as reader:
        node = _latest(reader)
        lives = reader is not None and reader.daemon_lives()
        found = troubles(node, lives=lives, now=around.now(), shortage=_shortage(around) if lives else None)
        counts = {} if reader is None else reader.counts()
        paused = _paused(reader, around.now())
        queues = [] if reader is None else [record.name for record in reader.queues() if record.paused_at is not None]
        dead = _dead_letters(reader)
    if as_json:
        notes: dict[str, Json] = {"paused": list(paused), "paused_queues": list(queues), "dead_letters": dead}
        write_json(_report(around, node, found, counts) | notes)
    else:
        _tell(around, found, node, lives=lives)
        say(f"{'runs':<{LABEL}}{_states(counts, lives=lives) or 'none'}")
        if paused:
            say(f"{'paused':<{LABEL}}{', '.join(paused)}")
        if queues:
            say(f"{'queues':<{LABEL}}{', '.join(queues)} paused")
        if dead:
            more = " or more" if dead == MOST_COUNTED else ""
            say(f"{'dead letters':<{LABEL}}{dead}{more}: cron-actors dead list")
    return exit_codes.FAILURE if found else exit_codes.OK


def _latest(reader: Reader | None) -> NodeRecord | None:
    nodes = [] if reader is None else reader.nodes()
    return nodes[0] if nodes else None


def _paused(reader: Reader | None, now: datetime) -> list[str]:
    """Return the jobs in force that are paused now."""
    records = [] if reader is None else reader.jobs()
    return [record.identifier for record in records if record.removed_at is None and pause_at(record.pauses, now)]


def _dead_letters(reader: Reader | None) -> int:
    """Return how many dead letters nobody has dismissed, counted up to MOST_COUNTED."""
    if reader is None:
        return 0
    return len(reader.runs(RunFilter(states=(RunState.DISCARDED,), dismissed=False, limit=MOST_COUNTED)))


def _database(around: Surroundings) -> str:
    from cron_actors.adapters.stores.urls import describe  # noqa: PLC0415 - the help needs no store

    return describe(around.settings.database_url)


def _shortage(around: Surroundings) -> str | None:
    from cron_actors.adapters.run_logs import DiskRoom  # noqa: PLC0415 - as above

    return DiskRoom([Path(_database(around)).parent]).shortage()


def _report(
    around: Surroundings, node: NodeRecord | None, found: list[str], counts: Mapping[RunState, int]
) -> dict[str, Json]:
    return {
        "healthy": not found,
        "troubles": list(found),
        "database": _database(around),
        "daemon": None if node is None else _node_object(node),
        "runs": {state.value: counts.get(state, 0) for state in RunState},
    }


def _node_object(node: NodeRecord) -> dict[str, Json]:
    return {
        "node": node.node,
        "pid": node.pid,
        "host": node.host,
        "started_at": iso(node.started_at),
        "heartbeat_at": iso(node.heartbeat_at),
        "stopped_at": None if node.stopped_at is None else iso(node.stopped_at),
        "ticks": node.ticks,
        "trouble": node.trouble,
    }


def _states(counts: Mapping[RunState, int], *, lives: bool) -> str:
    """Return how many runs stand in each state; without a daemon none is being executed, whatever its row says."""
    return ", ".join(
        f"{counts[state]} {state}" + (LEFT_OVER if state in HELD and not lives else "")
        for state in RunState
        if counts.get(state)
    )


def _tell(around: Surroundings, found: list[str], node: NodeRecord | None, *, lives: bool) -> None:
    now = around.now()
    click.echo(click.style("not healthy", fg="red") if found else click.style("healthy", fg="green"))
    for line in found:
        say(f"  {line}")
    facts = {"database": _database(around)}
    if node is not None:
        process = f"process {node.pid} on {node.host}, {counted(node.ticks, 'tick')}"
        facts |= {"daemon" if lives else "last daemon": process, "started": moment_text(node.started_at, now)}
        facts["heartbeat"] = moment_text(node.heartbeat_at, now)
        if node.stopped_at is not None:
            facts["stopped"] = moment_text(node.stopped_at, now)
    for label, fact in facts.items():
        say(f"{label:<{LABEL}}{fact}")
