"""What the pages take from the code is as the code has it."""

from __future__ import annotations

import re
import runpy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cron_actors.cli.program import COMMANDS
from cron_actors.core.cron import CronExpression
from cron_actors.core.run_states import MEANING
from cron_actors.errors import InvalidValueError
from cron_actors.model.run import Reason
from cron_actors.settings import VARIABLES
from tests.docs.pages import ROOT, pages, title

LINK = re.compile(r"\]\((?P<target>[^)#:]+)(?:#[^)]*)?\)")
CRON_PAGE = (ROOT / "docs" / "cron.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def generate() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "generate.py"))


def first_column(page: str, heading: str) -> list[str]:
    section = page.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_the_generated_lines_of_every_page_are_those_of_the_code() -> None:
    written = generate()["pages"]()
    assert {title(page) for page in written} >= {"README.md", "docs/run-states.md", "docs/jobs-file.md"}
    stale = [title(page) for page, text in written.items() if page.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make docs"


def test_the_readme_names_every_variable_every_command_and_their_defaults() -> None:
    for variable in VARIABLES:
        assert f"| `{variable.name}` | `{variable.default}` |" in README
    for name in COMMANDS:
        assert f"| `cron-actors {name}` |" in README


def test_the_page_of_states_names_every_state_and_every_reason() -> None:
    page = (ROOT / "docs" / "run-states.md").read_text(encoding="utf-8")
    assert first_column(page, "Reasons") == [str(reason) for reason in Reason]
    assert [state for state in MEANING if f"| `{state}` | {MEANING[state]} |" not in page] == []


@pytest.mark.parametrize("text", first_column(CRON_PAGE, "Accepted"))
def test_an_expression_that_is_said_to_be_accepted_is(text: str) -> None:
    assert CronExpression.parse(text, seed="job").next_after(datetime(2026, 11, 21, tzinfo=UTC), ZoneInfo("UTC"))


@pytest.mark.parametrize("text", first_column(CRON_PAGE, "Refused"))
def test_an_expression_that_is_said_to_be_refused_is(text: str) -> None:
    with pytest.raises(InvalidValueError):
        CronExpression.parse(text, seed="job")


@pytest.mark.parametrize("page", pages(), ids=title)
def test_a_link_inside_the_project_leads_somewhere(page: Path) -> None:
    targets = [found["target"] for found in LINK.finditer(page.read_text(encoding="utf-8"))]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_of_the_docs_is_linked_from_another() -> None:
    linked = {
        (page.parent / found["target"]).resolve()
        for page in pages()
        for found in LINK.finditer(page.read_text(encoding="utf-8"))
    }
    assert [title(page) for page in pages() if page.name != "README.md" and page not in linked] == []
