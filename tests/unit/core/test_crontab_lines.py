"""The lines of a crontab, as cron takes them apart."""

from __future__ import annotations

import pytest

from cron_actors.core.crontab_lines import Blank, Broken, Comment, Entry, Variable, read_line


def read(text: str, *, user_column: bool = False) -> object:
    return read_line(text, user_column=user_column)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("PATH=/usr/bin:/bin", "PATH", "/usr/bin:/bin"),
        ("\t NAME  =  two words \t", "NAME", "two words"),
        ('NAME="  kept  "', "NAME", "  kept  "),
        ("NAME='with \"others\"'  ", "NAME", 'with "others"'),
        ("'NAME'=x", "NAME", "x"),
        ('"A NAME" = x', "A NAME", "x"),
        ("NAME=", "NAME", ""),
        ('NAME=""', "NAME", ""),
        ("NAME=a # no comment", "NAME", "a # no comment"),
        ("NAME=$HOME/bin", "NAME", "$HOME/bin"),
        ("NAME=a=b", "NAME", "a=b"),
        ("NAME=it's", "NAME", "it's"),
    ],
)
def test_a_variable_is_a_name_and_all_that_follows(text: str, name: str, value: str) -> None:
    assert read(text) == Variable(name=name, value=value)


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_a_blank_line_says_nothing(text: str) -> None:
    assert read(text) == Blank()


def test_a_comment_may_be_indented() -> None:
    assert read("  # words") == Comment(" words")


@pytest.mark.parametrize(
    ("text", "when", "command"),
    [
        ("30 4 * * 1-5 backup --all", "30 4 * * 1-5", "backup --all"),
        ("  30\t4  *\t*  1-5\t \tbackup", "30 4 * * 1-5", "backup"),
        ("* * * * * NAME=value program", "* * * * *", "NAME=value program"),
        ("@daily NAME=value program", "@daily", "NAME=value program"),
        ("@reboot /usr/bin/x", "@reboot", "/usr/bin/x"),
        ("0 0 * * * program # no comment", "0 0 * * *", "program # no comment"),
        ("0 0 * * * ./7zip", "0 0 * * *", "./7zip"),
        ("0 0 * * * monitor", "0 0 * * *", "monitor"),
    ],
)
def test_an_entry_is_five_fields_or_a_word_and_a_command(text: str, when: str, command: str) -> None:
    assert read(text) == Entry(when=when, user=None, command=command, unlogged=False)


def test_a_system_crontab_has_a_column_of_users() -> None:
    entry = read("17 *\t* * *\troot    cd / && true", user_column=True)
    assert entry == Entry(when="17 * * * *", user="root", command="cd / && true", unlogged=False)
    entry = read("@daily www-data true", user_column=True)
    assert entry == Entry(when="@daily", user="www-data", command="true", unlogged=False)


def test_a_hyphen_in_front_means_that_nothing_is_logged() -> None:
    assert read("-*/5 * * * * true") == Entry(when="*/5 * * * *", user=None, command="true", unlogged=True)


@pytest.mark.parametrize("sixth", ["*", "1-5", "*/2", "0", "?", "mon", "MON-FRI", "1,2"])
def test_a_sixth_time_field_is_no_program(sixth: str) -> None:
    line = read(f"0 0 4 * * {sixth} program")
    assert isinstance(line, Broken)
    assert f"six time fields, the last of them '{sixth}'" in line.message
    assert isinstance(read(f"0 0 4 * * {sixth} root program", user_column=True), Broken)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("* * * * *", "five time fields and a command"),
        ("1 2 3", "five time fields and a command"),
        ("@daily", "a word and a command"),
        ("program", "five time fields and a command"),
        ("=x", "NAME=value"),
        ('PATH="/usr/bin":/bin', "NAME=value"),
        ("* * * * * tr\0ue", "NUL"),
        (f"* * * * * {'x' * 131_072}", "more than 131072 bytes"),
        (f"* * * * * {'é' * 70_000}", "more than 131072 bytes"),
    ],
)
def test_what_cron_cannot_read_is_said_with_what_it_could(text: str, wanted: str) -> None:
    line = read(text)
    assert isinstance(line, Broken)
    assert wanted in line.message
    assert "accepted: " in line.message
    assert len(line.message) < 250


def test_a_system_crontab_needs_a_user_and_a_command() -> None:
    for text in ("* * * * * root", "@daily root"):
        line = read(text, user_column=True)
        assert isinstance(line, Broken)
        assert "a user and a command" in line.message
