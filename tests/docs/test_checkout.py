"""What a fresh checkout holds and what its targets of make do."""

from __future__ import annotations

import subprocess

import pytest

from tests.conftest import Require
from tests.docs.pages import ROOT


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("venv", "-m pip install"),
        ("run", "cron-actors run"),
        ("test", "--cov-report=html"),
        ("reset", "cron-actors reset"),
    ],
)
def test_a_target_of_make_does_what_it_promises(require: Require, target: str, command: str) -> None:
    require("make")
    result = subprocess.run(
        ["make", "--dry-run", "VENV=.venv-of-nobody", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "-m venv .venv-of-nobody" in result.stdout, "a fresh checkout is made ready by every target"
    assert command in result.stdout


def test_a_fresh_checkout_has_a_folder_of_logs_whose_contents_are_ignored(require: Require) -> None:
    require("git")
    require("a checkout", present=(ROOT / ".git").exists())
    kept = subprocess.run(["git", "ls-files", "logs"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert kept.stdout.split() == ["logs/.gitkeep"]
    ignored = subprocess.run(["git", "check-ignore", "--quiet", "logs/job/latest.txt"], cwd=ROOT, check=False)
    assert ignored.returncode == 0
