"""What every executor does, real or fake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.job import Command, Success
from cron_actors.model.run import AttemptKey, Identity, Outcome
from cron_actors.ports.executor import ChildEnded, ChildStarted, Executor
from tests.fakes.executor import FakeExecutor
from tests.integration.executor_bench import FOREVER, Bench

PROGRAMS = {"true": 0, "false": 1, "sleep": None}


@pytest.fixture(params=["zygote", "fake"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    executor: Executor = ZygoteExecutor() if request.param == "zygote" else FakeExecutor(programs=PROGRAMS)
    executor.open()
    yield Bench(executor, tmp_path)
    executor.close()


def test_an_exit_status_of_zero_is_a_success_without_an_error(bench: Bench) -> None:
    ending = bench.run(Command(line=("true",)))
    assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.SUCCESS, 0, None)


def test_another_exit_status_is_a_failure_that_says_so(bench: Bench) -> None:
    ending = bench.run(Command(line="false"))
    assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.FAILURE, 1, "exit status 1")


def test_what_counts_as_success_is_said_by_the_execution(bench: Bench) -> None:
    success = Success(exit_codes=frozenset({1, 2}))
    good = bench.ending(bench.start(Command(line="false"), success=success))
    assert (good.outcome, good.exit_code, good.error) == (Outcome.SUCCESS, 1, None)
    bad = bench.ending(bench.start(Command(line="true"), success=success))
    assert (bad.outcome, bad.error) == (Outcome.FAILURE, "exit status 0; success is 1-2")


def test_a_program_that_does_not_exist_is_no_success_by_any_status(bench: Bench) -> None:
    success = Success(exit_codes=frozenset({127}))
    assert bench.ending(bench.start(Command(line=("no-such-program",)), success=success)).outcome is Outcome.FAILURE


def test_a_start_is_reported_before_the_end_and_each_once(bench: Bench) -> None:
    key = bench.start(Command(line=("true",)))
    bench.ending(key)
    bench.run(Command(line=("true",)))
    assert bench.reports.empty()
    assert [type(report) for report in bench._heard[key]] == [ChildStarted, ChildEnded]


def test_a_program_that_does_not_exist_is_a_failure_that_names_it(bench: Bench) -> None:
    ending = bench.run(Command(line=("no-such-program",)))
    assert (ending.outcome, ending.exit_code) == (Outcome.FAILURE, 127)
    assert ending.error == "cannot run 'no-such-program': no such program in PATH"


def test_an_end_by_request_is_a_failure_by_sigterm(bench: Bench) -> None:
    key = bench.start(FOREVER)
    bench.identity(key)
    bench.end(key)
    ending = bench.ending(key)
    assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.FAILURE, -15, "killed by SIGTERM")


def test_an_end_of_an_unknown_or_finished_attempt_changes_nothing(bench: Bench) -> None:
    bench.executor.end(AttemptKey(run_id=999, attempt=1, token=""), timedelta(0))
    key = bench.start(Command(line=("true",)))
    bench.ending(key)
    bench.end(key)
    assert bench.run(Command(line=("true",))).outcome is Outcome.SUCCESS


def test_nothing_is_reported_after_close(bench: Bench) -> None:
    key = bench.start(FOREVER)
    bench.identity(key)
    bench.executor.close()
    bench.start(Command(line=("true",)))
    assert bench.reports.empty()


def test_a_process_that_is_not_there_is_reported_as_ended_at_once_without_a_fault(bench: Bench) -> None:
    key = AttemptKey(run_id=7, attempt=1, token="token")  # noqa: S106 # not a password
    bench.executor.watch(key, Identity(pid=1, start_time=1, boot_id="another boot"), bench.reports.put)
    end = bench.reports.get(timeout=20)
    assert isinstance(end, ChildEnded)
    assert (end.key, end.ending.outcome, end.ending.error, end.ending.exit_code) == (key, Outcome.SUCCESS, None, None)


def test_survivors_of_nobody_are_none(bench: Bench) -> None:
    assert bench.executor.end_survivors(()) == 0
    assert bench.executor.end_survivors((Identity(pid=1, start_time=1, boot_id="another boot"),)) == 0
