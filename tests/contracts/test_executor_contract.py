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
from tests.integration.batch_bench import BatchBench
from tests.integration.executor_bench import FOREVER, Bench

PROGRAMS = {"true": 0, "false": 1, "sleep": None, "fine": 0, "wrong": 3, "forever": None}
JOBS = """
import signal, sys
def fine():
    pass
def wrong():
    sys.exit(3)
def forever():
    signal.pause()
"""


@pytest.fixture(params=["zygote", "fake"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    executor: Executor = ZygoteExecutor() if request.param == "zygote" else FakeExecutor(programs=PROGRAMS)
    executor.open()
    yield Bench(executor, tmp_path)
    executor.close()


@pytest.fixture
def batches(bench: Bench) -> BatchBench:
    batches = BatchBench(bench.executor, bench.folder)
    batches.jobs(JOBS)
    return batches


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
    key = bench.start(FOREVER)
    bench.identity(key)
    bench.end(key)
    bench.ending(key)
    bench.run(Command(line=("true",)))
    assert bench.reports.empty()
    started, ended = bench._heard[key]
    assert isinstance(started, ChildStarted)
    assert isinstance(ended, ChildEnded)
    assert ended.identity is None


def test_the_process_of_a_short_attempt_is_reported_once_at_the_latest_with_its_end(bench: Bench) -> None:
    key = bench.start(Command(line=("true",)))
    bench.ending(key)
    *before, end = bench._heard[key]
    assert isinstance(end, ChildEnded)
    assert len([report.identity for report in (*before, end) if report.identity is not None]) == 1


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


def test_the_runs_of_a_batch_end_in_their_order_each_as_it_did(batches: BatchBench) -> None:
    endings = [batches.ending(key) for key in batches.batch("fine", "wrong", "fine")]
    assert [ending.outcome for ending in endings] == [Outcome.SUCCESS, Outcome.FAILURE, Outcome.SUCCESS]
    assert [ending.error for ending in endings] == [None, "exit status 3", None]
    assert [ending.logged for ending in endings] == [True, False, True]


def test_of_a_batch_only_what_takes_its_time_is_told_to_have_begun(batches: BatchBench) -> None:
    first, second, third = batches.batch("fine", "forever", "fine")
    batches.identity(second)
    assert [type(report) for report in batches._heard[first]] == [ChildEnded]
    assert batches._heard[third] == []


def test_what_is_taken_back_is_told_as_not_begun_and_what_runs_goes_on(batches: BatchBench) -> None:
    first, second, third = batches.batch("forever", "fine", "fine")
    batches.identity(first)
    batches.executor.take_back(first)
    assert batches.begun([second, third]) == [False, False]
    batches.executor.take_back(first)
    batches.end(first)
    assert batches.ending(first).exit_code == -15
    assert batches.reports.empty()


def test_an_end_gives_back_what_stands_behind_the_attempt(batches: BatchBench) -> None:
    keys = batches.batch("fine", "forever", "fine")
    batches.identity(keys[1])
    batches.end(keys[1])
    assert batches.begun(keys) == [True, True, False]
    assert batches.ending(keys[1]).exit_code == -15


def test_the_end_of_what_was_not_begun_ends_nothing(batches: BatchBench) -> None:
    first, second, third = batches.batch("forever", "fine", "fine")
    batches.identity(first)
    batches.end(third)
    assert batches.begun([second, third]) == [False, False]
    assert [type(report) for report in batches._heard[first]] == [ChildStarted]


def test_what_is_no_function_shares_no_process(batches: BatchBench) -> None:
    with pytest.raises(ValueError, match="only functions"):
        batches.share([batches.made("fine"), batches.alone(FOREVER)])
    assert batches.reports.empty()


def test_a_batch_after_close_is_ignored(batches: BatchBench) -> None:
    batches.executor.close()
    batches.batch("fine")
    assert batches.reports.empty()
