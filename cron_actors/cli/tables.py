"""Aligned tables that survive narrow terminals."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

import click

GAP = "  "
ELLIPSIS = "…"
BREAK = "\n"


class Column(NamedTuple):
    """A column by its title; ``least`` is what it may be cut to, None if never.

    Where room is short, the columns with the lowest ``leaves`` are left out first; those with 0 stay.
    """

    title: str
    least: int | None = None
    leaves: int = 0


def cells(text: str) -> int:
    """Return how many columns of a terminal the text takes.

    >>> cells("job"), cells("日次")
    (3, 4)
    """
    if text.isascii():
        return len(text)
    return sum(_cells_of(letter) for letter in text)


def clip(text: str, most: int) -> str:
    """Return the text in at most ``most`` columns, with an ellipsis where something went.

    >>> clip("nightly-backup", 8)
    'nightly…'
    """
    if cells(text) <= most:
        return text
    kept = ""
    for letter in text:
        if cells(kept) + _cells_of(letter) > most - 1:
            break
        kept += letter
    return kept + ELLIPSIS


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    colours: Sequence[str | None] = (),
) -> list[str]:
    """Return the lines of a table no wider than ``width`` columns; None means that nothing is cut or left out.

    The last columns are cut first. Where that is not enough, columns leave; then cells are broken at the line feeds
    in them, which are blanks otherwise; then each row becomes a block of lines. ``colours`` paints the rows, by
    position.
    """
    for shown, grid in _arrangements(columns, rows):
        widths = [max(cells(line) for row in grid for line in row[place]) for place in range(len(shown))]
        if width is None or _cut([column.least for column in shown], widths, width):
            titles, *body = (_lines(row, widths) for row in grid)
            painted = [_paint(line, colour) for lines, colour in zip_longest(body, colours) for line in lines]
            return [click.style(line, bold=True) for line in titles] + painted
    return [line for row in rows for line in _block(columns, row, width or 0)]


def _cells_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _arrangements(
    columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> Iterator[tuple[list[Column], list[list[list[str]]]]]:
    """Yield what may be shown, the best first: the columns, and titles and rows with the lines of each cell."""
    whole = [[column.title for column in columns], *rows]
    levels = sorted({0, *(column.leaves for column in columns)})
    for broken in (False, True):
        for level in levels:
            places = [place for place, column in enumerate(columns) if not 0 < column.leaves <= level]
            yield (
                [columns[place] for place in places],
                [[_broken(row[i], broken=broken) for i in places] for row in whole],
            )


def _broken(text: str, *, broken: bool) -> list[str]:
    return text.split(BREAK) if broken else [text.replace(BREAK, " ")]


def _cut(least: Sequence[int | None], widths: list[int], width: int) -> bool:
    """Cut the last columns first until all fit into the width; False if they cannot."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width
    for place in reversed(range(len(widths))):
        fewest = least[place]
        if over > 0 and fewest is not None:
            cut = min(over, max(widths[place] - fewest, 0))
            widths[place] -= cut
            over -= cut
    return over <= 0


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    return [_line(parts, widths) for parts in zip_longest(*row, fillvalue="")]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    clipped = [clip(text, most) for text, most in zip(row, widths, strict=True)]
    padded = [text + " " * (most - cells(text)) for text, most in zip(clipped, widths, strict=True)]
    return GAP.join(padded).rstrip()


def _paint(line: str, colour: str | None) -> str:
    return line if colour is None else click.style(line, fg=colour)


def _block(columns: Sequence[Column], row: Sequence[str], width: int) -> list[str]:
    told = [
        clip(f"{column.title}: {text.replace(BREAK, ' ')}", width)
        for column, text in zip(columns, row, strict=True)
        if text
    ]
    return [*told, ""]
