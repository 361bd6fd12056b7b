from __future__ import annotations

import pytest

from cron_actors.core.chains import chained_run, successors
from cron_actors.model.run import Cause, RunState
from tests.fakes.values import NOON, a_job, a_run

JOB = a_job(on_success=("report", "tidy"), on_failure=("alarm",))


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (RunState.COMPLETED, ("report", "tidy")),
        (RunState.DISCARDED, ("alarm",)),
        (RunState.CANCELLED, ()),
        (RunState.RETRYABLE, ()),
        (RunState.SKIPPED, ()),
        (RunState.MISSED, ()),
    ],
)
def test_only_an_end_that_succeeded_or_failed_for_good_starts_others(state: RunState, names: tuple[str, ...]) -> None:
    assert successors(JOB, state) == names


def test_a_chained_run_names_its_cause_and_is_the_only_one_for_it() -> None:
    new = chained_run(a_job("report", queue="low", priority=3), "definition of report", a_run(7), NOON)
    assert (new.job, new.cause, new.cause_run_id, new.key) == ("report", Cause.CHAIN, 7, "after:7")
    assert (new.due_at, new.definition, new.queue, new.priority) == (NOON, "definition of report", "low", 3)
