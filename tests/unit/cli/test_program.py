"""The program as a whole: its commands, its help and the forms of its errors."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from cron_actors.cli.program import COMMANDS, program, run_program
from cron_actors.settings import VARIABLES

HEAVY = {"croniter", "jsonschema", "yaml", "pykka", "sqlite3", "cron_descriptor"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program([name, "--help"]) == 0
    assert f"cron-actors {name}" in capsys.readouterr().out.partition("Example:")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_called_as_the_table_calls_it(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert command.name == name


def test_the_list_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2].split()
    assert set(COMMANDS) <= set(listed)


def test_without_a_command_the_help_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    run_program(["--help"])
    wanted = capsys.readouterr()
    assert run_program([]) == 0
    assert capsys.readouterr() == wanted


@pytest.mark.parametrize("name", ["next", "explain"])
def test_an_expression_without_quotes_is_answered_by_how_to_quote_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program([name, "30", "2", "*", "*", "*"]) == 2
    told = capsys.readouterr().err
    assert f'put a cron expression in quotes, as in cron-actors {name} "30 2 * * mon-fri"' in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("name", ["next", "explain"])
def test_an_h_without_a_job_to_place_it_is_warned_of(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for expression in ("H 3 * * *", "0 h(2-4) * * *", "5,H/15 * * * *"):
        assert run_program([name, expression]) == 0
        assert capsys.readouterr().err.endswith(
            "warning: H is placed by the identifier of the job: name one by --job-id\n"
        )
        assert run_program([name, expression, "--job-id", "backup"]) == 0
        assert capsys.readouterr().err == ""
    assert run_program([name, "0 3 * * thu"]) == 0
    assert capsys.readouterr().err == ""


def test_the_help_of_run_lists_every_variable_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["run", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.partition("Environment:")[2].split())
    for variable in VARIABLES:
        assert f"{variable.name} {variable.help} [default: {variable.default}]" in shown


def test_the_help_loads_no_heavy_library() -> None:
    script = (
        "import sys\nfrom cron_actors.cli.program import run_program\n"
        "run_program(['--help'])\nprint(sorted(sys.modules), file=sys.stderr)"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(shown.stderr.replace("'", "").replace("[", "").replace("]", "").split(", "))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["valdate"], "No such command 'valdate', did you mean 'validate'?"),
        (["Jobs"], "No such command 'Jobs', did you mean 'jobs'?"),
        (["runs", "--limit", "0"], "--limit"),
        (["cancel"], "RUN_ID"),
        (["next"], "WHAT"),
        (["explain"], "WHAT"),
        (["next", "61 * * * *"], "minute"),
        (["next", "@daily", "--timezone", "Mars/Base"], "Mars/Base"),
    ],
)
def test_a_misuse_is_one_line_on_standard_error_and_exit_code_2(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("cron-actors: ")
    assert shown.err.count("\n") == 1
    assert told in shown.err


def test_a_bad_setting_is_told_by_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GRANULARITY", "day")
    assert run_program(["status"]) == 2
    assert capsys.readouterr().err.startswith("cron-actors: GRANULARITY: found ")
