from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cron_actors.core.revival import revives
from cron_actors.model.job import CatchUp, Command
from cron_actors.model.run import RunState
from tests.fakes.values import NOON, a_job, a_run

DEAD = replace(a_run(1), state=RunState.DISCARDED, attempt=1, finished_at=NOON)
BEFORE = a_job()
REPAIRED = replace(BEFORE, work=Command(line="repaired"))


def test_a_repaired_job_revives_the_run_that_failed() -> None:
    assert revives(BEFORE, REPAIRED, DEAD, NOON)


def test_a_job_whose_old_definition_cannot_be_read_has_changed() -> None:
    assert revives(None, REPAIRED, DEAD, NOON)


@pytest.mark.parametrize("words", [{"description": "?"}, {"owner": "me"}, {"calendar_id": "c"}, {"tags": ("t",)}])
def test_what_only_people_read_revives_nothing(words: dict[str, object]) -> None:
    assert not revives(BEFORE, replace(BEFORE, **words), DEAD, NOON)  # type: ignore[arg-type] # fields of a job


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.DISCARDED])
def test_only_a_dead_run_is_revived(state: RunState) -> None:
    assert not revives(BEFORE, REPAIRED, replace(DEAD, state=state), NOON)


def test_what_somebody_has_dismissed_stays_dead() -> None:
    assert not revives(BEFORE, REPAIRED, replace(DEAD, dismissed_at=NOON), NOON)


def test_what_died_too_long_ago_to_be_caught_up_stays_dead() -> None:
    job = replace(REPAIRED, catch_up=CatchUp(within=timedelta(hours=1)))
    assert revives(BEFORE, job, DEAD, NOON + timedelta(hours=1))
    assert not revives(BEFORE, job, DEAD, NOON + timedelta(hours=1, microseconds=1))
