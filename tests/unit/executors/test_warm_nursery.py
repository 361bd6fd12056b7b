"""Which batches wait for a warm child, and for how long one is being born."""

from __future__ import annotations

from collections import deque
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
    nursery = Nursery(2)
    nursery.expect("first")
    nursery.expect("second")
    return nursery


def test_batches_are_taken_in_their_order_while_there_is_a_place() -> None:
    nursery, first, second = Nursery(1), a_batch(), a_batch("two")
    nursery.wait(first)
    nursery.wait(second)
    assert nursery.take(NOW, nobody) is first
    nursery.expect("child")
    assert nursery.take(NOW, nobody) is None
    nursery.over("child")
    assert nursery.take(NOW, nobody) is second
    assert nursery.take(NOW, nobody) is None


def test_without_a_place_the_first_batch_is_taken_that_an_idle_child_can_perform(full: Nursery) -> None:
    batches = [a_batch(), a_batch(folder="/others"), a_batch("two"), a_batch("two")]
    for batch in batches:
        full.wait(batch)
    assert full.take(NOW, lambda home: home == ("two", Path("/jobs"))) is batches[2]
    assert full.take(NOW, lambda home: home == ("one", Path("/others"))) is batches[1]
    assert len(full) == 2


def test_a_child_that_is_started_is_no_longer_being_born_after_a_while(full: Nursery) -> None:
    batch = a_batch()
    full.wait(batch)
    assert full.next_place() is None
    full.started("second", NOW)
    at = full.next_place()
    assert at is not None
    assert NOW < at < SOON
    assert full.take(NOW, nobody) is None
    assert full.take(at, nobody) is batch


def test_a_child_that_is_not_known_to_be_started_keeps_its_place(full: Nursery) -> None:
    assert not full.has_place(NOW + 1_000)


def test_what_is_over_is_not_started_any_more(full: Nursery) -> None:
    full.over("first")
    full.over("first")
    full.started("first", NOW)
    full.expect("third")
    assert not full.has_place(SOON)


def test_there_is_no_moment_to_wait_for_while_no_batch_waits(full: Nursery) -> None:
    full.started("first", NOW)
    assert full.next_place() is None


def test_a_batch_that_leaves_is_not_taken_and_one_with_nothing_left_does_not_wait(full: Nursery) -> None:
    batch, empty = a_batch(), a_batch()
    empty.waiting.clear()
    full.wait(batch)
    full.wait(empty)
    full.leave(batch)
    full.leave(batch)
    full.over("first")
    assert full.take(NOW, nobody) is None
    assert len(full) == 0
