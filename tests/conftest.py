"""What all tests share: they leave nothing running behind, and their skips can be made failures."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pykka
import pytest
from hypothesis import HealthCheck, settings

PATIENCE = 2.0  # seconds that what a test has asked to stop may take for it
EVERYTHING = "CRON_ACTORS_REQUIRE_ALL"

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") or os.environ.get(EVERYTHING) == "1" else "dev")


class Require(Protocol):
    """Skips the test, or fails it where everything is required, unless a component is present."""

    def __call__(self, component: str, *, present: bool | None = None) -> None:
        """Go on if ``present``; by default, if a program of the component's name is on the PATH."""


@pytest.fixture
def require() -> Require:
    """Return the function by which a test says what it cannot do without."""

    def check(component: str, *, present: bool | None = None) -> None:
        if shutil.which(component) is not None if present is None else present:
            return
        text = f"missing component: {component}"
        if os.environ.get(EVERYTHING) == "1":
            pytest.fail(f"{text}, and {EVERYTHING}=1")
        pytest.skip(text)

    return check


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail a test after which a thread, a child process or an actor is left that was not there before."""
    threads, children, actors = set(threading.enumerate()), _children(), set(pykka.ActorRegistry.get_all())
    yield
    until = time.monotonic() + PATIENCE
    for thread in set(threading.enumerate()) - threads:
        thread.join(max(0.0, until - time.monotonic()))
    never = threading.Event()
    while _children() - children and time.monotonic() < until:
        never.wait(0.02)
    left = [f"thread {thread.name}" for thread in set(threading.enumerate()) - threads]
    left += [f"actor {actor}" for actor in set(pykka.ActorRegistry.get_all()) - actors]
    left += [f"process {_describe(pid)}" for pid in sorted(_children() - children)]
    if left:
        pykka.ActorRegistry.stop_all(block=False)
        pytest.fail("left behind: " + ", ".join(left))


def _children() -> set[int]:
    pids: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            pids.update(map(int, (task / "children").read_text().split()))
        except OSError:  # the thread ended while we looked, or this kernel does not tell
            continue
    return pids


def _describe(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return f"{pid} (gone)"
    return f"{pid} ({words.strip() or 'ended, never waited for'})"
