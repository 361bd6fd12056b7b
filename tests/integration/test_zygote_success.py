"""What counts as success of a process, by its status, its standard error and its output."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cron_actors.adapters.executors import output_search
from cron_actors.model.job import Command, FunctionCall, ProcessSettings, Success
from cron_actors.model.run import Outcome
from tests.integration.executor_bench import Bench

STDERR = Success(stderr_fails=True)
WROTE = (Outcome.FAILURE, "it wrote to standard error, which counts as failure")
GOOD = (Outcome.SUCCESS, None)
HOPELESS = r"(a|aa)+b$"  # exponential on a line of many a


def test_a_status_that_the_job_names_is_a_success_and_stays_told(bench: Bench) -> None:
    key = bench.start(Command(line="exit 3"), success=Success(exit_codes=frozenset({0, 3})))
    ending = bench.ending(key)
    assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.SUCCESS, 3, None)


def test_a_program_that_is_not_there_is_no_success_by_its_status(bench: Bench) -> None:
    success = Success(exit_codes=frozenset({127}))
    for process in (ProcessSettings(), ProcessSettings(umask=0)):
        ending = bench.ending(bench.start(Command(line=("no-such-program",)), process, success=success))
        assert (ending.outcome, ending.exit_code) == (Outcome.FAILURE, 127)
        assert ending.error == "cannot run 'no-such-program': no such program in PATH"


@pytest.mark.parametrize(
    "line", ["true", "echo out", "echo both 2>&1", "(echo x >&2) 2>&1", ": >&2", "ls /none 2>/dev/null; :"]
)
def test_nothing_on_standard_error_is_no_fault(bench: Bench, line: str) -> None:
    assert bench.judged(line, STDERR) == GOOD


@pytest.mark.parametrize(
    "line", ["echo x >&2", "echo out; printf x >&2; echo out", "ls /none; true", "(echo x >&2) & wait"]
)
def test_anything_on_standard_error_is_a_failure_where_the_job_says_so(bench: Bench, line: str) -> None:
    assert bench.judged(line, STDERR) == WROTE


def test_a_log_cut_at_its_limit_still_tells_what_went_to_standard_error(bench: Bench) -> None:
    assert bench.judged(f"echo lost >&2; truncate -s 0 {bench.log_of(1)}; echo out", STDERR) == WROTE


def test_both_streams_keep_their_order_in_the_log_when_standard_error_is_watched(bench: Bench) -> None:
    key = bench.start(Command(line="echo 1; echo 2 >&2; echo 3; echo 4 >&2"), success=STDERR)
    bench.ending(key)
    assert bench.text(key) == "1\n2\n3\n4\n"


@pytest.mark.parametrize("python", [None, sys.executable])
def test_the_standard_error_of_a_function_counts_too(bench: Bench, python: str | None) -> None:
    quiet = bench.function("def job():\n    print('out')\n", python=python)
    loud = bench.function("import sys\ndef job():\n    print('x', file=sys.stderr)\n", python=python)
    assert bench.ending(bench.start(quiet, success=STDERR)).outcome is Outcome.SUCCESS
    assert bench.ending(bench.start(loud, success=STDERR)).error == WROTE[1]


def test_watching_standard_error_leaves_no_descriptor_behind(bench: Bench) -> None:
    def descriptors() -> int:
        return len(list(Path(f"/proc/{bench.executor.template_pid}/fd").iterdir()))  # type: ignore[attr-defined]

    bench.judged("true", STDERR)
    before = descriptors()
    for _ in range(5):
        bench.judged("echo x >&2", STDERR)
        bench.ending(bench.start(Command(line=("no-such-program",)), success=STDERR))
        bench.judged("echo done", Success(output="done"))
    assert descriptors() == before


@pytest.mark.parametrize(
    ("line", "success", "judged"),
    [
        ("echo 12 rows; echo end", Success(output="^[0-9]+ rows$"), GOOD),
        ("printf 'no line end'", Success(output="end$"), GOOD),
        ("printf 'windows\\r\\n'", Success(output="windows$"), GOOD),
        ("printf 'a\\nb'", Success(output="a.*b"), (Outcome.FAILURE, "no line of the output matches 'a.*b'")),
        ("echo nothing", Success(output="done"), (Outcome.FAILURE, "no line of the output matches 'done'")),
        ("echo fine", Success(output_not="ERROR"), GOOD),
        (
            "echo ERROR 5; seq 1000",
            Success(output_not="ERROR"),
            (Outcome.FAILURE, "a line of the output matches 'ERROR'"),
        ),
        ("echo ok; exit 2", Success(output="ok"), (Outcome.FAILURE, "exit status 2")),
        ("printf '\\377\\n'", Success(output="\ufffd"), GOOD),
        ("true", Success(output_not="."), GOOD),
    ],
)
def test_lines_of_the_output_decide_where_the_job_says_so(
    bench: Bench, line: str, success: Success, judged: tuple[Outcome, str | None]
) -> None:
    assert bench.judged(line, success) == judged


def test_only_the_output_of_this_attempt_is_searched(bench: Bench) -> None:
    bench.log_of(1).write_text("done in the attempt before\n")
    assert bench.judged("echo nothing", Success(output="done"))[0] is Outcome.FAILURE


def test_a_run_that_is_ended_is_not_searched(bench: Bench) -> None:
    key = bench.start(Command(line="echo ERROR; sleep 600"), success=Success(output_not="ERROR"))
    bench.identity(key)
    bench.end(key)
    assert bench.ending(key).error == "killed by SIGTERM"


def test_a_hopeless_pattern_costs_its_own_attempt_and_holds_up_no_other(bench: Bench) -> None:
    slow = bench.start(Command(line=f"printf '%s' {'a' * 60}"), success=Success(output=HOPELESS))
    assert bench.run(Command(line=("true",))).outcome is Outcome.SUCCESS
    assert not any(type(report).__name__ == "ChildEnded" for report in bench._heard[slow])
    ending = bench.ending(slow)
    assert (ending.outcome, ending.exit_code) == (Outcome.FAILURE, 0)
    assert ending.error == "the output could not be searched: it took longer than 10 seconds"
    assert ending.duration.total_seconds() < output_search.SECONDS / 2


def test_a_large_output_is_searched_to_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"header\n" + b"x" * 3_000_000 + b"\nline\n" * 10 + b"needle")
    search = {"log": str(log), "start": 7, "output": "^needle$", "output_not": "header"}
    assert output_search.matches(search) == 1


def test_the_status_of_a_search_says_what_it_found_or_why_nothing() -> None:
    assert output_search.findings(1 << 8) == {"output_found": True, "output_not_found": False}
    assert output_search.findings(2 << 8) == {"output_found": False, "output_not_found": True}
    assert output_search.findings(4 << 8) == {"unread": "the log cannot be read"}
    assert output_search.findings(9) == {"unread": "the search ended with status -9"}


def test_the_report_of_a_function_is_told_beside_own_statuses(bench: Bench) -> None:
    call = bench.function("def job():\n    raise ValueError('bad')\n")
    assert isinstance(call, FunctionCall)
    ending = bench.ending(bench.start(call, success=Success(exit_codes=frozenset({0, 5}))))
    assert ending.error == "ValueError: bad; success is 0, 5"
