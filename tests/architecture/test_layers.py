from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cron_actors

PACKAGE = Path(cron_actors.__file__).parent
ROOT = PACKAGE.parent
IMPURE = {
    "asyncio",
    "fcntl",
    "logging",
    "multiprocessing",
    "os",
    "pykka",
    "queue",
    "random",
    "select",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "threading",
    "time",
}
MOST_LINES = 400
ONE_FILE_ON_PURPOSE = {PACKAGE / "messages.py"}  # the whole vocabulary of the actors, in the order of the data


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of the modules that the file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


PURE = [*modules("cron_actors/core", "cron_actors/model"), PACKAGE / "messages.py", PACKAGE / "errors.py"]


def test_the_import_contracts_of_the_project_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", PURE, ids=named)
def test_core_model_and_messages_touch_no_clock_thread_process_file_or_log(path: Path) -> None:
    assert {name.partition(".")[0] for name in imports(path)} & IMPURE == set()


@pytest.mark.parametrize("path", PURE, ids=named)
def test_nothing_pure_knows_an_actor_a_port_or_an_adapter(path: Path) -> None:
    outer = tuple(f"cron_actors.{name}" for name in ("actors", "adapters", "ports", "cli", "launcher", "composition"))
    assert [name for name in imports(path) if name.startswith(outer)] == []


@pytest.mark.parametrize("path", modules("cron_actors/actors"), ids=named)
def test_no_actor_knows_an_adapter(path: Path) -> None:
    assert [name for name in imports(path) if name.startswith("cron_actors.adapters")] == []


@pytest.mark.parametrize("path", sorted({*modules("cron_actors", "tests")} - ONE_FILE_ON_PURPOSE), ids=named)
def test_no_module_is_longer_than_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", modules("cron_actors"), ids=named)
def test_every_module_says_in_a_docstring_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_no_module_is_named_for_nothing_in_particular() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [named(path) for path in modules("cron_actors") if path.stem in vague] == []
