"""The home of the daemons that pages start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.daemon import DaemonHome


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DaemonHome]:
    """Return a folder for daemons; a process that outlives their death fails the test."""
    place = DaemonHome(tmp_path)
    yield place
    left = place.clear()
    assert not left, f"left behind after the daemon's death: {left}"
