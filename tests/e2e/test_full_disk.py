"""A disk without room: nothing is launched, everybody is told, and it goes on when there is room again."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from cron_actors.model.run import RunState
from tests.conftest import Require
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

SMALL = 8 * 1024 * 1024  # bytes


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory, require: Require) -> Iterator[Path]:
    """Return the folder of a file system of 8 MB."""
    folder = tmp_path_factory.mktemp("small")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=700", "small", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    require("the right to mount a small file system", present=mounted)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return filler
    return filler


@pytest.mark.parametrize("database_too", [False, True])
def test_a_full_disk_stops_the_launches_until_there_is_room_again(
    home: DaemonHome,
    small_disk: Path,
    database_too: bool,  # noqa: FBT001 # a case
) -> None:
    if database_too:
        home.database = small_disk / "small.db"
    home.write_jobs(job("clock", "echo tick", tolerance="1s", catch_up={"policy": "all"}))
    variables = {"DATABASE_URL": f"sqlite:///{home.database}", "LOGS_BASE_DIRECTORY": str(small_disk / "logs")}
    daemon = home.start(**variables)
    home.eventually(lambda: home.runs("clock", RunState.COMPLETED))
    filler = fill(small_disk)
    told = "the store cannot be written" if database_too else "no run is launched while there is no room"
    home.eventually(lambda: told in home.said())
    before = len(home.runs("clock", RunState.COMPLETED))
    status = home.eventually(lambda: not_healthy(home, variables))
    assert re.search("no room.* [0-9]+ bytes free on this disk", status), status
    assert len(home.runs("clock", RunState.COMPLETED)) == before
    filler.unlink()
    home.eventually(lambda: len(home.runs("clock", RunState.COMPLETED)) >= before + 3)
    assert ("the store can be written again" if database_too else "all is well again") in home.said()
    home.eventually(lambda: not not_healthy(home, variables))
    assert home.stop(daemon) == 0
    instants = sorted(run.due_at for run in home.runs("clock"))
    assert all((later - earlier).total_seconds() == 1 for earlier, later in pairwise(instants))
    assert {run.state for run in home.runs("clock")} <= {RunState.COMPLETED, RunState.AVAILABLE}


def not_healthy(home: DaemonHome, variables: dict[str, str]) -> str:
    """Return what ``status`` says if it says that all is not well, else nothing."""
    answer = home.run("status", **variables)
    return answer.stdout if answer.returncode == 1 else ""
