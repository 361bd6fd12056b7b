"""The pages and their fenced blocks, as a reader sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(?P<language>[a-z]*)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: what it is written in, the file that a reader is to save it as (None: none), where it stands."""

    page: Path
    line: int
    language: str
    name: str | None
    text: str

    @property
    def place(self) -> str:
        """Return page and line, for people."""
        return f"{title(self.page)}:{self.line}"


def pages() -> list[Path]:
    """Return every page that users or developers read."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def title(page: Path) -> str:
    """Return the page's path in the project."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of the page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found["language"], found["name"], found["text"])
        for found in BLOCK.finditer(text)
    ]
