"""The JSON reader: positions, and what it refuses."""

from __future__ import annotations

import pytest

from cron_actors.adapters.sources.document import DEEPEST, LineTable, SyntaxFault
from cron_actors.adapters.sources.json_text import read_json


def fault(text: str) -> SyntaxFault:
    with pytest.raises(SyntaxFault) as caught:
        read_json(text)
    return caught.value


def test_values_and_keys_are_found_by_line_and_column() -> None:
    document = read_json('{\n  "jobs": [\r\n    {"a": 1,\r      "é": [true]}\n  ]\n}')
    assert document.position(()) == (1, 1)
    assert document.position(("jobs",)) == (2, 11)
    assert document.position(("jobs",), at_key=True) == (2, 3)
    assert document.position(("jobs", 0, "a")) == (3, 11)
    assert document.position(("jobs", 0, "é", 0)) == (4, 13)


def test_what_is_missing_stands_where_the_part_around_it_stands() -> None:
    document = read_json('{"jobs": [\n{"a": 1}]}')
    assert document.position(("jobs", 0, "timeout")) == (2, 1)
    assert document.position(("jobs", 0, "timeout"), at_key=True) == (2, 1)
    assert document.position(("jobs", 7, "timeout")) == (1, 10)


@pytest.mark.parametrize(
    ("text", "found", "offset"),
    [
        ("", "the end of the file", 0),
        ('{"a": 1', "the end of the file", 7),
        ('{"a": ', "the end of the file", 6),
        ('{"a', "a text without its closing double quote", 1),
        ('{"a" 1}', "'1'", 5),
        ('{"a": 1 "b": 2}', "'\"'", 8),
        ('{"a": 1,}', '"," before "}"', 7),
        ("[1,]", '"," before "]"', 2),
        ("[,1]", "','", 1),
        ("{a: 1}", "'a'", 1),
        ("{'a': 1}", "single quotes", 1),
        ('{"a": 1} // why', "a comment", 9),
        ("# why\n{}", "a comment", 0),
        ("{} {}", "'{'", 3),
        ("NaN", "'NaN'", 0),
        ("[Infinity]", "'Infinity'", 1),
        ("[-Infinity]", "'-Infinity'", 1),
        ("[-]", "'-'", 1),
        ("[012]", "'012'", 1),
        ("[1.]", "'1.'", 1),
        ("[.5]", "'.5'", 1),
        ("[+1]", "'+1'", 1),
        ("[5m]", "'5m'", 1),
        ("[True]", "'True'", 1),
        ("[1e999]", "too great a number", 1),
        (f"[{'9' * 1001}]", "more than 1000 digits", 1),
        ('["a\nb"]', "a line break inside a text", 3),
        ('["a\tb"]', "a tab inside a text", 3),
        ('["a\\x"]', "the escape", 3),
        ('["\\u12g4"]', "without four hexadecimal digits", 2),
        ('["\\ud800"]', "half of a surrogate pair", 2),
        ('["\\ud800\\u0041"]', "half of a surrogate pair", 2),
        ('["\\udc00\\ud800"]', "half of a surrogate pair", 2),
    ],
)
def test_the_first_fault_is_named_where_it_stands(text: str, found: str, offset: int) -> None:
    refused = fault(text)
    assert found in refused.message
    assert refused.offset == offset
    assert "accepted: " in refused.message


def test_escapes_and_surrogate_pairs_become_characters() -> None:
    assert read_json(r'"\ud83d\ude00\u0041\n\/\\\""').value == '😀A\n/\\"'


def test_a_key_that_is_there_twice_is_a_fault_at_its_second_place_and_reading_goes_on() -> None:
    document = read_json('{"jobs": [{"a": 1, "b": 2,\n "a": 3}], "jobs": [], "jobs": []}')
    assert [problem.pointer for problem in document.faults] == [("jobs", 0, "a"), ("jobs",), ("jobs",)]
    assert "'a' twice" in document.faults[0].message
    twice = read_json('{"a": 1,\n "a": 3}')
    assert twice.position(("a",), at_key=True) == (2, 2)


def test_a_hundred_levels_are_read_and_one_more_is_refused() -> None:
    assert read_json("[" * DEEPEST + "]" * DEEPEST).value
    assert "100 levels" in fault("[" * (DEEPEST + 1)).message
    assert "100 levels" in fault('{"a":' * 100_000).message


def test_lines_end_at_each_kind_of_line_break() -> None:
    table = LineTable("a\nb\r\nc\rd")
    assert [table.position(offset) for offset in (0, 2, 5, 7)] == [(1, 1), (2, 1), (3, 1), (4, 1)]
