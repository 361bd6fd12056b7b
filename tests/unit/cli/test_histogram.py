from __future__ import annotations

import time
from collections.abc import Iterator

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.cli.histogram import HEIGHT, histogram
from tests.fakes.values import NOON


@pytest.fixture(autouse=True)
def viewer_in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def drawn(minutes: list[int], columns: int = 80) -> list[str]:
    return [click.unstyle(line) for line in histogram(minutes, NOON, columns, NOON)]


def test_a_short_span_has_a_column_a_minute_and_the_busiest_is_marked_and_named() -> None:
    title, *rows, mark, last = drawn([1, 0, 4, 2])
    assert title == "Fires a minute"
    assert len(rows) == HEIGHT
    assert rows[0] == "4 │  █"
    assert rows[-1] == "0 │█ ██"
    assert mark == "     ^"
    assert last == "12:00:00 to 12:04:00; ^ 12:02:00 to 12:03:00: 4"


def test_a_long_span_shows_the_busiest_minute_of_each_stretch() -> None:
    minutes = [0] * 1440
    minutes[610] = 7
    title, *_, mark, last = drawn(minutes)
    assert title == "Fires a minute, the busiest of each 20m"
    assert mark.index("^") == 3 + 610 // 20
    assert last.endswith("^ 22:00:00 to 22:20:00: 7")


def test_one_fire_beside_a_thousand_can_be_seen() -> None:
    assert drawn([1000, 1])[HEIGHT] == "   0 │█▁"


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn([0] * 99) == drawn([]) == []


@given(st.lists(st.integers(0, 12_345), max_size=3000), st.integers(60, 200))
def test_no_line_is_wider_than_the_terminal(minutes: list[int], columns: int) -> None:
    assert all(len(line) <= columns for line in drawn(minutes, columns))
