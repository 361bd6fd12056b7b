"""The screen of ``top``: lines for people, and an object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from cron_actors.cli.console import printable
from cron_actors.cli.tables import Column, clip, table
from cron_actors.cli.top_figures import MOST_COUNTED, QueueFigures, Rates, Snapshot
from cron_actors.cli.wording import counted, short, span
from cron_actors.core.moments import iso
from cron_actors.core.run_states import describe
from cron_actors.messages import RunChanged
from cron_actors.model.job import Json
from cron_actors.model.records import NodeRecord
from cron_actors.model.run import Run

QUEUE_COLUMNS = (
    Column("QUEUE", least=8),
    Column("SHARE", leaves=2),
    Column("BUSY"),
    Column("FREE", leaves=2),
    Column("ENDING", leaves=1),
    Column("WAITING"),
    Column("LATER", leaves=3),
    Column(""),
)
RUN_COLUMNS = (Column("RUNNING FOR"), Column("RUN"), Column("QUEUE", leaves=1), Column("JOB", least=10))
FAILURE_COLUMNS = (Column("FAILED AT"), Column("RUN"), Column("WHY", least=20), Column("JOB", least=10))


def screen(shot: Snapshot, width: int | None = None) -> list[str]:
    """Return the lines of one screen, none wider than ``width``; None means that nothing is cut."""
    lines = [*_head(shot, width), "", *_queues(shot.queues, width), "", *_pace(shot, width)]
    if shot.running:
        lines += ["", *table(RUN_COLUMNS, [_running(run, shot.at) for run in shot.running], width)]
    if shot.failures:
        rows = [_failure(change, shot.at) for change in reversed(shot.failures)]
        lines += ["", *table(FAILURE_COLUMNS, rows, width)]
    return lines


def snapshot_object(shot: Snapshot) -> dict[str, Json]:
    """Return what ``top --json`` prints."""
    return {
        "at": iso(shot.at),
        "healthy": not shot.troubles,
        "troubles": list(shot.troubles),
        "daemon": None if shot.node is None else _node_object(shot.node, shot.at, lives=shot.lives),
        "queues": [_queue_object(queue) for queue in shot.queues],
        "rates": {
            "interval": None if shot.now is None else _rates_object(shot.now),
            "minute": _rates_object(shot.minute),
        },
        "lateness_s": None if shot.lateness is None else dict(zip(("p50", "p95"), shot.lateness, strict=True)),
        "running": [
            {"run_id": run.run_id, "job": run.job, "queue": run.queue, "running_s": _running_for(run, shot.at)}
            for run in shot.running
        ],
        "failures": [
            {
                "run_id": change.run_id,
                "job": change.job,
                "at": iso(change.at),
                "state": change.state.value,
                "reason": change.reason,
                "error": change.error,
            }
            for change in reversed(shot.failures)
        ],
        "missed_commits": shot.missed,
    }


def _head(shot: Snapshot, width: int | None) -> list[str]:
    words = f"cron-actors top, {short(shot.at, shot.at)}"
    if shot.node is not None and shot.lives:
        up = span((shot.at - shot.node.started_at).total_seconds())
        words += f": process {shot.node.pid} on {shot.node.host}, up {up}, {counted(shot.node.ticks, 'tick')}"
    lines = [click.style(_cut(words, width), bold=True)]
    return lines + [click.style(_cut(printable(trouble), width), fg="red") for trouble in shot.troubles]


def _queues(queues: Sequence[QueueFigures], width: int | None) -> list[str]:
    if not queues:
        return ["no queue is known yet: a daemon writes them down when it starts"]
    rows = [
        (
            queue.name,
            f"{queue.share:>5}",
            f"{queue.busy:>4}",
            f"{queue.free:>4}",
            f"{queue.to_terminate:>6}",
            f"{_number(queue.waiting):>7}",
            f"{_number(queue.later):>6}",
            "paused" if queue.paused else "",
        )
        for queue in queues
    ]
    colours = ["yellow" if queue.paused else "cyan" if queue.busy else None for queue in queues]
    return table(QUEUE_COLUMNS, rows, width, colours)


def _pace(shot: Snapshot, width: int | None) -> list[str]:
    late = "no start" if shot.lateness is None else " / ".join(span(value) for value in shot.lateness)
    lines = [
        *([] if shot.now is None else [f"a second   {_rates_text(shot.now)}"]),
        f"last min   {_rates_text(shot.minute)} a second",
        f"lateness   {late} (p50 / p95 of first attempts, last minute)",
    ]
    if shot.missed:
        lines.append(f"missed     {counted(shot.missed, 'commit')}, deleted before they could be counted")
    return [_cut(line, width) for line in lines]


def _rates_text(rates: Rates) -> str:
    return f"{rates.started:.1f} started, {rates.completed:.1f} completed, {rates.failed:.1f} failed"


def _running(run: Run, at: datetime) -> tuple[str, ...]:
    return span(_running_for(run, at)), str(run.run_id), run.queue, run.job


def _running_for(run: Run, at: datetime) -> float:
    return max(0.0, (at - (run.started_at or at)).total_seconds())


def _failure(change: RunChanged, at: datetime) -> tuple[str, ...]:
    why = describe(change.state, change.reason) + (f", {change.error}" if change.error else "")
    return short(change.at, at), str(change.run_id), printable(why), change.job


def _number(count: int) -> str:
    return f"{MOST_COUNTED}+" if count >= MOST_COUNTED else str(count)


def _cut(text: str, width: int | None) -> str:
    return text if width is None else clip(text, width)


def _node_object(node: NodeRecord, at: datetime, *, lives: bool) -> dict[str, Json]:
    return {
        "pid": node.pid,
        "host": node.host,
        "lives": lives,
        "up_s": (at - node.started_at).total_seconds() if lives else None,
        "ticks": node.ticks,
        "trouble": node.trouble,
    }


def _queue_object(queue: QueueFigures) -> dict[str, Json]:
    return {
        "queue": queue.name,
        "share": queue.share,
        "busy": queue.busy,
        "free": queue.free,
        "to_terminate": queue.to_terminate,
        "waiting": queue.waiting,
        "later": queue.later,
        "paused": queue.paused,
    }


def _rates_object(rates: Rates) -> dict[str, Json]:
    return {"started": rates.started, "completed": rates.completed, "failed": rates.failed}
