from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.core.overlap import Admitted, Released, Standing, admit, release
from cron_actors.core.run_states import describe
from cron_actors.model.job import Overlap
from cron_actors.model.run import NewRun, Reason, RunState
from tests.fakes.values import NOON, a_new_run

ALLOW, SKIP = Overlap.ALLOW, Overlap.SKIP
QUEUE_ONE, QUEUE_ALL, CANCEL_OTHER = Overlap.QUEUE_ONE, Overlap.QUEUE_ALL, Overlap.CANCEL_OTHER
FREE = Standing()
BUSY = Standing(performed=(7,))
IN_LINE = Standing(available=(7,))
BUSY_AND_WAITING = Standing(performed=(7,), waiting=(8,))
SEVERAL = Standing(available=(5, 6), performed=(3, 4), waiting=(7, 8))

RUNS, WAITS, SKIPPED, COALESCED = "available", "scheduled: waiting: overlap", "skipped: overlap", "skipped: coalesced"


def join(policy: Overlap, standing: Standing, count: int = 1) -> Admitted:
    runs = [a_new_run(due_at=NOON + timedelta(minutes=number)) for number in range(count)]
    admitted = admit(runs, {"backup": policy}, {"backup": standing})
    assert [run.due_at for run in admitted.runs] == [run.due_at for run in runs]
    return admitted


def told(runs: list[NewRun]) -> list[str]:
    return [describe(run.state, run.reason) for run in runs]


@pytest.mark.parametrize(
    ("policy", "standing", "one", "three"),
    [
        (ALLOW, FREE, RUNS, [RUNS, RUNS, RUNS]),
        (ALLOW, SEVERAL, RUNS, [RUNS, RUNS, RUNS]),
        (SKIP, FREE, RUNS, [RUNS, SKIPPED, SKIPPED]),
        (SKIP, BUSY, SKIPPED, [SKIPPED, SKIPPED, SKIPPED]),
        (SKIP, IN_LINE, SKIPPED, [SKIPPED, SKIPPED, SKIPPED]),
        (QUEUE_ONE, FREE, RUNS, [RUNS, COALESCED, WAITS]),
        (QUEUE_ONE, BUSY, WAITS, [COALESCED, COALESCED, WAITS]),
        (QUEUE_ONE, IN_LINE, WAITS, [COALESCED, COALESCED, WAITS]),
        (QUEUE_ONE, BUSY_AND_WAITING, WAITS, [COALESCED, COALESCED, WAITS]),
        (QUEUE_ALL, FREE, RUNS, [RUNS, WAITS, WAITS]),
        (QUEUE_ALL, BUSY, WAITS, [WAITS, WAITS, WAITS]),
        (QUEUE_ALL, IN_LINE, WAITS, [WAITS, WAITS, WAITS]),
        (QUEUE_ALL, BUSY_AND_WAITING, WAITS, [WAITS, WAITS, WAITS]),
        (CANCEL_OTHER, FREE, RUNS, [COALESCED, COALESCED, RUNS]),
        (CANCEL_OTHER, IN_LINE, RUNS, [COALESCED, COALESCED, RUNS]),
        (CANCEL_OTHER, BUSY, WAITS, [COALESCED, COALESCED, WAITS]),
        (CANCEL_OTHER, SEVERAL, WAITS, [COALESCED, COALESCED, WAITS]),
    ],
)
def test_one_instant_and_three_at_once_are_treated_as_the_policy_says(
    policy: Overlap, standing: Standing, one: str, three: list[str]
) -> None:
    assert told(join(policy, standing, 1).runs) == [one]
    assert told(join(policy, standing, 3).runs) == three


@pytest.mark.parametrize(
    ("policy", "coalesced", "displaced", "ended"),
    [
        (ALLOW, [], [], []),
        (SKIP, [], [], []),
        (QUEUE_ONE, [7, 8], [], []),
        (QUEUE_ALL, [], [], []),
        (CANCEL_OTHER, [7, 8], [5, 6], [3, 4]),
    ],
)
def test_stored_runs_give_way_as_the_policy_says_and_once_however_many_come(
    policy: Overlap, coalesced: list[int], displaced: list[int], ended: list[int]
) -> None:
    for count in (1, 3):
        admitted = join(policy, SEVERAL, count)
        assert (admitted.coalesced, admitted.displaced, admitted.ended) == (coalesced, displaced, ended)


def test_a_job_without_a_policy_allows_overlaps() -> None:
    assert told(admit([a_new_run()], {}, {"backup": BUSY}).runs) == [RUNS]


def test_one_jobs_overlap_is_not_anothers() -> None:
    policies = {"backup": SKIP, "report": SKIP}
    admitted = admit([a_new_run("backup"), a_new_run("report")], policies, {"backup": BUSY})
    assert told(admitted.runs) == [SKIPPED, RUNS]


@pytest.mark.parametrize("policy", Overlap)
def test_what_is_not_to_run_anyway_stays_and_stands_in_nobodys_way(policy: Overlap) -> None:
    missed = a_new_run(state=RunState.MISSED, reason=Reason.NO_FUNCTION)
    admitted = admit([missed, a_new_run()], {"backup": policy}, {})
    assert admitted.runs[0] == missed
    assert told(admitted.runs[1:]) == [RUNS]


@pytest.mark.parametrize(
    ("policy", "waiting", "busy", "expected"),
    [
        (QUEUE_ONE, (8,), False, Released(available=(8,))),
        (QUEUE_ONE, (8,), True, Released()),
        (QUEUE_ONE, (), False, Released()),
        (QUEUE_ALL, (8, 9), False, Released(available=(8,))),
        (QUEUE_ALL, (8, 9), True, Released()),
        (CANCEL_OTHER, (8,), False, Released(available=(8,))),
        (CANCEL_OTHER, (8,), True, Released()),
        # what came to wait under another policy
        (ALLOW, (8, 9), True, Released(available=(8, 9))),
        (SKIP, (8, 9), False, Released(available=(8,))),
        (SKIP, (8, 9), True, Released()),
        (QUEUE_ONE, (8, 9), True, Released(coalesced=(8,))),
        (CANCEL_OTHER, (8, 9), False, Released(available=(9,), coalesced=(8,))),
    ],
)
def test_an_end_lets_the_next_one_begin(
    policy: Overlap,
    waiting: tuple[int, ...],
    busy: bool,  # noqa: FBT001 - a column of the table
    expected: Released,
) -> None:
    assert release(policy, waiting, busy=busy) == expected
