"""Every example of the pages: done in the order of its page, it does what the page says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cron_actors.adapters.sources import load_file
from cron_actors.loading import import_problems
from cron_actors.settings import FILE_TYPES, Granularity
from tests.docs.pages import ROOT, Block, blocks, pages, title
from tests.docs.walk import Walk
from tests.fakes.daemon import DaemonHome

BLOCKS = [block for page in pages() for block in blocks(page)]
WITH_EXAMPLES = [page for page in pages() if any(block.language != "text" for block in blocks(page))]
JOBS_FILES = [block for block in BLOCKS if block.language in FILE_TYPES and "faulty" not in (block.name or "")]


@pytest.mark.e2e
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=title)
def test_whoever_does_what_a_page_says_sees_what_it_says(page: Path, home: DaemonHome) -> None:
    walk = Walk(home)
    for block in blocks(page):
        walk.do(block)
    walk.end()


@pytest.mark.parametrize("block", JOBS_FILES, ids=lambda block: block.place)
def test_a_jobs_file_of_a_page_is_valid_and_its_functions_are_there(block: Block, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "periodic_functions", tmp_path / "periodic_functions")
    path = tmp_path / f"jobs.{block.language}"
    path.write_text(block.text)
    loaded = load_file(path, supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)
    assert loaded.definitions
    assert import_problems(loaded.definitions) == []


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_a_block_says_what_it_is_written_in(block: Block) -> None:
    assert block.language in {"json", "yaml", "python", "console", "text"}


def test_the_json_and_the_yaml_of_the_readme_mean_the_same(tmp_path: Path) -> None:
    definitions = []
    for block in (block for block in JOBS_FILES if title(block.page) == "README.md"):
        path = tmp_path / f"jobs.{block.language}"
        path.write_text(block.text)
        loaded = load_file(path, supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)
        definitions.append([definition.text for definition in loaded.definitions])
    in_json, in_yaml = definitions
    assert in_json == in_yaml


def test_the_shipped_jobs_file_is_valid_and_its_functions_are_there() -> None:
    loaded = load_file(ROOT / "jobs.json", supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)
    assert import_problems(loaded.definitions) == []
    assert loaded.warnings == []
