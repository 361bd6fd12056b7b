"""The commands about jobs files and instants, and the program as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cron_actors.cli.program import run_program

PROGRAM = [sys.executable, "-m", "cron_actors"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("JOBS_FILE_PATH", "DATABASE_URL", "SUPPORTED_EXTENSIONS", "GRANULARITY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write(name: str, *jobs: dict[str, Any]) -> None:
    Path(name).write_text(json.dumps({"jobs": jobs}))


# ── validate ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_valid_file_is_told_with_its_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    write("jobs.json", {"identifier": "a", "command": "true", "manual": True})
    assert run_program(["validate"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "jobs.json: valid, 1 job\n"
    assert shown.err.startswith("cron-actors: warning: jobs.json:1:")
    assert "no limit" in shown.err


def test_every_error_is_told_as_a_line_and_as_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    write("x.json", {"identifier": "a", "command": "true", "periodicity": "5 parsecs"}, {"identifier": "b"})
    assert run_program(["validate", "x.json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert all(line.startswith("cron-actors: x.json:1:") for line in lines)
    assert run_program(["validate", "x.json", "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.err == ""
    told = json.loads(shown.out)
    assert (told["valid"], len(told["errors"]), told["warnings"]) == (False, len(lines), [])
    first = told["errors"][0]
    assert first.keys() == {"file", "line", "column", "job", "field", "message"}
    assert (first["file"], first["line"], first["job"], first["field"]) == ("x.json", 1, "a", "periodicity")


def test_a_function_that_is_not_there_is_an_error_of_its_job(capsys: pytest.CaptureFixture[str]) -> None:
    Path("works.py").write_text("def here(): pass\n")
    job = {"path": "works", "manual": True, "timeout": "1m"}
    write(
        "x.json", {"identifier": "a", "function_name": "here", **job}, {"identifier": "b", "function_name": "no", **job}
    )
    assert run_program(["validate", "x.json", "--json"]) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert (error["job"], error["field"]) == ("b", "function_name")


def test_a_secret_that_is_written_wrongly_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    write("x.json", {"identifier": "a", "command": "true", "manual": True, "env": {"API_TOKEN": 987654}})
    for words in (["validate", "x.json"], ["validate", "x.json", "--json"], ["run", "--jobs", "x.json"]):
        assert run_program(words) == 2
        shown = capsys.readouterr()
        assert "API_TOKEN" in shown.out + shown.err
        assert "987654" not in shown.out + shown.err


@pytest.mark.parametrize("words", [["validate", "no.json"], ["run", "--jobs", "no.json"], ["exec", "a"]])
def test_a_missing_file_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(words) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("cron-actors: ")
    assert shown.count("\n") == 1


def test_a_list_of_jobs_without_a_database_and_a_jobs_file_names_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["jobs"]) == 2
    database, file = capsys.readouterr().err.splitlines()
    assert database.startswith("cron-actors: there is no database at ")
    assert file == "cron-actors: jobs.json: found no such file; accepted: a jobs file"


def test_an_address_is_not_yet_supported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["validate", "http://user:hunter2@example.org/jobs"]) == 2
    shown = capsys.readouterr().err
    assert "not yet supported" in shown
    assert "hunter2" not in shown


def test_the_schema_that_is_printed_is_the_one_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


# ── next and explain ────────────────────────────────────────────────────────────────────────────────────────────────
def test_instants_are_printed_in_the_zone_of_the_expression(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["next", "30 2 * * *", "--timezone", "Europe/Berlin", "--after", "2026-10-24T12:00", "--count", "2"]
    assert run_program([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
    assert run_program(words) == 0
    assert capsys.readouterr().out.startswith("2026-10-25T02:30:00+02:00  ")


def test_an_expression_that_is_over_is_an_empty_list_or_never(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["next", "0 0 0 1 1 * 2020", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run_program(["next", "0 0 0 1 1 * 2020"]) == 0
    assert capsys.readouterr().out == "never\n"


def test_a_manual_job_is_due_when_somebody_asks_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    write("jobs.json", {"identifier": "tidy", "command": "true", "manual": True})
    assert run_program(["next", "tidy"]) == 0
    assert capsys.readouterr().out == "when somebody asks for it\n"


def test_a_job_is_told_by_its_own_schedule_and_zone(capsys: pytest.CaptureFixture[str]) -> None:
    write("jobs.json", {"identifier": "a job", "command": "true", "cron": "0 9 * * *", "timezone": "Asia/Tokyo"})
    assert run_program(["next", "a job", "--after", "2026-01-01", "--count", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["2026-01-01T09:00:00+09:00"]
    assert run_program(["next", "a job", "--timezone", "UTC", "--after", "2026-01-01", "--count", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["2026-01-02T00:00:00+00:00"]
    assert run_program(["explain", "a job"]) == 0
    assert "09:00 (time zone Asia/Tokyo)" in capsys.readouterr().out.replace(",", "")


def test_a_job_is_told_without_the_instants_that_its_calendars_hold(capsys: pytest.CaptureFixture[str]) -> None:
    job = {"identifier": "report", "command": "true", "cron": "0 9 * * *", "exclude": ["weekend", "closed"]}
    calendars = {"weekend": {"weekdays": ["sat", "sun"]}, "closed": {"dates": "2027-01-01"}}
    Path("jobs.json").write_text(json.dumps({"calendars": calendars, "jobs": [job]}))
    assert run_program(["next", "report", "--after", "2026-12-31", "--count", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["2026-12-31T09:00:00+00:00", "2027-01-04T09:00:00+00:00"]
    assert run_program(["explain", "report"]) == 0
    assert capsys.readouterr().out.endswith("Not in the calendars 'closed' and 'weekend' (time zone UTC).\n")


@pytest.mark.parametrize(
    ("words", "instant"),
    [
        (["30 2 * * *", "--dst-missing", "skip"], "2026-03-30T02:30:00+02:00"),
        (["*/30 2 * * *", "--dst-missing", "shift"], "2026-03-29T03:00:00+02:00"),
        (["30 2 25 10 *", "--dst-repeated", "last"], "2026-10-25T02:30:00+01:00"),
        (["0 0 13 * 5", "--day-match", "all"], "2026-11-13T00:00:00+01:00"),
        (["0 H * * *", "--job-id", "backup"], "2026-03-29T08:00:00+02:00"),
        (["@every 7 days"], "2026-04-02T02:00:00+02:00"),
    ],
)
def test_an_expression_is_read_as_the_options_say(
    words: list[str], instant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    zone = ["--timezone", "Europe/Berlin", "--after", "2026-03-28T12:00"]
    assert run_program(["next", *words, *zone, "--count", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [instant]


@pytest.mark.parametrize("options", [["--dst-missing", "skip"], ["--day-match", "all"], ["--job-id", "b"]])
def test_a_job_says_itself_how_it_is_read(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    job = {"identifier": "a", "command": "true", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    write("jobs.json", {**job, "dst": {"missing": "skip"}, "end_date": "2026-03-30"})
    assert run_program(["next", "a", "--after", "2026-03-28T12:00", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ["2026-03-30T02:30:00+02:00"]
    assert run_program(["explain", "a"]) == 0
    explained = capsys.readouterr().out
    assert "a fixed time that is skipped does not run" in explained
    assert explained.endswith("Only before 2026-03-30T22:00:00Z.\n")
    assert run_program(["next", "a", *options]) == 2
    assert "'a' is a job, which says dst, day_match and its identifier itself" in capsys.readouterr().err


def test_a_start_has_no_instants_and_says_when_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["next", "@reboot"]) == 0
    assert capsys.readouterr().out == "when the machine boots\n"
    assert run_program(["next", "@reboot", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run_program(["explain", "@reboot"]) == 0
    assert capsys.readouterr().out == "Once after each boot of the machine.\n"


def test_an_expression_needs_no_jobs_file_even_if_there_is_a_bad_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("jobs.json").write_text("{")
    assert run_program(["next", "@daily"]) == 0
    assert run_program(["explain", "@daily"]) == 0
    capsys.readouterr()
    assert run_program(["next", "* * *"]) == 2
    assert "'* * *'" in capsys.readouterr().err


def test_questions_by_lines_are_answered_one_by_one() -> None:
    with subprocess.Popen([*PROGRAM, "next", "--json-lines"], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for question in ('{"id":1,"expr":"@daily","after":"2026-01-01T00:00:00Z","n":1}', "garbage"):
            process.stdin.write(question + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())  # comes before the next question is asked
            assert ("error" in answer) == (question == "garbage")
        process.stdin.close()
        assert process.wait(timeout=30) == 0


# ── the process ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_reader_that_leaves_is_no_error() -> None:
    words = [*PROGRAM, "next", "* * * * * *", "--count", "5000"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141


def test_ctrl_c_is_silent_with_code_130() -> None:
    with subprocess.Popen([*PROGRAM, "next", "--json-lines"], stdin=-1, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("{}\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 130


def test_the_exit_code_is_that_of_the_command() -> None:
    done = subprocess.run([*PROGRAM, "status"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "not healthy")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_that_want_them(no_color: str, coloured: bool) -> None:  # noqa: FBT001 - an example
    master, slave = os.openpty()
    environ = {**os.environ, "NO_COLOR": no_color}
    with subprocess.Popen([*PROGRAM, "status"], stdout=slave, env=environ) as process:
        os.close(slave)
        shown = os.read(master, 100)
        process.wait(timeout=60)
    os.close(master)
    assert (b"\x1b[31mnot healthy" in shown) == coloured
