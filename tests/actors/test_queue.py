from __future__ import annotations

from datetime import timedelta

import pytest
from pykka._envelope import Envelope

from cron_actors.messages import (
    Abandon,
    Available,
    Cancel,
    Claim,
    Drain,
    Drained,
    FinishedExecution,
    Held,
    Inspect,
    Interrupt,
    Queues,
    RecallQueue,
    Restarted,
    RollCall,
    SlotFree,
    TimeOut,
    Trouble,
    Want,
)
from cron_actors.model.run import Outcome
from tests.fakes.queue_desk import QueueDesk, granted, present
from tests.fakes.values import QUEUE, a_launch

FINISHING = Drain(finish=True, grace=None)
STOPPING = Drain(finish=False, grace=timedelta(seconds=30))
SHORTAGE = Trouble(topic="room", text="no run is launched while there is no room: /logs: 17 bytes free")
FIRST, SECOND, THIRD = a_launch(1), a_launch(2), a_launch(3)


@pytest.fixture
def desk() -> QueueDesk:
    """Return a queue that has learnt from the ledger that nothing is under way, and has claimed."""
    desk = QueueDesk()
    desk.recall()
    return desk


def test_before_it_knows_what_is_under_way_it_claims_nothing() -> None:
    desk = QueueDesk()
    assert desk.ledger.messages == [RecallQueue()]
    desk.tell(Available(queue=QUEUE))
    assert desk.claims() == []
    desk.recall()
    assert desk.claims() == [2]


def test_one_claim_asks_for_all_free_slots_and_each_run_gets_a_worker_of_its_own(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    assert desk.performing() == {"worker-1": [1], "worker-2": [2]}
    desk.tell(Available(queue=QUEUE))
    assert desk.claims() == [], "no slot is free"


def test_workers_that_get_free_together_are_claimed_for_together(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(Available(queue=QUEUE))
    desk.queue.inbox.put(Envelope(SlotFree(worker="worker-2")))  # it has come, too
    desk.tell(SlotFree(worker="worker-1"))
    assert desk.claims() == []
    desk.tell(desk.queue.inbox.get_nowait().message)
    assert desk.claims() == [2]


def test_a_freed_slot_is_refilled_at_once(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(SlotFree(worker="worker-2"))
    desk.grant(THIRD)
    assert desk.performing() == {"worker-1": [1], "worker-2": [2, 3]}


def test_what_becomes_available_is_claimed_at_once_while_a_slot_is_free(desk: QueueDesk) -> None:
    desk.grant()
    assert desk.claims() == []
    desk.tell(Available(queue=QUEUE))
    assert desk.claims() == [2]


def test_word_for_a_run_reaches_the_worker_that_performs_it_and_no_other(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    for told in desk.workers.told.values():
        told.take()
    desk.tell(TimeOut(key=FIRST.key), Cancel(run_id=2), Cancel(run_id=99))
    assert desk.workers.told["worker-1"].messages == [TimeOut(key=FIRST.key)]
    assert desk.workers.told["worker-2"].messages == [Cancel(run_id=2)]


def test_every_pulse_has_the_output_of_busy_workers_inspected(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.pulse()
    assert desk.workers.told["worker-1"].messages == [FIRST, Inspect()]
    desk.tell(SlotFree(worker="worker-1"))
    desk.pulse()
    assert desk.workers.told["worker-1"].messages == [FIRST, Inspect()]


def test_a_worker_without_room_to_write_stops_all_launching_until_there_is_room(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    desk.room.short = "/logs: 17 bytes free"
    desk.tell(SlotFree(worker="worker-1", hold=True), Available(queue=QUEUE))
    for _ in range(2):
        desk.pulse()
    assert desk.said() == [SHORTAGE]
    desk.room.short = None
    desk.pulse()
    assert desk.said() == [Trouble(topic="room", text=None), Claim(wants=(Want(queue=QUEUE, runs=1),))]


def test_too_little_room_is_noticed_while_runs_wait_for_a_free_slot_and_is_said_once() -> None:
    desk = QueueDesk()
    desk.tell(Queues(queues=desk.states))
    desk.room.short = "/logs: 17 bytes free"
    for _ in range(3):
        desk.pulse()
    desk.tell(Held(launches=()))
    assert desk.ledger.of(Trouble) == [SHORTAGE]
    assert desk.claims() == []


def test_the_disks_are_not_looked_at_while_nothing_could_be_launched(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    desk.room.short = "/logs: 17 bytes free"
    desk.pulse()
    assert desk.ledger.messages == []


def test_a_drain_that_finishes_ends_only_when_nothing_waits_and_nothing_runs(desk: QueueDesk) -> None:
    desk.tell(FINISHING)
    desk.grant(FIRST, SECOND)
    desk.tell(SlotFree(worker="worker-1"))
    desk.grant()
    assert desk.ledger.of(Drained) == []
    desk.tell(SlotFree(worker="worker-2"))
    assert desk.ledger.of(Drained) == [], "the end of the run may have let another one begin"
    desk.grant()
    assert desk.said() == [Drained()]


def test_a_drain_that_finishes_performs_what_the_last_end_lets_begin(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(SlotFree(worker="worker-1"), FINISHING)
    desk.grant(SECOND)
    assert desk.performing() == {"worker-1": [1, 2]}
    assert desk.ledger.of(Drained) == []


def test_a_drain_that_stops_begins_no_run_and_waits_for_those_under_way(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(STOPPING, Available(queue=QUEUE))
    assert desk.said() == []
    desk.tell(SlotFree(worker="worker-1"))
    assert desk.said() == [Drained()]


def test_runs_claimed_before_the_drain_came_are_given_back_uncounted(desk: QueueDesk) -> None:
    desk.claims()
    desk.tell(STOPPING, granted(2, FIRST))
    assert desk.performing() == {}
    [report, drained] = desk.ledger.messages
    assert (report.key, report.ending.outcome) == (FIRST.key, Outcome.INTERRUPTED)
    assert drained == Drained(), "what is given back arrives before the end is announced"


def test_the_end_is_announced_once(desk: QueueDesk) -> None:
    desk.grant()
    desk.tell(STOPPING, Available(queue=QUEUE), STOPPING)
    desk.pulse()
    assert desk.said() == [Drained()]


def test_an_interrupt_reaches_every_worker_under_way_and_nothing_is_begun_any_more(desk: QueueDesk) -> None:
    desk.tell(FINISHING)
    desk.grant(FIRST, SECOND)
    desk.tell(Interrupt())
    assert [told.messages[-1] for told in desk.workers.told.values()] == [Interrupt(), Interrupt()]
    desk.tell(SlotFree(worker="worker-1"), SlotFree(worker="worker-2"))
    assert desk.said() == [Drained()]


def test_a_queue_that_begins_anew_adopts_what_its_workers_perform(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    desk.restart()
    desk.recall(FIRST, SECOND)
    assert [told.messages[-1] for told in desk.workers.told.values()] == [RollCall(), RollCall()]
    desk.ledger.take()
    desk.tell(present("worker-1", FIRST))
    assert desk.ledger.messages == [], "one has not answered yet"
    desk.tell(present("worker-2", SECOND))
    assert (desk.claims(), desk.given_back()) == ([], [])
    desk.tell(Available(queue=QUEUE), SlotFree(worker="worker-2"))
    assert desk.claims() == [1]


def test_what_the_store_holds_and_nobody_performs_is_given_back(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    desk.restart()
    desk.recall(FIRST, SECOND, THIRD)
    desk.tell(present("worker-1", FIRST))
    desk.ledger.take()
    desk.tell(present("worker-2"))
    assert desk.given_back() == [2, 3]
    assert desk.claims() == [1]


def test_a_queue_that_begins_anew_without_workers_gives_back_what_the_store_holds() -> None:
    desk = QueueDesk()
    desk.recall(FIRST)
    assert desk.given_back() == [1]
    assert desk.claims() == [2]


def test_the_answer_to_a_claim_of_the_queue_before_never_reaches_a_busy_worker(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.tell(granted(1, SECOND))
    assert desk.performing() == {"worker-1": [1]}
    desk.recall(FIRST, SECOND)
    desk.tell(present("worker-1", FIRST))
    assert desk.given_back() == [2]
    assert desk.claims() == [1]


def test_a_claim_lost_with_the_ledger_is_made_again(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(Available(queue=QUEUE))
    desk.ledger.take()
    desk.tell(Restarted(actor="ledger"))
    assert desk.said() == [RecallQueue()]
    desk.recall(FIRST)
    desk.tell(present("worker-1", FIRST))
    assert desk.claims() == [1]


def test_a_queue_that_begins_anew_while_it_drains_waits_for_what_its_workers_perform(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.ledger.take()
    desk.tell(STOPPING)
    assert desk.said() == []
    desk.recall(FIRST)
    desk.tell(present("worker-1", FIRST))
    assert desk.said() == []
    desk.tell(SlotFree(worker="worker-1"))
    assert desk.said() == [Drained()]


@pytest.mark.parametrize("actor", ["worker-1 monitor", "worker-1 task"])
def test_what_a_lost_worker_performed_is_abandoned(desk: QueueDesk, actor: str) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(Restarted(actor=actor))
    assert desk.workers.told["worker-1"].messages == [FIRST, Abandon(launches=(FIRST,))]
    assert desk.workers.told["worker-2"].messages == [SECOND]


def test_the_loss_of_an_idle_worker_or_of_another_actor_changes_nothing(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(SlotFree(worker="worker-1"))
    desk.ledger.take()
    desk.tell(Restarted(actor="worker-1 task"), Restarted(actor="worker-9 task"), Restarted(actor="events"))
    assert desk.workers.told["worker-1"].messages == [FIRST]
    assert desk.ledger.messages == []


def test_a_late_answer_to_an_earlier_roll_call_frees_no_busy_worker(desk: QueueDesk) -> None:
    desk.tell(granted(2, FIRST, SECOND))
    desk.tell(Restarted(actor="ledger"), Restarted(actor="ledger"))
    held, idle = Held(launches=(FIRST, SECOND)), [present(f"worker-{n}") for n in (1, 2)]
    busy = [present("worker-1", FIRST), present("worker-2", SECOND)]
    desk.tell(held, *busy, *idle)
    desk.ledger.take()
    desk.tell(Available(queue=QUEUE))
    assert desk.ledger.of(Claim) == []


def test_a_roll_call_during_which_the_ledger_is_lost_is_held_again(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(Restarted(actor="ledger"))
    desk.recall(FIRST)
    desk.tell(Restarted(actor="ledger"), present("worker-1", FIRST), SlotFree(worker="worker-1"))
    assert desk.claims() == []
    desk.recall(FIRST)
    desk.tell(present("worker-1"))
    assert desk.given_back() == [1], "word of its end was lost with the ledger"


def test_a_second_answer_of_what_is_under_way_frees_no_worker_that_was_given_a_run_since(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(SlotFree(worker="worker-1"))
    desk.restart()
    desk.recall()
    desk.tell(present("worker-1"))
    desk.recall()
    desk.grant(SECOND)
    desk.tell(present("worker-1"), Available(queue=QUEUE))
    desk.grant(THIRD)
    assert desk.performing() == {"worker-1": [1, 2], "worker-2": [3]}


def test_word_that_comes_before_the_roll_call_is_over_is_kept_and_passed_on(desk: QueueDesk) -> None:
    desk.tell(granted(2, FIRST))
    desk.restart()
    desk.tell(Cancel(run_id=1), TimeOut(key=FIRST.key), Interrupt())
    monitor = desk.workers.monitor("worker-1")
    monitor.take()
    desk.recall(FIRST)
    desk.tell(present("worker-1", FIRST))
    assert monitor.messages == [RollCall(), Cancel(run_id=1), TimeOut(key=FIRST.key), Interrupt()]


def test_an_interrupt_that_overtakes_the_drain_lets_nothing_be_begun_any_more(desk: QueueDesk) -> None:
    desk.tell(granted(2, FIRST), Interrupt())
    desk.ledger.take()
    desk.tell(SlotFree(worker="worker-1"), Available(queue=QUEUE), FINISHING)
    assert desk.ledger.messages == [Drained()]


def test_runs_given_back_before_they_were_begun_are_said_not_to_have_been(desk: QueueDesk) -> None:
    desk.tell(STOPPING, granted(2, FIRST))
    [returned] = desk.ledger.of(FinishedExecution)
    assert not returned.begun
