"""What the simulation says will be due is what a daemon launches."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors import launch_scheduler
from cron_actors.adapters.sources import load_mapping
from cron_actors.adapters.stores.urls import open_reader
from cron_actors.core.simulation import simulate
from cron_actors.core.simulation_findings import Plan
from cron_actors.model.records import RunFilter
from cron_actors.settings import Granularity, Settings

TICKS = 150
MINUTE = timedelta(minutes=1)
WHEN: dict[str, dict[str, Any]] = {
    "seven": {"cron": "*/7 * * * *"},
    "hashed": {"cron": "H/20 * * * *"},
    "grid": {"periodicity": "13m"},
    "both": {"cron": ["5 1 * * *", "10-12 0 * * *"], "periodicity": "1h", "timezone": "Asia/Kathmandu"},
    "never": {"manual": True},
}


@pytest.mark.e2e
def test_a_daemon_on_a_virtual_clock_launches_the_instants_of_the_simulation(tmp_path: Path) -> None:
    jobs = {"jobs": [{"identifier": name, "command": "true", "timeout": "1m", **when} for name, when in WHEN.items()]}
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'jobs.db'}", logs_base_directory=tmp_path / "logs")
    assert launch_scheduler(jobs=jobs, settings=settings, max_ticks=TICKS, wait=False) == 0
    reader = open_reader(settings.database_url)
    assert reader is not None
    with closing(reader):
        runs = [(run.job, run.due_at) for run in reader.runs(RunFilter(limit=None))]
    midnight = max(due_at for _, due_at in runs).replace(hour=0, minute=0)
    launched = sorted(due_at for _, due_at in runs if due_at > midnight)  # what is due at first sight has its own rule
    loaded = load_mapping(jobs, folder=tmp_path, granularity=Granularity.MINUTE)
    plans = [Plan(job=definition.job, length=MINUTE) for definition in loaded.definitions]
    found = simulate(plans, begin_at=midnight + MINUTE, end_at=midnight + TICKS * MINUTE, workers=1)
    simulated = [found.begin_at + place * MINUTE for place, count in enumerate(found.minutes) for _ in range(count)]
    assert simulated == launched
    launches = Counter(name for name, due_at in runs if due_at > midnight)
    assert {figures.job: figures.due for figures in found.jobs if figures.due} == launches
