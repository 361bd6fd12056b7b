"""Tables for people."""

from __future__ import annotations

import click
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.cli.tables import cells, clip, table


def plain(lines: list[str]) -> list[str]:
    return [click.unstyle(line) for line in lines]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert plain(table(("JOB", "RUNS"), [("backup", "2"), ("b", "10")])) == ["JOB     RUNS", "backup  2", "b       10"]


def test_wide_characters_take_two_columns() -> None:
    assert plain(table(("A", "B"), [("日", "x"), ("abc", "y")]))[1:] == ["日   x", "abc  y"]


def test_nothing_is_clipped_where_there_is_no_terminal() -> None:
    assert plain(table(("A",), [("x" * 500,)]))[1] == "x" * 500


def test_the_widest_column_gives_way_first() -> None:
    lines = plain(table(("JOB", "ERROR"), [("backup", "a long error that nobody can read")], width=24))
    assert lines[1] == "backup  a long error th…"


def test_a_terminal_too_narrow_for_columns_gets_blocks_without_empty_cells() -> None:
    assert table(("A", "B", "C"), [("one", "", "x" * 30)], width=12) == ["A: one", "C: xxxxxxxx…", ""]


def test_only_the_rows_that_have_a_colour_are_painted() -> None:
    lines = table(("A",), [("bad",), ("good",)], colours=["red", None])
    assert lines[1:] == [click.style("bad", fg="red"), "good"]


@given(
    st.lists(st.tuples(*[st.text(st.characters(categories=["L", "N"]), max_size=40)] * 4), max_size=5),
    st.integers(1, 120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]], width: int) -> None:
    lines = plain(table(("JOB", "STATE", "DUE", "ERROR"), rows, width))
    assert max(map(cells, lines), default=0) <= width


@given(st.text(st.characters(categories=["L", "N", "Mn"])), st.integers(1, 50))
def test_a_clipped_text_fits_and_a_text_that_fits_is_not_clipped(text: str, most: int) -> None:
    clipped = clip(text, most)
    assert cells(clipped) <= most
    assert cells(text) > most or clipped == text
