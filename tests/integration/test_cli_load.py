"""The load generator on a real database with a stopped clock."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from cron_actors.cli import load
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Cause, Run, RunState
from tests.fakes.command_line import CommandLine


def runs(cli: CommandLine) -> list[Run]:
    reader = cli.start_daemon().reader()
    found = reader.runs(RunFilter(limit=None))
    cli.stop_daemon()
    return found


def tasks(found: list[Run]) -> Mapping[str, int]:
    return Counter(run.job.rpartition(".")[2] for run in found)


def test_the_runs_are_submitted_in_the_usual_mix_and_wait_in_their_queue(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("load", "100", "--queue", "high", "--seed", "7") == 0
    told = capsys.readouterr()
    assert told.out.startswith("submitted 100 runs to queue 'high': 80 quick, 15 slow, 5 failing (seed 7)\n")
    assert "no daemon runs on this database" in told.err
    found = runs(cli)
    assert tasks(found) == {"quick": 80, "slow": 15, "failing": 5}
    assert {(run.state, run.queue, run.cause) for run in found} == {(RunState.AVAILABLE, "high", Cause.SUBMITTED)}


def test_the_same_seed_gives_the_same_load(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert cli("load", "5..50", "--seed", "3", "--json") == 0
    first, second = capsys.readouterr().out.split("}\n{")
    assert json.loads(first + "}") == json.loads("{" + second)
    found = sorted(runs(cli), key=lambda run: run.run_id)
    half = len(found) // 2
    assert [run.args for run in found[:half]] == [run.args for run in found[half:]]


def test_a_rate_is_kept_by_waiting_between_the_pieces(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    waits = []
    cli.while_waiting = lambda: waits.append(len(runs(cli)))
    assert cli("load", "50", "--per-second", "100", "--mix", "quick=1") == 0
    assert waits == [10, 20, 30, 40]
    assert len(runs(cli)) == 50


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["many"], "'many' is no number of runs; accepted: a whole number from 1 to 1000000, a range such as 10..500"),
        (["5", "--mix", "quik=1"], "'quik' is no task; did you mean 'quick'?"),
        (["5", "--queue", "hihg"], "did you mean 'high'"),
        (["5", "--per-second", "0"], "0.0 is not in the range"),
    ],
)
def test_what_cannot_be_submitted_is_one_line_and_nothing_is_stored(
    cli: CommandLine, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("load", *words) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line
    assert runs(cli) == []


def test_the_pieces_of_a_rate_are_as_far_apart_as_it_says() -> None:
    now = [timedelta(0)]

    class Around:
        def now(self) -> timedelta:
            return now[0]

        def pause(self, length: timedelta) -> None:
            now[0] += length

    around: Any = Around()
    begun = [now[0] for _ in load._pieces(around, iter(range(50)), 100)]  # type: ignore[arg-type] # whatever there is to submit
    assert begun == [timedelta(seconds=n / 10) for n in range(5)]
