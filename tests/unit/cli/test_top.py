from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import click
import pytest

from cron_actors.cli.tables import cells
from cron_actors.cli.terminal import frame
from cron_actors.cli.top_figures import (
    MOST_COUNTED,
    Pulse,
    QueueFigures,
    Rates,
    Snapshot,
    longest_running,
    queue_figures,
)
from cron_actors.cli.top_screen import screen, snapshot_object
from cron_actors.messages import RunChanged
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import NodeRecord
from cron_actors.model.run import Outcome, RunState
from tests.fakes.values import NOON, a_change, a_run

S = RunState
SECOND = timedelta(seconds=1)
NODE = NodeRecord(
    node="n", pid=4711, boot_id="b", host="here", started_at=NOON - 90 * SECOND, heartbeat_at=NOON, ticks=90
)


def begun(late: float = 0.0, **fields: Any) -> RunChanged:  # noqa: ANN401 # any field of a change
    at = NOON + timedelta(seconds=late)
    return a_change(S.EXECUTING, **{"at": at, "started_at": at, **fields})


def ended(state: RunState, outcome: Outcome, **fields: Any) -> RunChanged:  # noqa: ANN401 # as above
    return a_change(state, outcome=outcome, was=S.EXECUTING, **fields)


def test_rates_are_those_since_the_last_look_and_those_of_a_minute() -> None:
    pulse = Pulse([begun() for _ in range(60)], NOON)
    pulse.count([], NOON)
    assert pulse.rates() == (None, Rates(started=1.0))
    pulse.count([begun(), begun(), ended(S.COMPLETED, Outcome.SUCCESS)], NOON + 2 * SECOND)
    now, minute = pulse.rates()
    assert now == Rates(started=1.0, completed=0.5)
    assert minute.started == pytest.approx(62 / 60, rel=0.04)


def test_a_minute_later_nothing_of_before_is_counted() -> None:
    pulse = Pulse([begun() for _ in range(600)], NOON)
    for second in range(1, 63):
        pulse.count([], NOON + second * SECOND)
    assert pulse.rates() == (Rates(), Rates())
    assert pulse.lateness() is None


def test_what_will_be_tried_again_and_what_will_not_are_both_failures_but_a_cancelled_run_is_none() -> None:
    retried = ended(S.RETRYABLE, Outcome.FAILURE, run_id=1)
    discarded = ended(S.DISCARDED, Outcome.TIMEOUT, run_id=2)
    pulse = Pulse([retried, ended(S.CANCELLED, Outcome.CANCELLED)], NOON)
    pulse.count([discarded], NOON + SECOND)
    assert list(pulse.failures) == [retried, discarded]


def test_lateness_counts_first_attempts_only() -> None:
    pulse = Pulse([begun(n / 1000) for n in range(1, 101)] + [begun(99.0, attempt=2)], NOON + SECOND)
    assert pulse.lateness() == (0.050, 0.095)


def record(name: str, **fields: Any) -> QueueRecord:  # noqa: ANN401 # any field of a record
    return QueueRecord(**{"name": name, "source": "built-in", "declared": "{}", "share": 3, **fields})


def test_a_queue_says_what_is_free_and_what_is_too_many() -> None:
    [few, many] = queue_figures(
        [record("low"), record("high")],
        {
            "high": {S.EXECUTING: 4, S.LAUNCHED: 1, S.AVAILABLE: 7, S.SCHEDULED: 1, S.RETRYABLE: 2},
            "low": {S.EXECUTING: 1},
        },
    )[::-1]
    assert (few.name, few.busy, few.free, few.to_terminate) == ("low", 1, 2, 0)
    assert (many.busy, many.free, many.to_terminate, many.waiting, many.later) == (5, 0, 2, 7, 3)


def test_the_heaviest_queue_comes_first_and_one_that_has_gone_stays_as_long_as_it_has_runs() -> None:
    records = [record("a", declared='{"weight": 3}'), record("b", declared='{"weight": 20}')]
    gone = [record("old", removed_at=NOON), record("older", removed_at=NOON)]
    shown = queue_figures([*records, *gone], {"old": {S.AVAILABLE: 1}, "nobody's": {S.AVAILABLE: 1}})
    assert [queue.name for queue in shown][:1] == ["b"]
    assert {queue.name for queue in shown} == {"a", "b", "old", "nobody's"}


def test_of_the_runs_under_way_those_that_began_first_are_shown() -> None:
    runs = [a_run(n, started_at=NOON + n * SECOND) for n in range(9, 0, -1)] + [a_run(99, started_at=None)]
    assert [run.run_id for run in longest_running(runs)] == [1, 2, 3, 4, 5]


SHOT = Snapshot(
    at=NOON,
    node=NODE,
    lives=True,
    troubles=(),
    queues=[
        QueueFigures(name="default", share=37, busy=40, waiting=MOST_COUNTED, later=2, paused=False),
        QueueFigures(name="low", share=2, busy=0, waiting=0, later=0, paused=True),
    ],
    now=Rates(started=12.5, completed=12.0, failed=0.5),
    minute=Rates(started=1.0),
    lateness=(0.004, 1.5),
    running=[a_run(1, job="日次-backup", started_at=NOON - 75 * SECOND)],
    failures=[ended(S.DISCARDED, Outcome.FAILURE, reason="failed", error="exit status 3\x1b[31m")],
)


def shown(shot: Snapshot, width: int | None = None) -> str:
    return "\n".join(map(click.unstyle, screen(shot, width)))


def test_the_screen_shows_node_queues_rates_lateness_running_runs_and_failures() -> None:
    text = shown(SHOT)
    for part in (
        "process 4711 on here, up 1m 30s, 90 ticks",
        "default     37    40     0       3   10000+       2",
        "paused",
        "a second   12.5 started, 12.0 completed, 0.5 failed",
        "last min   1.0 started, 0.0 completed, 0.0 failed a second",
        "4 ms / 1.50 s",
        "1m 15s",
        "discarded: failed, exit status 3?[31m",
    ):
        assert part in text


def test_at_the_first_look_there_are_no_rates_since_the_last_one() -> None:
    assert "a second   " not in shown(replace(SHOT, now=None))


def test_what_is_wrong_is_said_and_a_dead_daemon_is_not_up() -> None:
    text = shown(replace(SHOT, lives=False, troubles=["no daemon runs on this database"]))
    assert "no daemon runs on this database" in text
    assert "4711" not in text


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(cells(click.unstyle(line)) for line in screen(SHOT, width)) <= width


def test_the_object_says_what_the_screen_does() -> None:
    found = json.loads(json.dumps(snapshot_object(SHOT)))
    assert found["daemon"] == {"pid": 4711, "host": "here", "lives": True, "up_s": 90.0, "ticks": 90, "trouble": None}
    assert found["queues"][0] == {
        "queue": "default",
        "share": 37,
        "busy": 40,
        "free": 0,
        "to_terminate": 3,
        "waiting": MOST_COUNTED,
        "later": 2,
        "paused": False,
    }
    assert found["rates"]["interval"] == {"started": 12.5, "completed": 12.0, "failed": 0.5}
    assert found["lateness_s"] == {"p50": 0.004, "p95": 1.5}
    assert found["running"][0]["running_s"] == 75.0
    assert found["failures"][0]["state"] == "discarded"


def test_a_frame_never_has_more_lines_than_the_terminal() -> None:
    assert frame(["x"] * 100, 24).count("\n") == 23
