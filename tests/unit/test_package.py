from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import cron_actors
from cron_actors import launcher
from cron_actors.model.run import Run

# Nothing but these may be loaded by the package alone: the template process carries whatever it loads for ever.
LIGHT = {"cron_actors", "__future__"}
WHAT_IT_LOADS = (
    "import json, sys; before = set(sys.modules); import cron_actors;"
    "print(json.dumps(sorted(set(sys.modules) - before)))"
)


def test_what_a_program_embeds_is_imported_from_the_package_itself() -> None:
    assert cron_actors.launch_scheduler is launcher.launch_scheduler
    assert cron_actors.Scheduler is launcher.Scheduler
    assert cron_actors.RunningScheduler is launcher.RunningScheduler


def test_what_submitted_work_returns_can_be_named_in_type_hints() -> None:
    assert cron_actors.Run is Run
    assert get_type_hints(cron_actors.Submitted.wait)["return"] is cron_actors.Run


def test_every_public_name_can_be_had() -> None:
    assert all(hasattr(cron_actors, name) for name in cron_actors.__all__)


def test_an_unknown_name_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'cron_actors' has no attribute 'launch_sheduler'"):
        cron_actors.launch_sheduler  # type: ignore[attr-defined] # noqa: B018 # the misspelt name is the example


def test_importing_the_package_alone_loads_nothing_else(tmp_path: Path) -> None:
    # -E and -P: neither a coverage hook nor a file of the folder is to be counted.
    result = subprocess.run(
        [sys.executable, "-E", "-P", "-c", WHAT_IT_LOADS], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert set(json.loads(result.stdout)) <= LIGHT
