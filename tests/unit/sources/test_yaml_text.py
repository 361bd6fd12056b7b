"""The YAML reader: positions, the traps it closes, and what it refuses."""

from __future__ import annotations

import pytest

from cron_actors.adapters.sources.document import DEEPEST, SyntaxFault
from cron_actors.adapters.sources.yaml_text import read_yaml
from cron_actors.model.job import Json


def fault(text: str) -> SyntaxFault:
    with pytest.raises(SyntaxFault) as caught:
        read_yaml(text)
    return caught.value


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("no", "no"),
        ("22:22", "22:22"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("<<", "<<"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-17", -17),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("'5'", "5"),
        ('"true"', "true"),
        ("5 mins", "5 mins"),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(scalar: str, value: Json) -> None:
    content = read_yaml(f"a: {scalar}\n").value
    assert content == {"a": value}
    assert isinstance(content, dict)
    assert type(content["a"]) is type(value)


@pytest.mark.parametrize("scalar", ["0777", "-017", "00", ".inf", "-.INF", ".nan", "1e999", "9" * 1001])
def test_a_scalar_without_a_safe_meaning_is_a_fault_of_its_field(scalar: str) -> None:
    document = read_yaml(f"jobs:\n- mode: {scalar}\n  b: 1\n")
    (problem,) = document.faults
    assert problem.pointer == ("jobs", 0, "mode")
    assert "accepted: " in problem.message


def test_on_is_a_key_like_any_other() -> None:
    assert read_yaml("on: 1\nyes: 2\n").value == {"on": 1, "yes": 2}


def test_values_and_keys_are_found_by_line_and_column() -> None:
    document = read_yaml("# é😀\njobs:\n  - a: é\n    b: [x, {c: 1}]\n")
    assert document.position(("jobs", 0)) == (3, 5)
    assert document.position(("jobs", 0, "a")) == (3, 8)
    assert document.position(("jobs", 0, "b"), at_key=True) == (4, 5)
    assert document.position(("jobs", 0, "b", 1, "c")) == (4, 16)


def test_a_key_that_is_there_twice_is_a_fault_at_its_second_place() -> None:
    document = read_yaml("jobs:\n- a: 1\n  a: 2\n")
    assert [problem.pointer for problem in document.faults] == [("jobs", 0, "a")]
    assert document.position(("jobs", 0, "a"), at_key=True) == (3, 3)


def test_a_tag_is_a_fault_of_its_field() -> None:
    document = read_yaml("jobs:\n- a: !!python/object:os.system x\n- b: !!str 5\n")
    assert [problem.pointer for problem in document.faults] == [("jobs", 0, "a"), ("jobs", 1, "b")]
    assert "'!!str'" in document.faults[1].message


def test_an_alias_stands_for_the_value_it_names() -> None:
    assert read_yaml("a: &x [1, {b: 2}]\nc: *x\n").value == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


@pytest.mark.parametrize(
    ("text", "found", "offset"),
    [
        ("a: 1\n---\nb: 1\n", "a second document", 5),
        ("a:\n\t- 1\n", "a tab", 3),
        ("a: {<<: {b: 1}}\n", "the merge key", 4),
        ("5: x\n", "'5', which is not text", 0),
        ("~: x\n", "'~', which is not text", 0),
        ("0777: x\n", "'0777'", 0),
        ("? [a]\n: 1\n", "not plain text", 2),
        ("!!str a: 1\n", "not plain text", 0),
        ("a: *x\n", "no complete value before it", 3),
        ("a: &x [*x]\n", "no complete value before it", 7),
        ("a: b: c\n", "mapping values are not allowed", 4),
        ("a: [1, 2\n", "broken YAML", 9),
        ("a: 'x\n", "broken YAML", 6),
        ("a: \x07\n", "the control character", 3),
        ("a: @x\n", "broken YAML", 3),
        ("%YAML 9.9\n---\na: 1\n", "broken YAML", 0),
    ],
)
def test_the_first_fault_is_named_where_it_stands(text: str, found: str, offset: int) -> None:
    refused = fault(text)
    assert found in refused.message
    assert refused.offset == offset


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("cron: */5 * * * *\n", "cron: '*/5 * * * *'"),
        ("cron: * * * * *\n", "cron: '*/5 * * * *'"),
        ("- cron: [0 5 * * *, * 6 * * *]\n", "cron: '*/5 * * * *'"),
        ("cron: @hourly\n", "cron: '@daily'"),
        ("command: `date`\n", "cron: '@daily'"),
    ],
)
def test_text_that_lacks_its_quotes_is_refused_with_an_example_of_them(text: str, accepted: str) -> None:
    assert fault(text).message.endswith(f"as in {accepted}")


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases that stand for more" in fault("\n".join(lines)).message


def test_a_long_text_that_many_aliases_repeat_is_refused() -> None:
    text = f"a: &a {'x' * 10_000}\nb: [{','.join(['*a'] * 101)}]"
    assert "aliases that stand for more" in fault(text).message


def test_levels_hidden_behind_aliases_count() -> None:
    lines = ["- &a0 [x]", *(f"- &a{n} [*a{n - 1}]" for n in range(1, DEEPEST + 1))]
    assert "100 levels" in fault("\n".join(lines)).message


def test_a_hundred_levels_are_read_and_one_more_is_refused() -> None:
    assert read_yaml("[" * DEEPEST + "]" * DEEPEST).value
    assert "100 levels" in fault("[" * (DEEPEST + 1)).message
    assert "100 levels" in fault("- " * 10_000).message


def test_a_text_of_comments_holds_nothing() -> None:
    assert read_yaml("# nothing\n").value is None
