from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.core.uniqueness import Unique, parse_unique, standing, unique_key
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json
from cron_actors.model.run import RunState
from cron_actors.model.submission import UNFINISHED

PARTS: dict[str, Json] = {"work": "shop.close", "args": {"args": [1], "kwargs": {"a": 1, "b": 2}}, "queue": "low"}


def key(unique: Unique, **parts: Json) -> str:
    return unique_key(unique, {**PARTS, **parts})


@pytest.mark.parametrize("part", ["work", "args", "queue"])
def test_only_the_parts_that_are_named_count(part: str) -> None:
    assert key(Unique(), **{part: "other"}) != key(Unique())
    others = tuple(name for name in PARTS if name != part)
    assert key(Unique(by=others), **{part: "other"}) == key(Unique(by=others))


def test_the_order_of_keyword_arguments_is_nothing() -> None:
    assert key(Unique(), args={"kwargs": {"b": 2, "a": 1}, "args": [1]}) == key(Unique())


def test_a_key_stands_in_the_place_of_the_arguments() -> None:
    assert key(Unique(key="a"), args="other") == key(Unique(key="a"))
    assert key(Unique(key="a")) != key(Unique(key="b"))
    assert key(Unique(key="a"), work="other") != key(Unique(key="a"))
    assert key(Unique(key="a", by=()), work="other") == key(Unique(key="a", by=()))


def test_true_and_text_are_short_for_what_is_meant_most() -> None:
    assert parse_unique(True) == Unique()  # noqa: FBT003 # the value is the example
    assert parse_unique("a") == Unique(key="a")
    assert parse_unique(None) is None
    assert parse_unique(False) is None  # noqa: FBT003 # as above


def test_what_is_not_over_stands_in_the_way_and_within_a_period_also_what_is_completed() -> None:
    assert (standing(Unique()).states, standing(Unique()).period) == (UNFINISHED, None)
    within = standing(Unique(period="1h"))
    assert (within.states, within.period) == (UNFINISHED | {RunState.COMPLETED}, timedelta(hours=1))
    assert standing(Unique(states=("discarded",), period=5)).states == {RunState.DISCARDED}
    assert standing(Unique(period=timedelta(seconds=5))) == standing(Unique(period=5))


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (5, "unique: found the number 5; accepted: True, Unique"),
        (Unique(by=("arguments",)), "unique by: found 'arguments'; accepted: work, args, queue"),
        (Unique(by=()), "unique by: found nothing"),
        ("", "unique key: found ''"),
        ("\ud800", "unique key: found half of a surrogate pair"),
        (Unique(states=("done",)), r"unique states: found .*; accepted: scheduled, available"),
        (Unique(states=()), "unique states: found"),
        (Unique(period=0), "unique period: found the number 0"),
        (Unique(period=-5), "unique period: found the number -5"),
        (Unique(period="soon"), "'soon'"),
        (Unique(period=True), "unique period: found True"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(value: object, wrong: str) -> None:
    with pytest.raises(InvalidValueError, match=wrong) as raised:
        parse_unique(value)
    assert "\n" not in str(raised.value)
