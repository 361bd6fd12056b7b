"""The command that submits a load of tasks without a use of their own, to try out queues and workers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import TypedDict, Unpack

import click

from cron_actors import load_tasks
from cron_actors.cli import options
from cron_actors.cli.console import say, warn, write_json
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.cli.wording import counted
from cron_actors.core.load_plan import USUAL_MIX, Task, drawn, read_count, read_mix
from cron_actors.model.queue import DEFAULT_QUEUE

AT_ONCE = 100  # few enough that the tasks are mixed, though those of a kind are submitted together
SEEDS = 1_000_000
STEPS_A_SECOND = 10  # in how many pieces the runs of a second are submitted


def _mix(context: click.Context, parameter: click.Parameter, text: str | None) -> dict[str, int]:  # noqa: ARG001 - click's
    return USUAL_MIX if text is None else options.read(lambda: read_mix(text))


class Asked(TypedDict):
    """How the load is submitted; ``per_second`` None means all at once, ``seed`` None any."""

    queue: str
    mix: dict[str, int]
    per_second: float | None
    max_attempts: int
    seed: int | None


@click.command()
@click.argument("count", metavar="N|A..B|random")
@click.option("--queue", default=DEFAULT_QUEUE, show_default=True, metavar="QUEUE", help="The queue they wait in.")
@click.option(
    "--mix",
    callback=_mix,
    metavar="TASK=SHARE,...",
    help="How many of each task: quick does nothing, slow takes 0.1 to 3 seconds, failing fails."
    "  [default: quick=80,slow=15,failing=5]",
)
@click.option(
    "--per-second",
    type=click.FloatRange(min=0, min_open=True, max=100_000),
    metavar="RATE",
    help="Submit so many a second, not all at once.",
)
@click.option(
    "--max-attempts",
    type=click.IntRange(1, 1_000),
    default=1,
    show_default=True,
    metavar="TIMES",
    help="How often each is tried.",
)
@click.option("--seed", type=int, help="The same number gives the same load again.")
@options.as_json
@click.pass_context
def load(context: click.Context, count: str, *, as_json: bool, **asked: Unpack[Asked]) -> None:
    """Submit so many runs: a number, one from a range, or any up to 1,000.

    Example: cron-actors load 100..500 --mix quick=90,failing=10 --per-second 50
    """
    around = surroundings(context)
    seed = random.randrange(SEEDS) if asked["seed"] is None else asked["seed"]  # noqa: S311 - nothing secret is drawn
    chance = random.Random(seed)  # noqa: S311 - as above
    number = options.read(lambda: read_count(count, chance))
    tasks = drawn(number, asked["mix"], chance)
    found: Counter[str] = Counter()
    for piece in _pieces(around, tasks, asked["per_second"]):
        _submit(around, piece, asked)
        found.update(task.name for task in piece)
    names = {name: found[name] for name in asked["mix"]}
    if as_json:
        write_json({"submitted": number, "queue": asked["queue"], "tasks": names, "seed": seed})
    else:
        _tell(number, names, asked["queue"], seed)
    _warn_if_nobody_performs_them(around)


def _pieces(around: Surroundings, tasks: Iterator[Task], per_second: float | None) -> Iterator[list[Task]]:
    """Yield what is to be submitted together, each piece when its time has come."""
    if per_second is None:
        while piece := list(islice(tasks, AT_ONCE)):
            yield piece
        return
    begun_at, done = around.now(), 0
    while True:
        wanted = max(1, round(per_second / STEPS_A_SECOND))
        piece = list(islice(tasks, wanted))
        if not piece:
            return
        early = begun_at + timedelta(seconds=done / per_second) - around.now()
        if early > timedelta(0):
            around.pause(early)
        yield piece
        done += len(piece)


def _submit(around: Surroundings, tasks: Iterable[Task], asked: Asked) -> None:
    from cron_actors.submitting import submit_all  # noqa: PLC0415 - help texts need no store

    calls: dict[str, list[tuple[object, ...]]] = {}
    for task in tasks:
        calls.setdefault(task.name, []).append(task.args)
    for name, arguments in calls.items():
        submit_all(
            getattr(load_tasks, name),
            arguments,
            queue=asked["queue"],
            max_attempts=asked["max_attempts"],
            database_url=around.settings.database_url,
        )


def _tell(number: int, names: dict[str, int], queue: str, seed: int) -> None:
    told = ", ".join(f"{count} {name}" for name, count in names.items())
    say(f"submitted {counted(number, 'run')} to queue '{queue}': {told} (seed {seed})")
    say("watch them with: cron-actors top, cron-actors events --follow")


def _warn_if_nobody_performs_them(around: Surroundings) -> None:
    with around.reader() as reader:
        if reader is None or not reader.daemon_lives():
            warn("no daemon runs on this database: they wait until one is started")
