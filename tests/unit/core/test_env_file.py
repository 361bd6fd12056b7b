"""The grammar of env files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.env_file import parse_env_file
from cron_actors.errors import InvalidValueError

TEXT = """\
# settings of the shop
HOST=db.example

export PORT = 5432   # the usual one
URL=postgres://x#y
EMPTY=
NOTHING= # only a comment
QUOTED='as $it is "here" \\n'  # and a comment
DOUBLE="a\\tb\\n\\"c\\" \\$d \\x"
LONG="first
second"
dotted.name-1=kept
HOST=later
"""


def test_every_form_of_a_line_is_read() -> None:
    assert parse_env_file(TEXT) == {
        "HOST": "later",
        "PORT": "5432",
        "URL": "postgres://x#y",
        "EMPTY": "",
        "NOTHING": "",
        "QUOTED": 'as $it is "here" \\n',
        "DOUBLE": 'a\tb\n"c" $d \\x',
        "LONG": "first\nsecond",
        "dotted.name-1": "kept",
    }


def test_a_mark_at_the_beginning_and_line_ends_of_windows_are_forgiven() -> None:
    assert parse_env_file("\ufeffA=1\r\nB='2'\r\n") == {"A": "1", "B": "2"}


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "  \t"])
def test_a_file_may_say_nothing(text: str) -> None:
    assert parse_env_file(text) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A=1\nsecret words\n", "line 2: no NAME=value"),
        ("1A=2", "line 1: no NAME=value"),
        ("export A", "line 1: no NAME=value"),
        ("A=1\n\nB='open\nC=2\n", "line 3: a quote that is never closed"),
        ('A="open\\"', "line 1: a quote that is never closed"),
        ("A='1\n2' 3", "line 2: more after the closing quote"),
        ("A=1\nB=\0", "line 2: a NUL character"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_line_without_a_secret(text: str, told: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_env_file(text)
    assert str(caught.value).startswith(told)
    assert "secret" not in str(caught.value)


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True), st.text(), max_size=5))
def test_any_values_in_double_quotes_come_back(variables: dict[str, str]) -> None:
    kept = {name: value.replace("\0", "").replace("\r", "") for name, value in variables.items()}
    quoted = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in kept.items()}
    assert parse_env_file("".join(f'{name}="{value}"\n' for name, value in quoted.items())) == kept


@given(st.text())
def test_any_text_gives_variables_or_a_refusal(text: str) -> None:
    try:
        found = parse_env_file(text)
    except InvalidValueError:
        return
    assert all(name and "=" not in name and "\0" not in value for name, value in found.items())


def test_a_long_line_costs_no_more_than_its_length() -> None:
    assert parse_env_file("A=a" + " " * 300_000 + "b") == {"A": "a" + " " * 300_000 + "b"}
