from __future__ import annotations

import doctest
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core import durations, quotation
from cron_actors.core.durations import format_duration, parse_duration
from cron_actors.errors import InvalidValueError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("2 hours", 7200),
        ("15 mins", 900),
        ("1d", 86_400),
        ("1 week", 604_800),
        ("PT5M", 300),
        ("pt5m", 300),
        ("P1DT2H", 93_600),
        ("P2W", 1_209_600),
        ("  1 H 30 Min\t", 5400),
        ("1h0m5s", 3605),
        ("1 sec", 1),
        ("36500 days", 36_500 * 86_400),
    ],
)
def test_a_duration_is_read_in_every_documented_form(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("", "is blank"),
        ("  ", "is blank"),
        ("0s", "is zero"),
        ("PT0S", "is zero"),
        ("-5m", "is negative"),
        ("- 5m", "is negative"),
        ("-PT5M", "is negative"),
        ("1h-30m", "is negative"),
        ("+5m", "has a sign"),
        ("1.5h", "decimal"),
        ("1,5h", "decimal"),
        (".5h", "decimal"),
        ("PT1.5S", "decimal"),
        ("90", "has no unit after 90"),
        ("1h30", "has no unit after 30"),
        (90, "a number without a unit"),
        (1.5, "a number without a unit"),
        (True, "is not a text"),
        (None, "is not a text"),
        ([1], "is not a text"),
        ("5 minuets", "unknown unit 'minuets' (did you mean 'minutes'?)"),
        ("5 lightyears", "unknown unit"),
        ("1 month", "no fixed length"),
        ("P1M", "no fixed length"),
        ("P1Y", "no fixed length"),
        ("P", "ISO 8601"),
        ("PT", "ISO 8601"),
        ("P1DT", "ISO 8601"),
        ("5m please", "has 'please' where a number is expected"),
        ("5m, 10s", "where a number is expected"),
        ("hours", "where a number is expected"),
        ("5m5m", "names minutes twice"),
        ("30m1h", "hours after a smaller unit"),
        ("\N{ARABIC-INDIC DIGIT FIVE}m", "where a number is expected"),
        ("36501d", "longer than 36500 days"),
        ("9" * 90 + "w", "longer than 36500 days"),
        ("9" * 10_000 + "s", "longer than 100 characters"),
    ],
)
def test_anything_else_is_refused_by_name(value: object, wrong: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        parse_duration(value)
    assert wrong in str(refusal.value)
    assert "such as 90s, 5m, 1h30m" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(st.integers(min_value=1, max_value=36_500 * 86_400))
def test_a_formatted_duration_reads_back_as_itself(seconds: int) -> None:
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=8, seconds=1), "8d1s"),
        (timedelta(milliseconds=250), "0.25s"),
        (timedelta(minutes=-1, seconds=-5), "-1m5s"),
    ],
)
def test_a_duration_is_written_from_days_down(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@given(st.text(max_size=30))
def test_any_text_gives_a_positive_duration_or_a_refusal(text: str) -> None:
    try:
        duration = parse_duration(text)
    except InvalidValueError:
        return
    assert timedelta(0) < duration <= timedelta(days=36_500)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(durations).failed == 0
    assert doctest.testmod(quotation).failed == 0


def test_an_integer_too_long_to_print_is_still_refused_in_one_line() -> None:
    with pytest.raises(InvalidValueError, match="without a unit"):
        parse_duration(10**5000)
