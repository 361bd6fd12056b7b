from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.actors.queue import QueueActor, Surroundings
from cron_actors.core.admission import Admission
from cron_actors.messages import (
    Abandon,
    Available,
    Cancel,
    Claim,
    Claimed,
    Drain,
    Drained,
    FinishedExecution,
    Held,
    Inspect,
    Interrupt,
    Launch,
    Present,
    Pulse,
    RecallQueue,
    Restarted,
    RollCall,
    SlotFree,
    TimeOut,
    Trouble,
)
from cron_actors.model.run import Outcome
from tests.fakes.mail import Outbox, inbox
from tests.fakes.values import NOON, QUEUE, a_launch
from tests.fakes.workers import FakeRoom, FakeWorkers

FINISHING = Drain(finish=True, grace=None)
STOPPING = Drain(finish=False, grace=timedelta(seconds=30))
SHORTAGE = Trouble(topic="room", text="no run is launched while there is no room: /logs: 17 bytes free")
FIRST, SECOND, THIRD = a_launch(1), a_launch(2), a_launch(3)


class Desk:
    """A queue of two slots, its workers and its ledger."""

    def __init__(self, slots: int = 2) -> None:
        self.slots = slots
        self.ledger, self.supervisor = Outbox(), Outbox()
        self.workers, self.room = FakeWorkers(), FakeRoom()
        self.restart()

    def restart(self) -> None:
        """Put a queue that knows nothing in the place of the one before."""
        surroundings = Surroundings(workers=self.workers, room=self.room)
        self.queue = QueueActor(inbox(), self.supervisor, QUEUE, Admission(self.slots), surroundings, self.ledger)
        self.queue.begin()

    def tell(self, *messages: Any) -> None:  # noqa: ANN401 # messages of a queue
        for message in messages:
            self.queue.handle(message)

    def pulse(self) -> None:
        self.tell(Pulse(at=NOON, monotonic=0.0, ticks=0))

    def claims(self) -> list[int]:
        """Return and forget the sizes of the claims since the last look."""
        return [message.slots for message in self.ledger.take() if isinstance(message, Claim)]

    def grant(self, *launches: Launch) -> None:
        """Answer the claim under way."""
        [asked] = self.claims()
        self.tell(Claimed(asked=asked, launches=launches))

    def performing(self) -> dict[str, list[int]]:
        """Return the ids of the runs that each worker was given."""
        return {
            worker: [launch.run.run_id for launch in told.of(Launch)]
            for worker, told in self.workers.told.items()
            if told.of(Launch)
        }

    def given_back(self) -> list[int]:
        return [report.key.run_id for report in self.ledger.of(FinishedExecution)]


@pytest.fixture
def desk() -> Desk:
    """Return a queue that has learnt from the ledger that nothing is under way, and has claimed."""
    desk = Desk()
    desk.tell(Held(launches=()))
    return desk


def test_before_it_knows_what_is_under_way_it_claims_nothing() -> None:
    desk = Desk()
    assert desk.ledger.messages == [RecallQueue(queue=QUEUE)]
    desk.tell(Available(queue=QUEUE))
    assert desk.claims() == []
    desk.tell(Held(launches=()))
    assert desk.claims() == [2]


def test_one_claim_asks_for_all_free_slots_and_each_run_gets_a_worker_of_its_own(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    assert desk.performing() == {"worker-1": [1], "worker-2": [2]}
    desk.tell(Available(queue=QUEUE))
    assert desk.claims() == [], "no slot is free"


def test_a_freed_slot_is_refilled_at_once(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(SlotFree(worker="worker-2"))
    desk.grant(THIRD)
    assert desk.performing() == {"worker-1": [1], "worker-2": [2, 3]}


def test_what_becomes_available_is_claimed_at_once_while_a_slot_is_free(desk: Desk) -> None:
    desk.grant()
    assert desk.claims() == []
    desk.tell(Available(queue=QUEUE))
    assert desk.claims() == [2]


def test_word_for_a_run_reaches_the_worker_that_performs_it_and_no_other(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    for told in desk.workers.told.values():
        told.take()
    desk.tell(TimeOut(key=FIRST.key), Cancel(run_id=2), Cancel(run_id=99))
    assert desk.workers.told["worker-1"].messages == [TimeOut(key=FIRST.key)]
    assert desk.workers.told["worker-2"].messages == [Cancel(run_id=2)]


def test_every_pulse_has_the_output_of_busy_workers_inspected(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.pulse()
    assert desk.workers.told["worker-1"].messages == [FIRST, Inspect()]
    desk.tell(SlotFree(worker="worker-1"))
    desk.pulse()
    assert desk.workers.told["worker-1"].messages == [FIRST, Inspect()]


def test_a_worker_without_room_to_write_stops_all_launching_until_there_is_room(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    desk.room.short = "/logs: 17 bytes free"
    desk.tell(SlotFree(worker="worker-1", hold=True), Available(queue=QUEUE))
    for _ in range(2):
        desk.pulse()
    assert desk.ledger.take() == [SHORTAGE]
    desk.room.short = None
    desk.pulse()
    assert desk.ledger.take() == [Trouble(topic="room", text=None), Claim(queue=QUEUE, slots=1)]


def test_too_little_room_is_noticed_while_runs_wait_for_a_free_slot_and_is_said_once() -> None:
    desk = Desk()
    desk.room.short = "/logs: 17 bytes free"
    for _ in range(3):
        desk.pulse()
    desk.tell(Held(launches=()))
    assert desk.ledger.of(Trouble) == [SHORTAGE]
    assert desk.claims() == []


def test_the_disks_are_not_looked_at_while_nothing_could_be_launched(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    desk.room.short = "/logs: 17 bytes free"
    desk.pulse()
    assert desk.ledger.messages == []


def test_a_drain_that_finishes_ends_only_when_nothing_waits_and_nothing_runs(desk: Desk) -> None:
    desk.tell(FINISHING)
    desk.grant(FIRST, SECOND)
    desk.tell(SlotFree(worker="worker-1"))
    desk.grant()
    assert desk.ledger.of(Drained) == []
    desk.tell(SlotFree(worker="worker-2"))
    assert desk.ledger.of(Drained) == [], "the end of the run may have let another one begin"
    desk.grant()
    assert desk.ledger.take() == [Drained()]


def test_a_drain_that_finishes_performs_what_the_last_end_lets_begin(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(SlotFree(worker="worker-1"), FINISHING)
    desk.grant(SECOND)
    assert desk.performing() == {"worker-1": [1, 2]}
    assert desk.ledger.of(Drained) == []


def test_a_drain_that_stops_begins_no_run_and_waits_for_those_under_way(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(STOPPING, Available(queue=QUEUE))
    assert desk.ledger.take() == []
    desk.tell(SlotFree(worker="worker-1"))
    assert desk.ledger.take() == [Drained()]


def test_runs_claimed_before_the_drain_came_are_given_back_uncounted(desk: Desk) -> None:
    desk.claims()
    desk.tell(STOPPING, Claimed(asked=2, launches=(FIRST,)))
    assert desk.performing() == {}
    [report, drained] = desk.ledger.messages
    assert (report.key, report.ending.outcome) == (FIRST.key, Outcome.INTERRUPTED)
    assert drained == Drained(), "what is given back arrives before the end is announced"


def test_the_end_is_announced_once(desk: Desk) -> None:
    desk.grant()
    desk.tell(STOPPING, Available(queue=QUEUE), STOPPING)
    desk.pulse()
    assert desk.ledger.take() == [Drained()]


def test_an_interrupt_reaches_every_worker_under_way_and_nothing_is_begun_any_more(desk: Desk) -> None:
    desk.tell(FINISHING)
    desk.grant(FIRST, SECOND)
    desk.tell(Interrupt())
    assert [told.messages[-1] for told in desk.workers.told.values()] == [Interrupt(), Interrupt()]
    desk.tell(SlotFree(worker="worker-1"), SlotFree(worker="worker-2"))
    assert desk.ledger.take() == [Drained()]


def test_a_queue_that_begins_anew_adopts_what_its_workers_perform(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    desk.restart()
    desk.tell(Held(launches=(FIRST, SECOND)))
    assert [told.messages[-1] for told in desk.workers.told.values()] == [RollCall(), RollCall()]
    desk.ledger.take()
    desk.tell(Present(worker="worker-1", key=FIRST.key))
    assert desk.ledger.messages == [], "one has not answered yet"
    desk.tell(Present(worker="worker-2", key=SECOND.key))
    assert (desk.claims(), desk.given_back()) == ([], [])
    desk.tell(Available(queue=QUEUE), SlotFree(worker="worker-2"))
    assert desk.claims() == [1]


def test_what_the_store_holds_and_nobody_performs_is_given_back(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    desk.restart()
    desk.tell(Held(launches=(FIRST, SECOND, THIRD)), Present(worker="worker-1", key=FIRST.key))
    desk.ledger.take()
    desk.tell(Present(worker="worker-2", key=None))
    assert desk.given_back() == [2, 3]
    assert desk.claims() == [1]


def test_a_queue_that_begins_anew_without_workers_gives_back_what_the_store_holds() -> None:
    desk = Desk()
    desk.tell(Held(launches=(FIRST,)))
    assert desk.given_back() == [1]
    assert desk.claims() == [2]


def test_the_answer_to_a_claim_of_the_queue_before_never_reaches_a_busy_worker(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.tell(Claimed(asked=1, launches=(SECOND,)))
    assert desk.performing() == {"worker-1": [1]}
    desk.tell(Held(launches=(FIRST, SECOND)), Present(worker="worker-1", key=FIRST.key))
    assert desk.given_back() == [2]
    assert desk.claims() == [1]


def test_a_claim_lost_with_the_ledger_is_made_again(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(Available(queue=QUEUE))
    desk.ledger.take()
    desk.tell(Restarted(actor="ledger"))
    assert desk.ledger.take() == [RecallQueue(queue=QUEUE)]
    desk.tell(Held(launches=(FIRST,)), Present(worker="worker-1", key=FIRST.key))
    assert desk.claims() == [1]


def test_a_queue_that_begins_anew_while_it_drains_waits_for_what_its_workers_perform(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.ledger.take()
    desk.tell(STOPPING)
    assert desk.ledger.messages == []
    desk.tell(Held(launches=(FIRST,)), Present(worker="worker-1", key=FIRST.key))
    assert desk.ledger.messages == []
    desk.tell(SlotFree(worker="worker-1"))
    assert desk.ledger.take() == [Drained()]


@pytest.mark.parametrize("actor", ["worker-1 monitor", "worker-1 task"])
def test_what_a_lost_worker_performed_is_abandoned(desk: Desk, actor: str) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(Restarted(actor=actor))
    assert desk.workers.told["worker-1"].messages == [FIRST, Abandon(launch=FIRST)]
    assert desk.workers.told["worker-2"].messages == [SECOND]


def test_the_loss_of_an_idle_worker_or_of_another_actor_changes_nothing(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(SlotFree(worker="worker-1"))
    desk.ledger.take()
    desk.tell(Restarted(actor="worker-1 task"), Restarted(actor="worker-9 task"), Restarted(actor="events"))
    assert desk.workers.told["worker-1"].messages == [FIRST]
    assert desk.ledger.messages == []


def test_a_late_answer_to_an_earlier_roll_call_frees_no_busy_worker(desk: Desk) -> None:
    desk.tell(Claimed(asked=2, launches=(FIRST, SECOND)))
    desk.tell(Restarted(actor="ledger"), Restarted(actor="ledger"))
    held, idle = Held(launches=(FIRST, SECOND)), [Present(worker=f"worker-{n}", key=None) for n in (1, 2)]
    busy = [Present(worker="worker-1", key=FIRST.key), Present(worker="worker-2", key=SECOND.key)]
    desk.tell(held, *busy, *idle)
    desk.ledger.take()
    desk.tell(Available(queue=QUEUE))
    assert desk.ledger.of(Claim) == []


def test_word_that_comes_before_the_roll_call_is_over_is_kept_and_passed_on(desk: Desk) -> None:
    desk.tell(Claimed(asked=2, launches=(FIRST,)))
    desk.restart()
    desk.tell(Cancel(run_id=1), TimeOut(key=FIRST.key), Interrupt())
    monitor = desk.workers.monitor("worker-1")
    monitor.take()
    desk.tell(Held(launches=(FIRST,)), Present(worker="worker-1", key=FIRST.key))
    assert monitor.messages == [RollCall(), Cancel(run_id=1), TimeOut(key=FIRST.key), Interrupt()]


def test_an_interrupt_that_overtakes_the_drain_lets_nothing_be_begun_any_more(desk: Desk) -> None:
    desk.tell(Claimed(asked=2, launches=(FIRST,)), Interrupt())
    desk.ledger.take()
    desk.tell(SlotFree(worker="worker-1"), Available(queue=QUEUE), FINISHING)
    assert desk.ledger.messages == [Drained()]


def test_runs_given_back_before_they_were_begun_are_said_not_to_have_been(desk: Desk) -> None:
    desk.tell(STOPPING, Claimed(asked=2, launches=(FIRST,)))
    [returned] = desk.ledger.of(FinishedExecution)
    assert not returned.begun
