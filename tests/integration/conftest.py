"""A command line, and an executor on a bench, each with a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from tests.fakes.command_line import CommandLine
from tests.integration.executor_bench import Bench


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[CommandLine]:
    command_line = CommandLine(tmp_path)
    yield command_line
    command_line.stop_daemon()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    executor = ZygoteExecutor()
    executor.open()
    yield Bench(executor, tmp_path)
    executor.close()
