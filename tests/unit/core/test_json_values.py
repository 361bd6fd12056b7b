from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.json_values import json_value
from cron_actors.errors import InvalidValueError

KEPT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(KEPT)
def test_what_json_has_comes_back_as_it_went(value: Any) -> None:  # noqa: ANN401 # any of them
    try:
        read = json_value(value, "args")
    except InvalidValueError:  # half of a surrogate pair
        return
    assert json.loads(json.dumps(read)) == value


def test_tuples_become_lists() -> None:
    assert json_value((1, ("a",)), "args") == [1, ["a"]]


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({1}, "args: found a set; accepted: text, numbers,"),
        ([0, {"to": [b"x"]}], r"args\[1\]\['to'\]\[0\]: found a bytes"),
        ([object()], r"args\[0\]: found an object"),
        ({1: 2}, "args: found the key the number 1; accepted: text as keys"),
        ([float("inf")], r"args\[0\]: found inf"),
        (["\ud800"], r"args\[0\]: found half of a surrogate pair"),
        ([10**2000], r"args\[0\]: found a number of more than 1000 digits"),
        (["x" * 1_000_001], "args: found 1000005 characters of JSON; accepted: at most 1000000"),
    ],
)
def test_the_place_of_what_json_has_not_is_told(value: object, wrong: str) -> None:
    with pytest.raises(InvalidValueError, match=wrong):
        json_value(value, "args")


def test_what_holds_itself_is_refused_in_one_line() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InvalidValueError, match="found more than 100 levels"):
        json_value(value, "args")
