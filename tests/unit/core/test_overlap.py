from __future__ import annotations

from datetime import timedelta

from cron_actors.core.overlap import admit
from cron_actors.model.job import Overlap
from cron_actors.model.run import NewRun, Reason, RunState
from tests.fakes.values import NOON, a_new_run

SKIP = {"backup": Overlap.SKIP}


def states(runs: list[NewRun]) -> list[RunState]:
    return [run.state for run in runs]


def test_a_job_that_allows_overlaps_runs_however_many_are_busy() -> None:
    assert states(admit([a_new_run()] * 3, {"backup": Overlap.ALLOW}, {"backup": 9})) == [RunState.AVAILABLE] * 3


def test_a_job_without_a_policy_allows_overlaps() -> None:
    assert states(admit([a_new_run()], {}, {"backup": 1})) == [RunState.AVAILABLE]


def test_a_busy_job_skips_and_says_why() -> None:
    [run] = admit([a_new_run()], SKIP, {"backup": 1})
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.OVERLAP)


def test_of_several_instants_of_a_free_job_the_first_runs_and_the_others_are_skipped() -> None:
    runs = [a_new_run(due_at=NOON + timedelta(minutes=number)) for number in range(3)]
    admitted = admit(runs, SKIP, {})
    assert states(admitted) == [RunState.AVAILABLE, RunState.SKIPPED, RunState.SKIPPED]
    assert [run.due_at for run in admitted] == [run.due_at for run in runs]


def test_one_jobs_overlap_is_not_anothers() -> None:
    policies = {"backup": Overlap.SKIP, "report": Overlap.SKIP}
    admitted = admit([a_new_run("backup"), a_new_run("report")], policies, {"backup": 1})
    assert states(admitted) == [RunState.SKIPPED, RunState.AVAILABLE]


def test_admitting_does_not_change_the_counts_it_was_given() -> None:
    occupied: dict[str, int] = {}
    admit([a_new_run()], SKIP, occupied)
    assert occupied == {}
