from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.core.run_states import describe
from cron_actors.core.startup import Startup, startup_run
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import AtStartup, When
from cron_actors.model.records import Pause
from cron_actors.model.run import Cause
from tests.fakes.values import NOON, a_job

START = Startup(node="first", boot="b00t:17", at=NOON)
SATURDAY = Calendar(name="saturday", weekdays=frozenset({5}))  # noon is one


@pytest.mark.parametrize(
    ("at_startup", "start", "key"),
    [
        (AtStartup.BOOT, START, "boot:b00t:17"),
        (AtStartup.BOOT, Startup(node="second", boot="b00t:17", at=NOON), "boot:b00t:17"),
        (AtStartup.BOOT, Startup(node="second", boot="b00t:99", at=NOON), "boot:b00t:99"),
        (AtStartup.EVERY_START, START, "start:first"),
        (AtStartup.EVERY_START, Startup(node="second", boot="b00t:17", at=NOON), "start:second"),
    ],
)
def test_one_key_is_one_run_for_each_boot_or_for_each_start(at_startup: AtStartup, start: Startup, key: str) -> None:
    run = startup_run(a_job(when=When(at_startup=at_startup)), "definition", start)
    assert run is not None
    assert (run.key, run.due_at, run.cause, run.exempt, run.state) == (key, NOON, Cause.STARTUP, True, "available")


def test_a_job_that_says_nothing_of_starts_owes_none() -> None:
    assert startup_run(a_job(), "definition", START) is None


@pytest.mark.parametrize(
    ("when", "pauses", "expected"),
    [
        ({"exclude": (SATURDAY,)}, (), "skipped: calendar"),
        ({}, (Pause(paused_at=NOON - timedelta(days=1), paused_by="me"),), "skipped: paused"),
        ({}, (Pause(paused_at=NOON - timedelta(days=1), paused_by="me", until_at=NOON),), "available"),
    ],
)
def test_a_start_while_the_job_is_barred_is_written_down_as_skipped(
    when: dict[str, Any], pauses: tuple[Pause, ...], expected: str
) -> None:
    job = a_job(when=When(at_startup=AtStartup.BOOT, **when))
    run = startup_run(job, "definition", START, pauses)
    assert run is not None
    assert describe(run.state, run.reason) == expected
