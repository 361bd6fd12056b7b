"""The daemon is killed amid thousands of submitted runs: each ends once, and is launched twice only where it was cut.

``CHAOS_RUNS=10000 make chaos`` does so with ten thousand.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cron_actors.adapters.stores.urls import open_reader
from cron_actors.core.run_states import FINAL
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Attempt, Outcome, Run, RunState
from cron_actors.ports.store import Reader
from tests.fakes.daemon import AT_MOST, DaemonHome

RUNS = int(os.environ.get("CHAOS_RUNS", "1500"))
TRIES = 3
GONE_WITHIN = 30.0  # seconds
DONE_WITHIN = 30.0 + RUNS / 50  # seconds

# What the runs do: each leaves its id and the number of its attempt in a file that no daemon knows of.
WORK = """
import os

def note():
    record = os.open("record.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(record, f"{os.environ['CRON_ACTORS_RUN_ID']} {os.environ['CRON_ACTORS_ATTEMPT']}\\n".encode())
    os.close(record)

def quick():
    note()

def at_last():
    note()
    if int(os.environ["CRON_ACTORS_ATTEMPT"]) < 3:
        raise RuntimeError("not yet")

def never():
    note()
    raise RuntimeError("never")
"""

SUBMIT = f"""
from chaos_work import at_last, never, quick
from cron_actors import submit_all

for queue, share in (("default", 0.8), ("low", 0.2)):
    for work, part in ((quick, 0.9), (at_last, 0.07), (never, 0.03)):
        calls = [()] * round({RUNS} * share * part)
        submit_all(work, calls, queue=queue, max_attempts={TRIES}, backoff="none")
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DaemonHome]:
    """Return the folder in which the daemon dies."""
    place = DaemonHome(tmp_path)
    yield place
    place.clear()


@pytest.mark.chaos
@pytest.mark.timeout(60 + 2 * DONE_WITHIN)
def test_amid_submitted_runs_a_kill_loses_none_and_launches_only_cut_ones_again(home: DaemonHome) -> None:
    queues = {"default": {"isolation": "reuse"}, "low": {"isolation": "fresh"}}
    home.write("jobs.json", json.dumps({"jobs": [], "queues": queues}))
    home.write("chaos_work.py", WORK)
    subprocess.run([sys.executable, "-c", SUBMIT], cwd=home.folder, env=home.environment(), timeout=AT_MOST, check=True)
    daemon = home.start(LOG_LEVEL="WARNING")
    home.eventually(lambda: home.read("record.txt").count("\n") > RUNS // 3, within=DONE_WITHIN)
    home.stop(daemon, signal.SIGKILL)
    home.eventually(lambda: not home.processes(), within=GONE_WITHIN)
    last = home.start(LOG_LEVEL="CRITICAL")
    home.eventually(lambda: home.nodes() > 1 and all_are_over(home), within=DONE_WITHIN)
    assert home.stop(last) == 0
    reader = open_reader(f"sqlite:///{home.database}")
    assert reader is not None
    launches = Counter(tuple(map(int, line.split())) for line in home.read("record.txt").splitlines())
    runs = reader.runs(RunFilter(limit=None))
    every_run_has_ended_as_its_work_ends(runs)
    every_run_has_ended_once(reader, runs)
    no_second_launch_lacks_an_attempt_that_was_cut({run.run_id: reader.attempts(run.run_id) for run in runs}, launches)
    reader.close()


def all_are_over(home: DaemonHome) -> bool:
    reader = open_reader(f"sqlite:///{home.database}")
    assert reader is not None
    try:
        return not any(reader.in_queue(1).values())
    finally:
        reader.close()


def every_run_has_ended_as_its_work_ends(runs: list[Run]) -> None:
    assert len(runs) == RUNS
    for run in runs:
        if run.job.endswith(".never"):
            assert (run.state, run.reason, run.attempt >= TRIES) == (RunState.DISCARDED, "failed", True), run
        else:
            assert run.state is RunState.COMPLETED, run


def every_run_has_ended_once(reader: Reader, runs: list[Run]) -> None:
    ends: Counter[int] = Counter()
    last = 0
    while entries := reader.events(last):
        assert entries[0][0] == last + 1, "the journal does not hold all of it"
        last = entries[-1][0]
        ends.update(change.run_id for _, changes in entries for change in changes if change.state in FINAL)
    assert ends == Counter(run.run_id for run in runs)


def no_second_launch_lacks_an_attempt_that_was_cut(
    attempts: dict[int, list[Attempt]], launches: Counter[tuple[int, ...]]
) -> None:
    lost = 0
    for run_id, tries in attempts.items():
        counted = [one for one in tries if one.counted]
        for number, one in enumerate(counted, start=1):
            assert one.attempt == number, tries
            launched = launches.pop((run_id, number), 0)
            cut = one.outcome is Outcome.LOST
            lost += cut
            assert launched <= 1, f"attempt {number} of run {run_id} was launched {launched} times"
            assert cut or launched == 1, f"attempt {number} of run {run_id} ended, but was never launched"
            assert cut or one.outcome in {Outcome.SUCCESS, Outcome.FAILURE}, one
            again = len(counted) > number
            assert not (again and one.outcome is Outcome.SUCCESS), f"run {run_id} went on after it had succeeded"
    assert not launches, f"launched without an attempt in the ledger: {launches}"
    assert lost, "the kill cut nothing: this has shown nothing"
