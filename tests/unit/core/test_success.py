"""What counts as success of a process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.core.success import ProcessEnd, judge_end
from cron_actors.model.job import Limits, Success

RANGE = Success(exit_codes=frozenset({0, 3, *range(10, 21)}))
STDERR = Success(stderr_fails=True)
OUTPUT = Success(output="done")
NOT = Success(output_not="ERROR")
BOTH = Success(output="done", output_not="ERROR")


def an_end(exit_code: int = 0, **seen: Any) -> ProcessEnd:  # noqa: ANN401 - any field of an end
    return ProcessEnd(exit_code=exit_code, error=f"exit status {exit_code}", **seen)


@pytest.mark.parametrize(
    ("success", "end", "fault"),
    [
        (Success(), an_end(), None),
        (Success(), an_end(3), "exit status 3"),
        (Success(), an_end(wrote_stderr=True), None),
        (RANGE, an_end(3), None),
        (RANGE, an_end(15), None),
        (RANGE, an_end(21), "exit status 21; success is 0, 3, 10-20"),
        (RANGE, an_end(-9), "exit status -9; success is 0, 3, 10-20"),
        (Success(exit_codes=frozenset({3})), an_end(0), "exit status 0; success is 3"),
        (STDERR, an_end(), None),
        (STDERR, an_end(wrote_stderr=True), "it wrote to standard error, which counts as failure"),
        (STDERR, an_end(1, wrote_stderr=True), "exit status 1"),
        (OUTPUT, an_end(output_found=True), None),
        (OUTPUT, an_end(output_found=False), "no line of the output matches 'done'"),
        (OUTPUT, an_end(1, output_found=True), "exit status 1"),
        (NOT, an_end(output_not_found=False), None),
        (NOT, an_end(output_not_found=True), "a line of the output matches 'ERROR'"),
        (BOTH, an_end(output_found=True, output_not_found=False), None),
        (BOTH, an_end(output_found=True, output_not_found=True), "a line of the output matches 'ERROR'"),
        (BOTH, an_end(unread="no time"), "the output could not be searched: no time"),
        (OUTPUT, an_end(), None),  # ended by request: nobody looked, and somebody else says what that counts as
    ],
)
def test_the_first_rule_that_fails_is_the_error(success: Success, end: ProcessEnd, fault: str | None) -> None:
    assert judge_end(end, success) == fault


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (an_end(-24), "CPU limit of 10m reached"),
        (an_end(152, cpu_seconds=500.0), "CPU limit of 10m reached"),
        (an_end(-9, cpu_seconds=605.0), "CPU limit of 10m reached"),
        (an_end(137, cpu_seconds=605.0), "CPU limit of 10m reached"),
        (an_end(-9, cpu_seconds=5.0), "exit status -9"),
        (an_end(1, cpu_seconds=605.0), "exit status 1"),
        (an_end(0, cpu_seconds=605.0), None),
    ],
)
def test_a_process_that_computed_too_long_is_told_as_that(end: ProcessEnd, fault: str | None) -> None:
    assert judge_end(end, Success(), Limits(cpu=timedelta(minutes=10))) == fault


def test_a_signal_of_the_cpu_limit_means_nothing_without_a_limit() -> None:
    assert judge_end(an_end(-24, cpu_seconds=1e9), Success()) == "exit status -24"
