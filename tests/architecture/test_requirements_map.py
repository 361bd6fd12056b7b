"""The map from requirements to tests names every delivered line and only tests that exist."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| (?P<line>[A-Z][0-9]+) \| (?P<what>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
ROWS = [found.groupdict() for found in ROW.finditer((TESTS / "requirements.md").read_text(encoding="utf-8"))]
MILESTONE = {
    "A": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
    "B": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    "C": (1, 2, 3, 4, 5, 6),
    "D": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    "E": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
    "F": (1, 2),
}
NAMED = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row["tests"])})


@functools.cache
def collected_from(path: Path) -> frozenset[str]:
    """Return the names that pytest would collect from the file: functions, and classes by statement or assignment."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(name for name in names if name.startswith(("test_", "Test")))


def test_every_line_of_the_milestone_stands_in_the_map_once_and_in_order() -> None:
    assert [row["line"] for row in ROWS] == [
        f"{chapter}{number}" for chapter, numbers in MILESTONE.items() for number in numbers
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["line"])
def test_a_line_has_a_test(row: dict[str, str]) -> None:
    assert re.fullmatch(r"`[^`]+`(, `[^`]+`)*", row["tests"])


@pytest.mark.parametrize("name", NAMED)
def test_a_test_named_in_the_map_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert (TESTS / path).is_file(), path
    assert test in collected_from(TESTS / path)
