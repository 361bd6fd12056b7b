from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cron_actors.messages import (
    Available,
    Backlog,
    Balance,
    Claim,
    Claimed,
    Granted,
    Pulse,
    Queues,
    RecallQueue,
    Shares,
    Want,
    Weigh,
)
from cron_actors.model.queue import Queue, QueueState
from tests.fakes.queue_desk import QueueDesk
from tests.fakes.values import NOON, QUEUE


@pytest.fixture
def desk() -> QueueDesk:
    """Return a queue that has learnt from the ledger that nothing is under way, and has claimed."""
    desk = QueueDesk()
    desk.recall()
    return desk


def test_one_claim_asks_for_all_queues_and_word_of_one_wakes_that_one_only() -> None:
    desk = QueueDesk(Queue(name="a", weight=1, min_workers=0), Queue(name="b", weight=1, min_workers=0), processes=4)
    desk.recall()
    wants = (Want(queue="a", runs=2), Want(queue="b", runs=2))
    assert desk.said() == [RecallQueue(), Claim(wants=wants)]
    desk.tell(Claimed(granted=tuple(Granted(queue=want.queue, asked=want.runs, launches=()) for want in wants)))
    desk.tell(Available(queue="b"))
    assert desk.said() == [Claim(wants=(Want(queue="b", runs=4),))]


def test_a_queue_that_is_added_is_claimed_for_at_once(desk: QueueDesk) -> None:
    desk.grant()
    desk.tell(Queues(queues=(*desk.states, QueueState(queue=Queue(name="new", parallelism=1)))))
    assert desk.said() == [Claim(wants=(Want(queue="new", runs=1),))]


def test_a_queue_at_its_rate_limit_is_claimed_for_at_the_first_pulse_after_its_time(desk: QueueDesk) -> None:
    desk.pulse()
    desk.claims()
    again_at = NOON + timedelta(seconds=1)
    desk.tell(Claimed(granted=(Granted(queue=QUEUE, asked=2, launches=(), again_at=again_at),)))
    desk.pulse()
    assert desk.claims() == []
    desk.tell(Pulse(at=again_at, monotonic=0.5, ticks=0))
    assert desk.claims() == [2]


def test_workers_are_shared_out_at_the_start_and_told_to_whoever_looks() -> None:
    desk = QueueDesk(Queue(name="a", min_workers=1), Queue(name="b", min_workers=1))
    desk.recall()
    assert desk.ledger.of(Weigh) == [Weigh()]
    desk.tell(Backlog(waiting={"a": 5}))
    assert desk.ledger.of(Shares) == [Shares(shares={"a": 9, "b": 1})]


def test_they_are_shared_out_anew_at_every_interval_and_on_request(desk: QueueDesk) -> None:
    desk.ledger.take()
    for monotonic in (100.0, 105.0, 109.9):
        desk.pulse(monotonic)
    assert desk.ledger.of(Weigh) == []
    desk.pulse(110.0)
    desk.tell(Balance())
    assert desk.ledger.of(Weigh) == [Weigh(), Weigh()]


def test_shares_that_stay_as_they_are_are_not_told_again(desk: QueueDesk) -> None:
    desk.tell(Backlog(waiting={}), Backlog(waiting={}))
    assert len(desk.ledger.of(Shares)) == 1


def test_a_paused_queue_is_given_no_more_than_its_minimum() -> None:
    desk = QueueDesk(Queue(name="a", min_workers=1), Queue(name="b", min_workers=1))
    desk.states = (replace(desk.states[0], paused=True), desk.states[1])
    desk.recall()
    desk.tell(Backlog(waiting={"a": 100, "b": 1}))
    assert desk.ledger.of(Shares) == [Shares(shares={"a": 1, "b": 9})]
