"""Instants that are not simply run: overlapping ones, those of a downtime, and what a changed jobs file leaves."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from cron_actors.model.run import RunState
from tests.fakes.daemon import NEVER, DaemonHome, job

pytestmark = pytest.mark.e2e

SECOND = timedelta(seconds=1)
DOWNTIME = 3.5  # seconds


def owed(home: DaemonHome, name: str) -> list[tuple[datetime, str]]:
    """Return every due instant of the job in order, with what became of it."""
    runs = home.ask("runs", "--job", name)
    found = []
    for run in runs:
        text = f"{run['state']}: {run['reason']}" if run["reason"] else run["state"]
        found += [(datetime.fromisoformat(run["due_at"]), text)]
    return sorted(found)


def test_an_overlapping_instant_is_run_by_default_and_skipped_and_recorded_if_the_job_says_so(home: DaemonHome) -> None:
    home.write_jobs(job("alone", "exec sleep 1.5", overlap="skip"), job("many", "exec sleep 1.5"))
    assert home.start("--max-ticks", "3").wait(20) == 0
    assert [text for _, text in owed(home, "many")] == ["completed"] * 3
    became = Counter(text for _, text in owed(home, "alone"))
    assert set(became) == {"completed", "skipped: overlap"}
    assert home.stats("alone")["skipped_by_reason"] == {"overlap": became["skipped: overlap"]}
    ran = sorted((run.started_at, run.finished_at) for run in home.runs("alone", RunState.COMPLETED))
    assert all(before[1] <= after[0] for before, after in pairwise(ran) if before[1] and after[0])


def test_after_a_downtime_each_policy_accounts_for_every_instant(home: DaemonHome) -> None:
    echo = 'echo "$CRON_ACTORS_DUE_AT" >> ran.$CRON_ACTORS_JOB'
    policies: dict[str, dict[str, str | int]] = {
        "latest": {"policy": "latest"},
        "all": {"policy": "all"},
        "skip": {"policy": "skip"},
        "capped": {"policy": "all", "cap": 1},
        "old": {"policy": "all", "within": "2s"},
    }
    home.write_jobs(*(job(name, echo, tolerance="1s", catch_up=policy) for name, policy in policies.items()))
    assert home.start("--max-ticks", "1").wait(20) == 0
    NEVER.wait(DOWNTIME)
    assert home.start("--max-ticks", "2").wait(20) == 0
    became = {}
    for name in policies:
        instants = [at for at, _ in owed(home, name)]
        assert all(later - earlier == SECOND for earlier, later in pairwise(instants)), (name, instants)
        ran = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at, text in owed(home, name) if text == "completed"]
        assert sorted(home.read(f"ran.{name}").split()) == ran
        became[name] = Counter(text for _, text in owed(home, name) if text != "completed")
    assert [set(kinds) for kinds in became.values()] == [
        {"skipped: coalesced"},
        set(),
        {"missed: down"},
        {"missed: over cap"},
        {"missed: too late"},
    ]
    assert became["skip"]["missed: down"] >= DOWNTIME - 2
    assert home.stats("skip")["missed_by_reason"] == {"down": became["skip"]["missed: down"]}
    assert home.stats("latest")["skipped_by_reason"] == {"coalesced": became["latest"]["skipped: coalesced"]}
    first_starts = [run.due_at for run in sorted(home.runs("all"), key=lambda run: run.run_id)]
    assert first_starts == sorted(first_starts), "caught up in another order than that of the instants"


def test_a_job_taken_out_of_the_file_leaves_its_history_and_runs_no_more(home: DaemonHome) -> None:
    home.write_jobs(job("stays"), job("goes"))
    assert home.start("--max-ticks", "1").wait(20) == 0
    home.write_jobs(job("stays"))
    assert home.start("--max-ticks", "2").wait(20) == 0
    assert [run.state for run in home.runs("goes") if run.reason != "removed"] == [RunState.COMPLETED]
    assert len(home.runs("stays", RunState.COMPLETED)) >= 2  # 3, unless the first ticks of both fell into one second


def test_a_past_single_instant_runs_once_and_never_again(home: DaemonHome) -> None:
    home.write_jobs(job("once", run_in="1s"))
    daemon = home.start()
    home.eventually(lambda: home.runs("once", RunState.COMPLETED))
    assert home.stop(daemon) == 0
    assert home.start("--max-ticks", "2").wait(20) == 0
    assert [text for _, text in owed(home, "once")] == ["completed"]
