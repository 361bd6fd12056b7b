from __future__ import annotations

from cron_actors.core.slots import Slots, Watched
from tests.fakes.values import IDENTITY, a_launch

FIRST, SECOND, THIRD = a_launch(1), a_launch(2), a_launch(3)


def test_workers_are_made_only_when_none_is_free_and_serve_any_queue() -> None:
    slots = Slots()
    assert slots.take("a", (FIRST,)) == "worker-1"
    slots.free("worker-1")
    assert slots.take("b", (SECOND,)) == "worker-1"
    assert slots.take("b", (THIRD,)) == "worker-2"
    assert (slots.busy("a"), slots.busy("b"), slots.count()) == (0, 2, 2)


def test_every_run_of_a_batch_is_found_with_its_worker_until_that_is_free() -> None:
    slots = Slots()
    slots.take("a", (FIRST, SECOND))
    assert [slots.holder(run_id) for run_id in (1, 2, 3)] == ["worker-1", "worker-1", None]
    assert slots.performs("worker-1") == (FIRST, SECOND)
    assert slots.free("worker-1") == "a"
    assert (slots.holder(1), slots.performs("worker-1"), slots.taken()) == (None, (), ())


def test_a_run_taken_back_and_given_to_another_worker_stays_with_that_one() -> None:
    slots = Slots()
    slots.take("a", (FIRST, SECOND))
    slots.take("a", (SECOND,))
    slots.free("worker-1")
    assert slots.holder(2) == "worker-2"


def test_a_worker_freed_twice_is_given_one_run() -> None:
    slots = Slots()
    slots.take("a", (FIRST,))
    slots.free("worker-1")
    assert slots.free("worker-1") is None
    assert [slots.take("a", (FIRST,)), slots.take("a", (SECOND,))] == ["worker-1", "worker-2"]


def test_a_worker_that_adopted_a_run_is_given_no_other() -> None:
    slots = Slots()
    slots.free("worker-1")
    slots.hire_after(1)
    slots.adopt("worker-1", "a", (FIRST,))
    assert slots.take("a", (SECOND,)) == "worker-2"


def test_what_a_worker_performed_before_is_forgotten_when_it_adopts() -> None:
    slots = Slots()
    slots.take("a", (FIRST, SECOND))
    slots.adopt("worker-1", "a", (SECOND,))
    assert (slots.holder(1), slots.holder(2), slots.busy("a")) == (None, "worker-1", 1)


def test_new_workers_never_take_the_names_of_those_hired_before() -> None:
    slots = Slots()
    slots.hire_after(4)
    assert slots.take("a", (FIRST,)) == "worker-5"


def test_a_worker_that_only_watches_a_process_is_taken_but_performs_nothing() -> None:
    slots = Slots()
    slots.take("a", (FIRST,))
    slots.watch(FIRST.key, IDENTITY)
    assert slots.watches("worker-1") == Watched(launch=FIRST, identity=IDENTITY)
    assert (slots.taken(), slots.performing(), slots.busy("a")) == (("worker-1",), (), 1)
    slots.adopt("worker-1", "a", (FIRST,))
    assert slots.performing() == (), "a roll call changes nothing about that"
    slots.free("worker-1")
    assert slots.watches("worker-1") is None


def test_what_nobody_performs_is_not_watched() -> None:
    slots = Slots()
    slots.take("a", (FIRST,))
    slots.watch(SECOND.key, IDENTITY)
    assert slots.performing() == ("worker-1",)


def test_of_a_batch_a_watching_worker_has_the_run_that_left_the_process_and_no_other() -> None:
    slots = Slots()
    slots.take("a", (FIRST, SECOND))
    slots.watch(SECOND.key, IDENTITY)
    assert slots.watches("worker-1") == Watched(launch=SECOND, identity=IDENTITY)
    assert (slots.performs("worker-1"), slots.holder(1), slots.holder(2)) == ((SECOND,), None, "worker-1")
    assert (slots.performing(), slots.busy("a"), slots.count()) == ((), 1, 1)
