"""Which batches wait for a warm child, and for how long one is being born."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.warm_batch import Batch, Home
from cron_actors.adapters.executors.warm_nursery import Nursery
from cron_actors.model.job import FunctionCall, ProcessSettings
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey
from cron_actors.ports.executor import Execution

NOW = 1_000.0
SOON = NOW + 1.0
QUICK, SLOW = timedelta(microseconds=100), timedelta(milliseconds=30)
ONE: Home = ("one", Path("/jobs"))
TWO: Home = ("two", Path("/jobs"))


def a_batch(queue: str = "one", folder: str = "/jobs") -> Batch:
    execution = Execution(
        key=AttemptKey(run_id=1, attempt=1, token="token"),  # noqa: S106 - not a password
        work=FunctionCall(path="jobs", function_name="fine"),
        process=ProcessSettings(),
        folder=Path(folder),
        log="/logs/1.txt",
        variables={},
    )
    return Batch(queue=queue, recycling=Recycling(), report=lambda _: None, waiting=deque([execution]))


def nobody(_: Home) -> bool:
    return False


@pytest.fixture
def full() -> Nursery:
    """Two places, and two children being born."""
    nursery = Nursery(2)
    nursery.expect("first", ONE)
    nursery.expect("second", ONE)
    return nursery


@pytest.fixture
def quick(full: Nursery) -> Nursery:
    """Two places, and two children that perform runs which are over at once."""
    for name in ("first", "second"):
        full.born(name)
        full.finished(ONE, QUICK, NOW)
    return full


def test_batches_are_taken_in_their_order_while_there_is_a_place() -> None:
    nursery, first, second = Nursery(1), a_batch(), a_batch("two")
    nursery.wait(first, NOW)
    nursery.wait(second, NOW)
    assert nursery.take(NOW, nobody) is first
    nursery.expect("child", ONE)
    assert nursery.take(NOW, nobody) is None
    nursery.born("child")
    assert nursery.take(NOW, nobody) is second
    assert nursery.take(NOW, nobody) is None


def test_without_a_place_the_first_batch_is_taken_that_an_idle_child_can_perform(full: Nursery) -> None:
    batches = [a_batch(), a_batch(folder="/others"), a_batch("two"), a_batch("two")]
    for batch in batches:
        full.wait(batch, NOW)
    assert full.take(NOW, lambda home: home == TWO) is batches[2]
    assert full.take(NOW, lambda home: home == ("one", Path("/others"))) is batches[1]
    assert len(full) == 2


def test_a_child_that_is_started_is_no_longer_being_born_after_a_while(full: Nursery) -> None:
    batch = a_batch()
    full.wait(batch, NOW)
    assert full.next_place() is None
    full.started("second", NOW)
    at = full.next_place()
    assert at is not None
    assert NOW < at < SOON
    assert full.take(NOW, nobody) is None
    assert full.take(at, nobody) is batch


def test_a_child_that_is_not_known_to_be_started_keeps_its_place(full: Nursery) -> None:
    assert not full.has_place(ONE, NOW + 1_000)


def test_what_is_over_is_not_started_any_more(full: Nursery) -> None:
    full.lose("first", ONE)
    full.started("first", NOW)
    full.expect("third", ONE)
    assert not full.has_place(ONE, SOON)


def test_there_is_no_moment_to_wait_for_while_no_batch_waits(full: Nursery) -> None:
    full.started("first", NOW)
    assert full.next_place() is None


def test_a_batch_that_leaves_is_not_taken_and_one_with_nothing_left_does_not_wait(full: Nursery) -> None:
    batch, empty = a_batch(), a_batch()
    empty.waiting.clear()
    full.wait(batch, NOW)
    full.wait(empty, NOW)
    full.leave(batch)
    full.leave(batch)
    full.born("first")
    assert full.take(NOW, nobody) is None
    assert len(full) == 0


def test_runs_that_are_over_at_once_get_no_more_children_than_processors(quick: Nursery) -> None:
    waiting = a_batch()
    quick.wait(waiting, NOW)
    assert quick.take(NOW, nobody) is None
    assert quick.take(NOW, lambda home: home == ONE) is waiting


def test_a_home_with_fewer_children_than_processors_gets_another_however_quick_they_are(quick: Nursery) -> None:
    quick.lose("second", ONE)
    assert quick.has_place(ONE, NOW)


def test_quick_runs_of_one_home_keep_no_child_from_another(quick: Nursery) -> None:
    batches = [a_batch(), a_batch("two")]
    for batch in batches:
        quick.wait(batch, NOW)
    assert quick.take(NOW, nobody) is batches[1]


def test_runs_that_take_their_time_get_children_beyond_the_processors(quick: Nursery) -> None:
    quick.finished(ONE, SLOW, NOW)
    assert quick.has_place(ONE, NOW)


def test_a_batch_of_which_no_pace_is_known_does_not_change_that_of_its_home(quick: Nursery) -> None:
    quick.finished(ONE, None, NOW)
    assert not quick.has_place(ONE, NOW)


def test_where_no_child_gets_on_any_more_another_is_born_after_a_moment(quick: Nursery) -> None:
    first, second = a_batch(), a_batch()
    quick.wait(first, SOON)
    quick.wait(second, SOON + 0.01)
    at = quick.next_place()
    assert at is not None
    assert SOON < at < SOON + 0.1
    assert quick.take(SOON + 0.01, nobody) is None
    assert quick.take(at, nobody) is first
    quick.finished(ONE, QUICK, at)
    assert quick.take(at, nobody) is None


def test_with_its_last_child_a_home_forgets_how_quick_its_runs_were(quick: Nursery) -> None:
    quick.lose("first", ONE)
    quick.lose("second", ONE)
    quick.expect("third", ONE)
    quick.born("third")
    quick.expect("fourth", ONE)
    quick.born("fourth")
    assert quick.has_place(ONE, NOW)
