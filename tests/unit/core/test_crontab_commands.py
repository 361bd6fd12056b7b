"""The command of a crontab's entry: what the shell gets, and what it reads."""

from __future__ import annotations

import doctest

import pytest

from cron_actors.core import crontab_commands
from cron_actors.core.crontab_commands import read_command
from cron_actors.errors import InvalidValueError


@pytest.mark.parametrize(
    ("text", "line", "stdin"),
    [
        ("true", "true", None),
        (r"date +\%F", "date +%F", None),
        (r"printf 'a\nb'", r"printf 'a\nb'", None),
        ("cat%one%two", "cat", "one\ntwo\n"),
        ("cat%one%two%", "cat", "one\ntwo\n"),
        ("cat%one%%", "cat", "one\n\n"),
        ("cat%", "cat", None),
        ("cat%%", "cat", "\n"),
        (r"cat%100\% sure", "cat", "100% sure\n"),
        (r"echo \\%input", r"echo \\", "input\n"),
        (r"cat%a\\%b\c\ ", "cat", "a\\%b\\c\\ \n"),
        ("cat   %  kept  ", "cat", "  kept  \n"),
        ("true  \t", "true", None),
        (r"echo a\ ", r"echo a\ ", None),
    ],
)
def test_the_first_percent_ends_the_command_and_the_others_its_lines(text: str, line: str, stdin: str | None) -> None:
    command = read_command(text)
    assert (command.line, command.stdin) == (line, stdin)


@pytest.mark.parametrize("text", ["%input", "  %input", "-n %input"])
def test_a_command_is_not_empty(text: str) -> None:
    with pytest.raises(InvalidValueError, match="found no command"):
        read_command(text)


def test_the_options_of_cronie_and_the_bsds_are_left_out_with_notes() -> None:
    command = read_command("-n -q  program -n")
    assert (command.line, dict(command.keys), len(command.notes)) == ("program -n", {}, 2)


def test_a_single_instance_is_a_policy_of_overlap() -> None:
    assert read_command("-s program").keys == {"overlap": "skip"}


def test_the_examples_of_the_module_are_true() -> None:
    assert doctest.testmod(crontab_commands).failed == 0
