"""Aligned tables that survive narrow terminals."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import click

GAP = "  "
NARROWEST = 8
ELLIPSIS = "…"


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
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    colours: Sequence[str | None] = (),
) -> list[str]:
    """Return the lines of a table no wider than ``width`` columns; None means that nothing is clipped.

    The widest columns give way first. Where not even short columns fit, each row becomes a block of lines.
    ``colours`` paints the rows, by position.
    """
    painted = dict(enumerate(colours))
    widths = [max(cells(row[column]) for row in [headers, *rows]) for column in range(len(headers))]
    if width is not None and not _shrink(widths, width - len(GAP) * (len(widths) - 1)):
        return [line for row in rows for line in _block(headers, row, width)]
    lines = [_paint(_line(row, widths), painted.get(index)) for index, row in enumerate(rows)]
    return [click.style(_line(headers, widths), bold=True), *lines]


def _cells_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _shrink(widths: list[int], room: int) -> bool:
    """Take columns off the widest until all fit; False if they cannot."""
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= NARROWEST:
            return False
        widths[widest] -= 1
    return True


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    clipped = [clip(text, most) for text, most in zip(row, widths, strict=True)]
    padded = [text + " " * (most - cells(text)) for text, most in zip(clipped, widths, strict=True)]
    return GAP.join(padded).rstrip()


def _paint(line: str, colour: str | None) -> str:
    return line if colour is None else click.style(line, fg=colour)


def _block(headers: Sequence[str], row: Sequence[str], width: int) -> list[str]:
    return [*(clip(f"{header}: {text}", width) for header, text in zip(headers, row, strict=True) if text), ""]
