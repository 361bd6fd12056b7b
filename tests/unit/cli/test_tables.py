"""Tables for people."""

from __future__ import annotations

import click
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.cli.tables import Column, cells, clip, table

WIDE = Column("NEXT", leaves=1)
LONG = "2026\nNov"


def plain(lines: list[str]) -> list[str]:
    return [click.unstyle(line) for line in lines]


def columns(*titles: str) -> list[Column]:
    return [Column(title) for title in titles]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    lines = plain(table(columns("JOB", "RUNS"), [("backup", "2"), ("b", "10")]))
    assert lines == ["JOB     RUNS", "backup  2", "b       10"]


def test_wide_characters_take_two_columns() -> None:
    assert plain(table(columns("A", "B"), [("日", "x"), ("abc", "y")]))[1:] == ["日   x", "abc  y"]


def test_nothing_is_cut_left_out_or_broken_where_there_is_no_terminal() -> None:
    lines = plain(table([Column("A", least=8), WIDE], [("x" * 500, LONG)]))
    assert lines[1] == "x" * 500 + "  2026 Nov"


def test_the_last_column_that_may_be_cut_is_cut_first_and_no_other() -> None:
    three = [Column("JOB", least=3), Column("DUE"), Column("ERROR", least=8)]
    row = ("nightly-backup", "Nov 21 03:00:00", "a long error")
    assert plain(table(three, [row], width=43))[1] == "nightly-backup  Nov 21 03:00:00  a long er…"
    assert plain(table(three, [row], width=38))[1] == "nightly-ba…  Nov 21 03:00:00  a long …"


def test_a_column_is_left_out_before_another_loses_more_than_it_may() -> None:
    two = [Column("JOB", least=4), WIDE, Column("P95", leaves=2)]
    row = [("backup", "in 5m", "12 ms")]
    assert plain(table(two, row, width=18))[1] == "bac…  in 5m  12 ms"
    assert plain(table(two, row, width=17))[1] == "backup  12 ms"
    assert plain(table(two, row, width=10))[1] == "backup"


def test_a_cell_is_broken_where_it_may_be_when_leaving_columns_out_is_not_enough() -> None:
    two = [*columns("JOB", "DUE"), WIDE]
    assert plain(table(two, [("backup", LONG, "x")], width=20)) == ["JOB     DUE", "backup  2026 Nov"]
    assert plain(table(two, [("a", LONG, "x"), ("b", "Dec", "y")], width=9)) == [
        "JOB  DUE",
        "a    2026",
        "     Nov",
        "b    Dec",
    ]


def test_a_terminal_too_narrow_for_columns_gets_blocks_without_empty_cells() -> None:
    assert table(columns("A", "B", "C"), [("one", "", "x" * 30)], width=12) == ["A: one", "C: xxxxxxxx…", ""]


def test_only_the_rows_that_have_a_colour_are_painted() -> None:
    lines = table(columns("A"), [("bad",), ("good",)], colours=["red", None])
    assert lines[1:] == [click.style("bad", fg="red"), "good"]


@given(
    st.lists(st.tuples(*[st.text(st.characters(categories=["L", "N"]) | st.just("\n"), max_size=40)] * 4), max_size=5),
    st.integers(1, 120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]], width: int) -> None:
    shown = [Column("JOB", least=4), Column("STATE"), WIDE, Column("ERROR", least=8)]
    assert max(map(cells, plain(table(shown, rows, width))), default=0) <= width


@given(st.text(st.characters(categories=["L", "N", "Mn"])), st.integers(1, 50))
def test_a_clipped_text_fits_and_a_text_that_fits_is_not_clipped(text: str, most: int) -> None:
    clipped = clip(text, most)
    assert cells(clipped) <= most
    assert cells(text) > most or clipped == text
