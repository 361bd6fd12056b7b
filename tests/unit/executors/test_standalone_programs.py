"""The programs that other interpreters run."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from cron_actors.adapters.executors import function_call, import_probe

PROGRAMS = [Path(function_call.__file__), Path(import_probe.__file__)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_standalone_program_is_written_in_python_3_8(program: Path) -> None:
    ast.parse(program.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_standalone_program_imports_the_standard_library_only(program: Path) -> None:
    tree = ast.parse(program.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_no_file_beside_a_standalone_program_hides_a_library() -> None:
    folder = Path(function_call.__file__).parent
    assert not {path.stem for path in folder.glob("*.py")} & sys.stdlib_module_names
