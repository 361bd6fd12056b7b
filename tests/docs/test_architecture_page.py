"""The page of the architecture names what there is, and nothing else."""

from __future__ import annotations

import ast
import dataclasses
import re

import pytest

import cron_actors.messages
from tests.docs.pages import ROOT

PACKAGE = ROOT / "cron_actors"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROSE = re.sub(r"<!-- generated.*?<!-- end of generated -->", "", PAGE, flags=re.DOTALL)
NAME = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)*\b")
CODE = re.compile(r"`([^`\n]+)`|\*\*(\w+)\*\*")
ARROW_LABEL = re.compile(r"─+([A-Z][A-Za-z]+(?:, ?[A-Z][A-Za-z]+)*)")
OPEN = re.compile(r"^\| [^|]+ \| ([^|]+) \|$", re.MULTILINE)

MESSAGES = {
    kind.__name__
    for kind in vars(cron_actors.messages).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == cron_actors.messages.__name__
}
CLASSES = {
    node.name
    for path in PACKAGE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.ClassDef)
}
ACTORS = {
    node.name
    for path in (PACKAGE / "actors").glob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.ClassDef) and node.name.endswith("Actor")
}
ROLES = {name.removesuffix("Actor") for name in ACTORS}


def named_in_code_marks() -> set[str]:
    words = [word for found in CODE.finditer(PROSE) for word in found.groups() if word]
    return {word for word in words if NAME.fullmatch(word)}


def named_on_arrows() -> set[str]:
    picture = PROSE.split("## The picture")[1].split("## The parts")[0]
    return {name for found in ARROW_LABEL.finditer(picture) for name in re.split(r", ?", found[1])}


def test_every_message_is_named_with_its_reader() -> None:
    table = PAGE.split("## Messages")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))
    assert set(rows) == MESSAGES
    for readers in rows.values():
        assert readers.startswith("in `") or set(readers.split(", ")) <= ROLES


def test_every_actor_has_a_paragraph() -> None:
    assert [name for name in sorted(ACTORS) if f"**{name}**" not in PROSE] == []


def test_what_is_named_as_a_class_exists() -> None:
    assert sorted(named_in_code_marks() - CLASSES - ROLES - MESSAGES) == []


def test_every_arrow_of_the_picture_carries_a_message_that_exists() -> None:
    named = named_on_arrows()
    assert {"Tick", "Due", "Claim", "Launch", "TimeOut", "FinishedExecution", "Changed", "Crashed"} <= named
    assert sorted(named - MESSAGES) == []


@pytest.mark.parametrize("cell", OPEN.findall(PAGE.split("## To change X, open Y")[1].split("\n## ")[0])[2:])
def test_what_is_to_be_opened_is_there(cell: str) -> None:
    targets = [target for target in re.findall(r"`([^`]+)`", cell) if "/" in target or "." in target]
    assert targets
    assert [target for target in targets if not any((base / target).exists() for base in (PACKAGE, ROOT))] == []
