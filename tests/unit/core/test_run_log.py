from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.core.run_log import TIMED_OUT, execution_time, header, log_name, trailer
from cron_actors.model.run import Ending, Outcome
from tests.fakes.values import NOON, a_run, an_ending


def test_a_log_is_named_by_job_due_instant_and_run_without_blanks_or_colons() -> None:
    assert log_name("backup", NOON, 17) == "backup/2026-11-21T12-00-00Z_17.txt"
    assert log_name("backup", NOON + timedelta(microseconds=5), 17) == "backup/2026-11-21T12-00-00.000005Z_17.txt"


def test_two_runs_of_one_instant_have_two_logs() -> None:
    assert log_name("backup", NOON, 1) != log_name("backup", NOON, 2)


def test_the_header_names_run_job_instant_and_attempt_on_one_line() -> None:
    text = header(a_run(17, attempt=2))
    assert text == ("=== run 17 of backup, due 2026-11-21T12:00:00Z, attempt 2, started 2026-11-21T12:00:00Z ===\n")


def test_a_success_ends_with_nothing_but_its_execution_time() -> None:
    assert trailer(an_ending()) == "Execution Time = 0:00:02.000000\n"


@pytest.mark.parametrize(
    ("outcome", "error", "expected"),
    [
        (Outcome.FAILURE, "exit status 3", "exit status 3"),
        (Outcome.FAILURE, None, "failed"),
        (Outcome.TIMEOUT, "timed out after 5s", TIMED_OUT),
        (Outcome.CANCELLED, "cancelled by request", "Task Execution Cancelled"),
        (Outcome.INTERRUPTED, "its worker was lost", "Task Execution Interrupted: its worker was lost"),
        (Outcome.LOST, None, "Task Execution Interrupted: the daemon stopped"),
    ],
)
def test_what_went_wrong_stands_before_the_execution_time(outcome: Outcome, error: str | None, expected: str) -> None:
    lines = trailer(Ending(outcome=outcome, error=error)).splitlines()
    assert lines == [expected, "Execution Time = 0:00:00.000000"]


def test_a_note_comes_first() -> None:
    assert trailer(an_ending(), "[cut]").splitlines()[0] == "[cut]"


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(0), "0:00:00.000000"),
        (timedelta(minutes=61, seconds=1, microseconds=20), "1:01:01.000020"),
        (timedelta(days=5), "120:00:00.000000"),
    ],
)
def test_an_execution_time_always_shows_hours_and_microseconds(duration: timedelta, expected: str) -> None:
    assert execution_time(duration) == expected
