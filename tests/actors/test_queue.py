from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cron_actors.actors.queue import QueueActor, Surroundings
from cron_actors.core.admission import Admission
from cron_actors.messages import (
    Abandon,
    Adopt,
    Available,
    Backlog,
    Balance,
    Cancel,
    Claim,
    Claimed,
    Drain,
    Drained,
    FinishedExecution,
    Granted,
    Held,
    Inspect,
    Interrupt,
    Launch,
    LaunchBatch,
    LeftRunning,
    Present,
    Pulse,
    Queues,
    RecallQueue,
    Restarted,
    RollCall,
    Shares,
    SlotFree,
    TimeOut,
    Trouble,
    Want,
    Weigh,
)
from cron_actors.model.job import FunctionCall
from cron_actors.model.queue import Isolation, Queue, QueueState
from cron_actors.model.run import Outcome, RunState
from tests.fakes.mail import Outbox, inbox
from tests.fakes.values import IDENTITY, NOON, QUEUE, a_job, a_launch
from tests.fakes.workers import FakeRoom, FakeWorkers

FINISHING = Drain(finish=True, grace=None)
STOPPING = Drain(finish=False, grace=timedelta(seconds=30))
SHORTAGE = Trouble(topic="room", text="no run is launched while there is no room: /logs: 17 bytes free")
FIRST, SECOND, THIRD = a_launch(1), a_launch(2), a_launch(3)


DEFAULT = Queue(name=QUEUE, min_workers=0)
PLACES = Surroundings(workers=FakeWorkers(), room=FakeRoom(), max_workers=10, balance_interval=timedelta(seconds=10))


class Desk:
    """The Queue on a node for two processes, its workers and its ledger; the queues have no minimum."""

    def __init__(self, *queues: Queue, processes: int = 2) -> None:
        self.states = tuple(QueueState(queue=queue) for queue in queues or (DEFAULT,))
        self.processes = processes
        self.ledger, self.supervisor = Outbox(), Outbox()
        self.workers, self.room = FakeWorkers(), FakeRoom()
        self.restart()

    def restart(self) -> None:
        """Put a Queue that knows nothing in the place of the one before."""
        surroundings = replace(PLACES, workers=self.workers, room=self.room)
        admission = Admission(PLACES.max_workers, self.processes)
        self.queue = QueueActor(inbox(), self.supervisor, admission, surroundings, self.ledger)
        self.queue.begin()

    def tell(self, *messages: Any) -> None:  # noqa: ANN401 # messages of a queue
        for message in messages:
            self.queue.handle(message)

    def recall(self, *held: Launch) -> None:
        """Answer what the Queue asks at its begin."""
        self.tell(Queues(queues=self.states), Held(launches=held))

    def pulse(self, monotonic: float = 0.0) -> None:
        self.tell(Pulse(at=NOON, monotonic=monotonic, ticks=0))

    def said(self) -> list[Any]:
        """Return and forget what the ledger was told, but for what concerns the balance."""
        return [message for message in self.ledger.take() if not isinstance(message, Weigh | Shares)]

    def claims(self) -> list[int]:
        """Return and forget the sizes of the claims since the last look."""
        return [want.runs for message in self.said() if isinstance(message, Claim) for want in message.wants]

    def grant(self, *launches: Launch) -> None:
        """Answer the claim under way."""
        [asked] = self.claims()
        self.tell(granted(asked, *launches))

    def performing(self) -> dict[str, list[int]]:
        """Return the ids of the runs that each worker was given."""
        return {
            worker: [launch.run.run_id for launch in told.of(Launch)]
            for worker, told in self.workers.told.items()
            if told.of(Launch)
        }

    def given_back(self) -> list[int]:
        return [report.key.run_id for report in self.ledger.of(FinishedExecution)]


def granted(asked: int, *launches: Launch) -> Claimed:
    return Claimed(granted=(Granted(queue=QUEUE, asked=asked, launches=launches),))


def present(worker: str, *launches: Launch) -> Present:
    return Present(worker=worker, keys=tuple(launch.key for launch in launches))


@pytest.fixture
def desk() -> Desk:
    """Return a queue that has learnt from the ledger that nothing is under way, and has claimed."""
    desk = Desk()
    desk.recall()
    return desk


def test_before_it_knows_what_is_under_way_it_claims_nothing() -> None:
    desk = Desk()
    assert desk.ledger.messages == [RecallQueue()]
    desk.tell(Available(queue=QUEUE))
    assert desk.claims() == []
    desk.recall()
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
    assert desk.said() == [SHORTAGE]
    desk.room.short = None
    desk.pulse()
    assert desk.said() == [Trouble(topic="room", text=None), Claim(wants=(Want(queue=QUEUE, runs=1),))]


def test_too_little_room_is_noticed_while_runs_wait_for_a_free_slot_and_is_said_once() -> None:
    desk = Desk()
    desk.tell(Queues(queues=desk.states))
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
    assert desk.said() == [Drained()]


def test_a_drain_that_finishes_performs_what_the_last_end_lets_begin(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(SlotFree(worker="worker-1"), FINISHING)
    desk.grant(SECOND)
    assert desk.performing() == {"worker-1": [1, 2]}
    assert desk.ledger.of(Drained) == []


def test_a_drain_that_stops_begins_no_run_and_waits_for_those_under_way(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(STOPPING, Available(queue=QUEUE))
    assert desk.said() == []
    desk.tell(SlotFree(worker="worker-1"))
    assert desk.said() == [Drained()]


def test_runs_claimed_before_the_drain_came_are_given_back_uncounted(desk: Desk) -> None:
    desk.claims()
    desk.tell(STOPPING, granted(2, FIRST))
    assert desk.performing() == {}
    [report, drained] = desk.ledger.messages
    assert (report.key, report.ending.outcome) == (FIRST.key, Outcome.INTERRUPTED)
    assert drained == Drained(), "what is given back arrives before the end is announced"


def test_the_end_is_announced_once(desk: Desk) -> None:
    desk.grant()
    desk.tell(STOPPING, Available(queue=QUEUE), STOPPING)
    desk.pulse()
    assert desk.said() == [Drained()]


def test_an_interrupt_reaches_every_worker_under_way_and_nothing_is_begun_any_more(desk: Desk) -> None:
    desk.tell(FINISHING)
    desk.grant(FIRST, SECOND)
    desk.tell(Interrupt())
    assert [told.messages[-1] for told in desk.workers.told.values()] == [Interrupt(), Interrupt()]
    desk.tell(SlotFree(worker="worker-1"), SlotFree(worker="worker-2"))
    assert desk.said() == [Drained()]


def test_a_queue_that_begins_anew_adopts_what_its_workers_perform(desk: Desk) -> None:
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


def test_what_the_store_holds_and_nobody_performs_is_given_back(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    desk.restart()
    desk.recall(FIRST, SECOND, THIRD)
    desk.tell(present("worker-1", FIRST))
    desk.ledger.take()
    desk.tell(present("worker-2"))
    assert desk.given_back() == [2, 3]
    assert desk.claims() == [1]


def test_a_queue_that_begins_anew_without_workers_gives_back_what_the_store_holds() -> None:
    desk = Desk()
    desk.recall(FIRST)
    assert desk.given_back() == [1]
    assert desk.claims() == [2]


def test_the_answer_to_a_claim_of_the_queue_before_never_reaches_a_busy_worker(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.tell(granted(1, SECOND))
    assert desk.performing() == {"worker-1": [1]}
    desk.recall(FIRST, SECOND)
    desk.tell(present("worker-1", FIRST))
    assert desk.given_back() == [2]
    assert desk.claims() == [1]


def test_a_claim_lost_with_the_ledger_is_made_again(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(Available(queue=QUEUE))
    desk.ledger.take()
    desk.tell(Restarted(actor="ledger"))
    assert desk.said() == [RecallQueue()]
    desk.recall(FIRST)
    desk.tell(present("worker-1", FIRST))
    assert desk.claims() == [1]


def test_a_queue_that_begins_anew_while_it_drains_waits_for_what_its_workers_perform(desk: Desk) -> None:
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
def test_what_a_lost_worker_performed_is_abandoned(desk: Desk, actor: str) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(Restarted(actor=actor))
    assert desk.workers.told["worker-1"].messages == [FIRST, Abandon(launches=(FIRST,))]
    assert desk.workers.told["worker-2"].messages == [SECOND]


def test_the_loss_of_an_idle_worker_or_of_another_actor_changes_nothing(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(SlotFree(worker="worker-1"))
    desk.ledger.take()
    desk.tell(Restarted(actor="worker-1 task"), Restarted(actor="worker-9 task"), Restarted(actor="events"))
    assert desk.workers.told["worker-1"].messages == [FIRST]
    assert desk.ledger.messages == []


def test_a_late_answer_to_an_earlier_roll_call_frees_no_busy_worker(desk: Desk) -> None:
    desk.tell(granted(2, FIRST, SECOND))
    desk.tell(Restarted(actor="ledger"), Restarted(actor="ledger"))
    held, idle = Held(launches=(FIRST, SECOND)), [present(f"worker-{n}") for n in (1, 2)]
    busy = [present("worker-1", FIRST), present("worker-2", SECOND)]
    desk.tell(held, *busy, *idle)
    desk.ledger.take()
    desk.tell(Available(queue=QUEUE))
    assert desk.ledger.of(Claim) == []


def test_word_that_comes_before_the_roll_call_is_over_is_kept_and_passed_on(desk: Desk) -> None:
    desk.tell(granted(2, FIRST))
    desk.restart()
    desk.tell(Cancel(run_id=1), TimeOut(key=FIRST.key), Interrupt())
    monitor = desk.workers.monitor("worker-1")
    monitor.take()
    desk.recall(FIRST)
    desk.tell(present("worker-1", FIRST))
    assert monitor.messages == [RollCall(), Cancel(run_id=1), TimeOut(key=FIRST.key), Interrupt()]


def test_an_interrupt_that_overtakes_the_drain_lets_nothing_be_begun_any_more(desk: Desk) -> None:
    desk.tell(granted(2, FIRST), Interrupt())
    desk.ledger.take()
    desk.tell(SlotFree(worker="worker-1"), Available(queue=QUEUE), FINISHING)
    assert desk.ledger.messages == [Drained()]


def test_runs_given_back_before_they_were_begun_are_said_not_to_have_been(desk: Desk) -> None:
    desk.tell(STOPPING, granted(2, FIRST))
    [returned] = desk.ledger.of(FinishedExecution)
    assert not returned.begun


# several queues
def test_one_claim_asks_for_all_queues_and_word_of_one_wakes_that_one_only() -> None:
    desk = Desk(Queue(name="a", weight=1, min_workers=0), Queue(name="b", weight=1, min_workers=0), processes=4)
    desk.recall()
    wants = (Want(queue="a", runs=2), Want(queue="b", runs=2))
    assert desk.said() == [RecallQueue(), Claim(wants=wants)]
    desk.tell(Claimed(granted=tuple(Granted(queue=want.queue, asked=want.runs, launches=()) for want in wants)))
    desk.tell(Available(queue="b"))
    assert desk.said() == [Claim(wants=(Want(queue="b", runs=4),))]


def test_a_queue_that_is_added_is_claimed_for_at_once(desk: Desk) -> None:
    desk.grant()
    desk.tell(Queues(queues=(*desk.states, QueueState(queue=Queue(name="new", parallelism=1)))))
    assert desk.said() == [Claim(wants=(Want(queue="new", runs=1),))]


def test_a_queue_at_its_rate_limit_is_claimed_for_at_the_first_pulse_after_its_time(desk: Desk) -> None:
    desk.pulse()
    desk.claims()
    again_at = NOON + timedelta(seconds=1)
    desk.tell(Claimed(granted=(Granted(queue=QUEUE, asked=2, launches=(), again_at=again_at),)))
    desk.pulse()
    assert desk.claims() == []
    desk.tell(Pulse(at=again_at, monotonic=0.5, ticks=0))
    assert desk.claims() == [2]


# batches
def calls(*run_ids: int) -> list[Launch]:
    job = a_job(work=FunctionCall(path="tasks", function_name="go"))
    return [a_launch(run_id, job) for run_id in run_ids]


@pytest.fixture
def reusing() -> Desk:
    """Return a Queue with one worker that knows the runs of its reuse queue to take no time."""
    desk = Desk(Queue(name=QUEUE, min_workers=0, isolation=Isolation.REUSE), processes=1)
    desk.recall()
    desk.grant(*calls(1))
    desk.tell(SlotFree(worker="worker-1", runs=1, busy=timedelta(milliseconds=1)))
    desk.workers.told["worker-1"].take()
    return desk


def test_functions_of_a_queue_that_reuses_processes_come_in_batches(reusing: Desk) -> None:
    assert reusing.claims() == [16]
    reusing.tell(granted(16, *calls(2, 3, 4)))
    [batch] = reusing.workers.told["worker-1"].messages
    assert batch == LaunchBatch(launches=tuple(calls(2, 3, 4)), queue=reusing.states[0].queue)


def test_word_for_a_run_of_a_batch_reaches_its_worker(reusing: Desk) -> None:
    reusing.grant(*calls(2, 3))
    monitor = reusing.workers.monitor("worker-1")
    monitor.take()
    reusing.tell(Cancel(run_id=3), TimeOut(key=calls(2)[0].key))
    assert monitor.messages == [Cancel(run_id=3), TimeOut(key=calls(2)[0].key)]


def test_a_run_that_cannot_share_a_process_is_launched_by_itself(reusing: Desk) -> None:
    reusing.grant(FIRST)
    assert reusing.workers.told["worker-1"].messages == [FIRST]


def test_runs_for_which_no_worker_is_left_go_back_uncounted(reusing: Desk) -> None:
    reusing.grant(FIRST, SECOND)
    assert reusing.given_back() == [2]
    assert not reusing.ledger.of(FinishedExecution)[0].begun


def test_a_batch_that_a_lost_worker_performed_is_abandoned_as_a_whole(reusing: Desk) -> None:
    reusing.grant(*calls(2, 3))
    reusing.tell(Restarted(actor="worker-1 task"))
    assert reusing.workers.told["worker-1"].messages[-1] == Abandon(launches=tuple(calls(2, 3)))


def test_a_batch_granted_after_the_order_to_stop_goes_back_uncounted(reusing: Desk) -> None:
    reusing.claims()
    reusing.tell(STOPPING, granted(16, *calls(2, 3)))
    assert reusing.given_back() == [2, 3]
    assert reusing.said()[-1] == Drained()


# processes that go on by themselves
LEFT = LeftRunning(key=FIRST.key, job="backup", identity=IDENTITY)
ADOPT = Adopt(launch=FIRST, identity=IDENTITY)


def test_a_launched_process_keeps_its_slot_until_it_is_over(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(LEFT, Available(queue=QUEUE))
    assert desk.claims() == [1]


@pytest.mark.parametrize("drain", [STOPPING, FINISHING])
def test_no_stop_waits_for_a_launched_process(desk: Desk, drain: Drain) -> None:
    desk.grant(FIRST)
    desk.tell(LEFT, drain)
    desk.tell(*[granted(want.runs) for claim in desk.ledger.of(Claim) for want in claim.wants])
    assert desk.said()[-1] == Drained()


def test_an_interrupt_leaves_launched_processes_alone(desk: Desk) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(LEFT, Interrupt())
    assert Interrupt() not in desk.workers.told["worker-1"].messages
    assert Interrupt() in desk.workers.told["worker-2"].messages


def test_a_launched_process_of_an_earlier_daemon_takes_a_slot_and_can_be_ended(desk: Desk) -> None:
    desk.grant()
    desk.tell(ADOPT, Cancel(run_id=1), Available(queue=QUEUE))
    assert desk.workers.told["worker-1"].messages == [ADOPT, Cancel(run_id=1)]
    assert desk.claims() == [1]


def test_an_adoption_that_comes_before_the_roll_call_is_over_waits_for_it_and_happens_once() -> None:
    desk = Desk()
    desk.tell(ADOPT)
    assert desk.workers.told == {}
    desk.recall()
    assert desk.workers.told["worker-1"].messages == [ADOPT]
    desk.tell(ADOPT)
    assert list(desk.workers.told) == ["worker-1"]


def test_the_process_that_a_lost_worker_watched_is_watched_again(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.tell(LEFT, Restarted(actor="worker-1 monitor"))
    assert desk.workers.told["worker-1"].messages == [FIRST, ADOPT]


def test_a_queue_that_begins_anew_knows_which_workers_only_watch(desk: Desk) -> None:
    launched = a_launch(1, state=RunState.LAUNCHED)
    desk.grant(FIRST)
    desk.restart()
    desk.recall(launched)
    desk.tell(present("worker-1", launched), STOPPING, Claimed(granted=()))
    assert desk.said()[-1] == Drained()


def test_a_worker_that_performs_what_the_store_does_not_know_of_is_given_nothing(desk: Desk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.recall()
    desk.tell(present("worker-1", FIRST))
    desk.grant(SECOND)
    assert desk.performing() == {"worker-1": [1], "worker-2": [2]}


# the balance
def test_workers_are_shared_out_at_the_start_and_told_to_whoever_looks() -> None:
    desk = Desk(Queue(name="a", min_workers=1), Queue(name="b", min_workers=1))
    desk.recall()
    assert desk.ledger.of(Weigh) == [Weigh()]
    desk.tell(Backlog(waiting={"a": 5}))
    assert desk.ledger.of(Shares) == [Shares(shares={"a": 9, "b": 1})]


def test_they_are_shared_out_anew_at_every_interval_and_on_request(desk: Desk) -> None:
    desk.ledger.take()
    for monotonic in (100.0, 105.0, 109.9):
        desk.pulse(monotonic)
    assert desk.ledger.of(Weigh) == []
    desk.pulse(110.0)
    desk.tell(Balance())
    assert desk.ledger.of(Weigh) == [Weigh(), Weigh()]


def test_shares_that_stay_as_they_are_are_not_told_again(desk: Desk) -> None:
    desk.tell(Backlog(waiting={}), Backlog(waiting={}))
    assert len(desk.ledger.of(Shares)) == 1


def test_a_paused_queue_is_given_no_more_than_its_minimum() -> None:
    desk = Desk(Queue(name="a", min_workers=1), Queue(name="b", min_workers=1))
    desk.states = (replace(desk.states[0], paused=True), desk.states[1])
    desk.recall()
    desk.tell(Backlog(waiting={"a": 100, "b": 1}))
    assert desk.ledger.of(Shares) == [Shares(shares={"a": 1, "b": 9})]
