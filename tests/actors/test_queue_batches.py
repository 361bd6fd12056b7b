from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.messages import (
    Abandon,
    Adopt,
    Available,
    Cancel,
    Claim,
    Claimed,
    Drain,
    Drained,
    FinishedExecution,
    Interrupt,
    Launch,
    LaunchBatch,
    LeftRunning,
    Restarted,
    SlotFree,
    TimeOut,
)
from cron_actors.model.job import FunctionCall
from cron_actors.model.queue import Isolation, Queue
from tests.fakes.queue_desk import QueueDesk, granted, present
from tests.fakes.values import IDENTITY, QUEUE, a_job, a_launch

FINISHING = Drain(finish=True, grace=None)
STOPPING = Drain(finish=False, grace=timedelta(seconds=30))
FIRST, SECOND = a_launch(1), a_launch(2)
LEFT = LeftRunning(key=FIRST.key, job="backup", identity=IDENTITY)
ADOPT = Adopt(launch=FIRST, identity=IDENTITY)


@pytest.fixture
def desk() -> QueueDesk:
    """Return a queue that has learnt from the ledger that nothing is under way, and has claimed."""
    desk = QueueDesk()
    desk.recall()
    return desk


def calls(*run_ids: int) -> list[Launch]:
    job = a_job(work=FunctionCall(path="tasks", function_name="go"))
    return [a_launch(run_id, job) for run_id in run_ids]


@pytest.fixture
def reusing() -> QueueDesk:
    """Return a Queue with one worker that knows the runs of its reuse queue to take no time."""
    desk = QueueDesk(Queue(name=QUEUE, min_workers=0, isolation=Isolation.REUSE), processes=1)
    desk.recall()
    desk.grant(*calls(1))
    desk.tell(SlotFree(worker="worker-1", runs=1, busy=timedelta(milliseconds=1)))
    desk.workers.told["worker-1"].take()
    return desk


def test_functions_of_a_queue_that_reuses_processes_come_in_batches(reusing: QueueDesk) -> None:
    assert reusing.claims() == [16]
    reusing.tell(granted(16, *calls(2, 3, 4)))
    [batch] = reusing.workers.told["worker-1"].messages
    assert batch == LaunchBatch(launches=tuple(calls(2, 3, 4)), queue=reusing.states[0].queue)


def test_word_for_a_run_of_a_batch_reaches_its_worker(reusing: QueueDesk) -> None:
    reusing.grant(*calls(2, 3))
    monitor = reusing.workers.monitor("worker-1")
    monitor.take()
    reusing.tell(Cancel(run_id=3), TimeOut(key=calls(2)[0].key))
    assert monitor.messages == [Cancel(run_id=3), TimeOut(key=calls(2)[0].key)]


def test_a_run_that_cannot_share_a_process_is_launched_by_itself(reusing: QueueDesk) -> None:
    reusing.grant(FIRST)
    assert reusing.workers.told["worker-1"].messages == [FIRST]


def test_runs_for_which_no_worker_is_left_go_back_uncounted(reusing: QueueDesk) -> None:
    reusing.grant(FIRST, SECOND)
    assert reusing.given_back() == [2]
    assert not reusing.ledger.of(FinishedExecution)[0].begun


def test_a_batch_that_a_lost_worker_performed_is_abandoned_as_a_whole(reusing: QueueDesk) -> None:
    reusing.grant(*calls(2, 3))
    reusing.tell(Restarted(actor="worker-1 task"))
    assert reusing.workers.told["worker-1"].messages[-1] == Abandon(launches=tuple(calls(2, 3)))


def test_a_batch_granted_after_the_order_to_stop_goes_back_uncounted(reusing: QueueDesk) -> None:
    reusing.claims()
    reusing.tell(STOPPING, granted(16, *calls(2, 3)))
    assert reusing.given_back() == [2, 3]
    assert reusing.said()[-1] == Drained()


def test_a_launched_process_keeps_its_slot_until_it_is_over(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(LEFT, Available(queue=QUEUE))
    assert desk.claims() == [1]


@pytest.mark.parametrize("drain", [STOPPING, FINISHING])
def test_no_stop_waits_for_a_launched_process(desk: QueueDesk, drain: Drain) -> None:
    desk.grant(FIRST)
    desk.tell(LEFT, drain)
    desk.tell(*[granted(want.runs) for claim in desk.ledger.of(Claim) for want in claim.wants])
    assert desk.said()[-1] == Drained()


def test_an_interrupt_leaves_launched_processes_alone(desk: QueueDesk) -> None:
    desk.grant(FIRST, SECOND)
    desk.tell(LEFT, Interrupt())
    assert Interrupt() not in desk.workers.told["worker-1"].messages
    assert Interrupt() in desk.workers.told["worker-2"].messages


def test_a_launched_process_of_an_earlier_daemon_takes_a_slot_and_can_be_ended() -> None:
    desk = QueueDesk()
    desk.tell(TimeOut(key=FIRST.key))
    desk.recall(launched=(ADOPT,))
    desk.tell(Cancel(run_id=1))
    assert desk.workers.told["worker-1"].messages == [ADOPT, TimeOut(key=FIRST.key), Cancel(run_id=1)]
    assert desk.claims() == [1]


def test_the_process_that_a_lost_worker_watched_is_watched_again(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(LEFT, Restarted(actor="worker-1 monitor"))
    assert desk.workers.told["worker-1"].messages == [FIRST, ADOPT]


def test_a_queue_that_begins_anew_knows_which_workers_only_watch(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.recall(launched=(ADOPT,))
    desk.tell(present("worker-1", FIRST), STOPPING, Claimed(granted=()))
    assert desk.said()[-1] == Drained()
    assert ADOPT not in desk.workers.told["worker-1"].messages


def test_a_queue_that_begins_anew_knows_which_process_a_lost_worker_watched(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.recall(launched=(ADOPT,))
    desk.tell(present("worker-1", FIRST), Restarted(actor="worker-1 monitor"))
    assert desk.workers.told["worker-1"].messages[-1] == ADOPT


def test_what_is_launched_is_looked_after_anew_if_queue_and_worker_were_lost_at_once(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.tell(LEFT)
    desk.restart()
    desk.tell(Restarted(actor="worker-1 monitor"))
    desk.recall(launched=(ADOPT,))
    desk.tell(present("worker-1"))
    assert desk.given_back() == [], "its process goes on: another attempt would run beside it"
    assert desk.workers.told["worker-1"].messages[-1] == ADOPT


def test_a_process_left_while_the_roll_is_called_is_known_to_be_watched(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.tell(LEFT)
    desk.recall(FIRST)
    desk.tell(present("worker-1", FIRST), STOPPING, Claimed(granted=()))
    assert desk.said()[-1] == Drained()


def test_a_worker_that_performs_what_the_store_does_not_know_of_is_given_nothing(desk: QueueDesk) -> None:
    desk.grant(FIRST)
    desk.restart()
    desk.recall()
    desk.tell(present("worker-1", FIRST))
    desk.grant(SECOND)
    assert desk.performing() == {"worker-1": [1], "worker-2": [2]}
