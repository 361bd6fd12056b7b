"""The doorbell of the real daemon: what other processes leave is found at once, and without it by polling."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from cron_actors.adapters.doorbell import address_of
from cron_actors.adapters.stores.urls import open_store
from cron_actors.model.run import RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e

SELDOM = "30"
TIMES = 3
PROMPTLY = timedelta(seconds=5)  # for all together; without a bell each waits for a heartbeat, every five seconds


@pytest.fixture
def shop(home: DaemonHome) -> DaemonHome:
    """Return a folder with work to submit and a job to trigger."""
    home.write("shop.py", "def pack():\n    pass\n")
    home.write_jobs(job("bake", manual=True))
    return home


def perform(home: DaemonHome) -> None:
    """Submit a run and wait for its end."""
    before = completed(home)
    home.submit_all("shop:pack", 1)
    home.eventually(lambda: completed(home) > before)


def completed(home: DaemonHome) -> int:
    return len(home.runs(None, RunState.COMPLETED))


def test_what_is_submitted_or_triggered_begins_at_once_however_seldom_the_daemon_polls(shop: DaemonHome) -> None:
    shop.start_ready(POLL_INTERVAL=SELDOM)
    for _ in range(TIMES):
        perform(shop)
        assert shop.run("trigger", "bake", "--wait").returncode == 0
    waited = [run.started_at - run.due_at for run in shop.runs() if run.started_at is not None]
    assert len(waited) == 2 * TIMES
    assert sum(waited, timedelta(0)) < PROMPTLY


def test_where_the_bell_is_somebody_else_s_polling_finds_what_is_submitted(shop: DaemonHome) -> None:
    store = open_store(f"sqlite:///{shop.database}")
    store.open()
    store.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taken:
        taken.bind(address_of(shop.database))
        shop.start_ready()
        perform(shop)
        assert taken.recv(1, socket.MSG_DONTWAIT)
    assert "doorbell" not in shop.said()
