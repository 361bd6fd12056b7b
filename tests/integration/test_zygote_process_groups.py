"""Finding and ending process groups by what the kernel knows of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cron_actors.adapters.executors.attempts import Attempt
from cron_actors.adapters.executors.process_groups import (
    ProcessStat,
    boot_ticks,
    find_leader,
    live_members,
    process_stat,
    start_time,
)
from cron_actors.model.job import Command, ProcessSettings
from cron_actors.model.run import AttemptKey
from cron_actors.ports.executor import Execution

# No other process of these tests, also run at the same time, has the same.
VARIABLES = {"CRON_ACTORS_RUN_ID": uuid4().hex, "CRON_ACTORS_JOB": "orphan"}


@pytest.fixture
def orphan() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"], start_new_session=True, env={**os.environ, **VARIABLES})
    yield process
    process.kill()
    process.wait()


def test_a_name_with_blanks_and_parentheses_does_not_shift_the_fields() -> None:
    fields = " ".join(str(number) for number in range(4, 53))
    stat = ProcessStat(7, f"7 (a) R 1 (b)) S {fields}".encode())
    assert (stat.state, stat.group, stat.session, stat.start_time) == ("S", 5, 6, 22)


def test_an_exit_status_that_nobody_fetched_does_not_live() -> None:
    process = subprocess.Popen(["true"], start_new_session=True)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    stat = process_stat(process.pid)
    assert stat is not None
    assert not stat.lives
    assert live_members(process.pid) == []
    process.wait()
    assert process_stat(process.pid) is None


def test_the_start_time_is_the_kernels_whether_a_tick_passed_or_not(orphan: subprocess.Popen[bytes]) -> None:
    stat = process_stat(orphan.pid)
    assert stat is not None
    assert start_time(orphan.pid, boot_ticks() - 10_000) == stat.start_time


def test_a_leader_is_found_by_all_of_its_variables_only(orphan: subprocess.Popen[bytes]) -> None:
    found = find_leader(VARIABLES)
    assert found is not None
    assert found.pid == orphan.pid
    assert find_leader({**VARIABLES, "CRON_ACTORS_ATTEMPT": "2"}) is None
    assert find_leader({"CRON_ACTORS_JOB": "orphan"}) is None


def test_an_attempt_of_which_the_template_could_not_tell_is_killed_all_the_same(
    orphan: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    execution = Execution(
        key=AttemptKey(run_id=4711, attempt=1, token=""),
        work=Command(line="sleep 600"),
        process=ProcessSettings(),
        folder=tmp_path,
        log=str(tmp_path / "log"),
        variables=VARIABLES,
    )
    Attempt(execution=execution, report=lambda _: None, log_start=0, began=0.0).kill()
    assert orphan.wait(10) == -9
