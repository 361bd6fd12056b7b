from __future__ import annotations

from cron_actors.core.admission import Admission
from tests.fakes.values import a_launch

FIRST, SECOND, THIRD = a_launch(1), a_launch(2), a_launch(3)


def claimed(admission: Admission, *run_ids: int) -> list[str]:
    """Ask for all free slots, be granted these runs, and return who performs them."""
    slots = admission.demand()
    admission.ask(slots)
    return [worker for worker, _ in admission.grant(slots, tuple(map(a_launch, run_ids)))]


def test_a_new_queue_asks_for_all_its_slots_because_runs_may_wait() -> None:
    assert Admission(3).demand() == 3


def test_while_a_claim_is_under_way_nothing_more_is_asked_for() -> None:
    admission = Admission(3)
    admission.ask(3)
    admission.wake()
    assert admission.demand() == 0
    assert not admission.idle()


def test_a_short_answer_means_that_no_more_wait() -> None:
    admission = Admission(3)
    assert len(claimed(admission, 1)) == 1
    assert admission.demand() == 0


def test_a_full_answer_means_that_more_may_wait() -> None:
    admission = Admission(2)
    claimed(admission, 1, 2)
    assert admission.demand() == 0
    admission.free("worker-1")
    assert admission.demand() == 1


def test_what_becomes_available_during_a_claim_is_asked_for_after_it() -> None:
    admission = Admission(2)
    admission.ask(2)
    admission.wake()
    admission.grant(2, ())
    assert admission.demand() == 2


def test_workers_are_made_only_when_none_is_free_and_are_used_again() -> None:
    admission = Admission(5)
    assert claimed(admission, 1) == ["worker-1"]
    admission.free("worker-1")
    admission.wake()
    assert claimed(admission, 2, 3) == ["worker-1", "worker-2"]


def test_each_granted_run_has_a_worker_of_its_own_that_holds_it() -> None:
    admission = Admission(3)
    workers = claimed(admission, 1, 2, 3)
    assert len(set(workers)) == 3
    assert [admission.holder(run_id) for run_id in (1, 2, 3)] == workers
    assert [admission.performs(worker) for worker in workers] == [FIRST, SECOND, THIRD]
    assert admission.holder(4) is None


def test_a_freed_worker_performs_nothing() -> None:
    admission = Admission(1)
    claimed(admission, 1)
    admission.free("worker-1")
    assert admission.performs("worker-1") is None
    assert admission.holder(1) is None
    assert admission.busy() == ()


def test_a_worker_freed_twice_is_given_one_run() -> None:
    admission = Admission(2)
    claimed(admission, 1)
    admission.free("worker-1")
    admission.free("worker-1")
    admission.wake()
    assert claimed(admission, 2, 3) == ["worker-1", "worker-2"]


def test_an_adopted_run_takes_a_slot() -> None:
    admission = Admission(2)
    admission.hire_after(1)
    admission.adopt("worker-1", FIRST)
    assert admission.demand() == 1
    assert claimed(admission, 2) == ["worker-2"]


def test_a_worker_that_adopted_a_run_is_given_no_other() -> None:
    admission = Admission(2)
    admission.free("worker-1")
    admission.hire_after(1)
    admission.adopt("worker-1", FIRST)
    assert claimed(admission, 2) == ["worker-2"]


def test_new_workers_never_take_the_names_of_those_hired_before() -> None:
    admission = Admission(2)
    admission.hire_after(4)
    assert claimed(admission, 1) == ["worker-5"]


def test_a_forgotten_claim_is_asked_for_again() -> None:
    admission = Admission(2)
    admission.ask(2)
    admission.forget_claim()
    assert admission.demand() == 2


def test_a_queue_is_idle_without_work_but_exhausted_only_once_none_waits() -> None:
    admission = Admission(1)
    assert admission.idle()
    assert not admission.exhausted()
    claimed(admission)
    assert admission.exhausted()
    admission.wake()
    claimed(admission, 1)
    assert not admission.idle()
