from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.core.run_states import describe
from cron_actors.messages import Available, Cancel, Claim, Claimed, Launch, Promote, Want
from cron_actors.model.records import RequestKind, RunFilter
from cron_actors.model.run import Outcome, Reason, Run, RunState
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import NOON, QUEUE, finished

MINUTE = timedelta(minutes=1)
WAITING = "scheduled: waiting: overlap"


def come_due(desk: LedgerDesk, *minutes: int) -> None:
    desk.tell(*(desk.due(desk.owe(due_at=NOON + number * MINUTE)) for number in minutes))


def stored(desk: LedgerDesk) -> list[Run]:
    return desk.database.reader().runs(RunFilter())


def standing(desk: LedgerDesk) -> dict[int, str]:
    """Return how the run of each minute after noon stands."""
    return {(run.due_at - NOON) // MINUTE: describe(run.state, run.reason) for run in reversed(stored(desk))}


def busy(desk: LedgerDesk, policy: str) -> Launch:
    """Load a job with this policy, and have its run of noon claimed."""
    return desk.launch(overlap=policy)


def test_of_the_instants_refused_the_newest_waits_and_begins_with_the_end_of_the_busy_one(desk: LedgerDesk) -> None:
    launch = busy(desk, "queue_one")
    come_due(desk, 1, 2)
    come_due(desk, 3)
    assert standing(desk) == {0: "executing", 1: "skipped: coalesced", 2: "skipped: coalesced", 3: WAITING}
    assert desk.claim() == ()
    desk.events.take()
    commits = desk.store.commits
    desk.tell(finished(launch))
    assert desk.store.commits == commits + 1, "the end and the beginning are one transaction"
    assert desk.states() == ["completed", "available"]
    assert Available(queue=QUEUE) in desk.queue.messages
    [next_one] = desk.claim()
    assert next_one.run.due_at == NOON + 3 * MINUTE


def test_all_that_were_refused_run_in_order_one_at_a_time(desk: LedgerDesk) -> None:
    launch = busy(desk, "queue_all")
    come_due(desk, 1, 2, 3)
    for number in (1, 2, 3):
        desk.tell(finished(launch))
        [launch] = desk.claim()
        assert launch.run.due_at == NOON + number * MINUTE
        assert desk.claim() == ()


def test_the_busy_run_is_ended_and_the_new_one_begins_after_it(desk: LedgerDesk) -> None:
    launch = busy(desk, "cancel_other")
    desk.queue.take()
    come_due(desk, 1)
    assert desk.queue.of(Cancel) == [Cancel(run_id=launch.run.run_id, reason=Reason.OVERLAP)]
    assert standing(desk) == {0: "executing: overlap", 1: WAITING}
    desk.tell(finished(launch, Outcome.CANCELLED))
    assert standing(desk) == {0: "cancelled: overlap", 1: "available"}


def test_of_several_that_would_end_the_busy_one_the_newest_runs(desk: LedgerDesk) -> None:
    launch = busy(desk, "cancel_other")
    come_due(desk, 1)
    come_due(desk, 2, 3)
    desk.tell(finished(launch, Outcome.CANCELLED))
    assert standing(desk) == {
        0: "cancelled: overlap",
        1: "skipped: coalesced",
        2: "skipped: coalesced",
        3: "available",
    }
    come_due(desk, 4)
    assert (standing(desk)[3], standing(desk)[4]) == ("cancelled: overlap", "available")


def test_a_busy_run_that_ends_by_itself_before_it_is_ended_keeps_its_end(desk: LedgerDesk) -> None:
    launch = busy(desk, "cancel_other")
    come_due(desk, 1)
    desk.tell(finished(launch))
    assert standing(desk) == {0: "completed", 1: "available"}


def test_the_cancel_of_a_run_claimed_in_the_same_batch_follows_its_launch(desk: LedgerDesk) -> None:
    desk.load({"overlap": "cancel_other"})
    come_due(desk, 0)
    desk.queue.take()
    desk.tell(Claim(wants=(Want(queue=QUEUE, runs=1),)), desk.due(desk.owe(due_at=NOON + MINUTE)))
    assert [type(message) for message in desk.queue.messages] == [Claimed, Cancel]


@pytest.mark.parametrize("policy", ["queue_one", "cancel_other"])
def test_an_instant_evaluated_again_neither_replaces_nor_ends_itself(desk: LedgerDesk, policy: str) -> None:
    busy(desk, policy)
    desk.queue.take()
    come_due(desk, 0)
    assert standing(desk) == {0: "executing"}
    assert desk.queue.of(Cancel) == []
    come_due(desk, 1)
    before = standing(desk)
    come_due(desk, 1)
    assert standing(desk) == before


@pytest.mark.parametrize(
    ("end", "later"),
    [
        (Outcome.FAILURE, "available"),
        (Outcome.TIMEOUT, "available"),
        (Outcome.INTERRUPTED, WAITING),  # it runs again and stays in the way
    ],
)
def test_any_end_of_the_busy_run_lets_the_next_begin_but_not_an_interruption(
    desk: LedgerDesk, end: Outcome, later: str
) -> None:
    launch = busy(desk, "queue_one")
    come_due(desk, 1)
    desk.tell(finished(launch, end))
    assert standing(desk)[1] == later


def test_the_waiting_run_survives_the_daemon_and_begins_after_the_rescued_one(desk: LedgerDesk) -> None:
    busy(desk, "queue_one")
    come_due(desk, 1)
    second = desk.successor()
    assert standing(second) == {0: "available: rescued", 1: WAITING}
    [rescued] = second.claim()
    come_due(second, 2, 3)
    assert standing(second) == {0: "executing", 1: "skipped: coalesced", 2: "skipped: coalesced", 3: WAITING}
    second.tell(finished(rescued))
    assert standing(second)[3] == "available"


def test_a_run_that_was_being_ended_when_the_daemon_died_is_cancelled_and_the_next_begins(desk: LedgerDesk) -> None:
    busy(desk, "cancel_other")
    come_due(desk, 1)
    second = desk.successor()
    assert standing(second) == {0: "cancelled: overlap", 1: "available"}


def test_what_waits_behind_a_rescued_run_that_is_not_to_run_again_begins_at_the_start(desk: LedgerDesk) -> None:
    desk.launch(overlap="queue_all", on_interrupt="discard")
    come_due(desk, 1, 2)
    assert standing(desk.successor()) == {0: "discarded: rescued", 1: "available", 2: WAITING}


def test_a_waiting_run_can_be_cancelled_and_the_line_moves_on(desk: LedgerDesk) -> None:
    launch = busy(desk, "queue_all")
    come_due(desk, 1, 2)
    waiting = next(run.run_id for run in stored(desk) if run.due_at == NOON + MINUTE)
    number = desk.ask(RequestKind.CANCEL, run_id=waiting)
    desk.pulse()
    assert desk.answer(number) == f"run {waiting}: cancelled"
    desk.tell(finished(launch))
    assert standing(desk) == {0: "completed", 1: "cancelled: by request", 2: "available"}


def test_the_cancel_of_a_run_that_waits_for_a_worker_lets_the_next_begin(desk: LedgerDesk) -> None:
    desk.load({"overlap": "queue_one"})
    come_due(desk, 0, 1)
    first = next(run.run_id for run in stored(desk) if run.due_at == NOON)
    desk.ask(RequestKind.CANCEL, run_id=first)
    desk.pulse()
    assert standing(desk) == {0: "cancelled: by request", 1: "available"}


def test_a_trigger_waits_its_turn_and_a_forced_one_does_not(desk: LedgerDesk) -> None:
    busy(desk, "queue_all")
    polite = desk.ask(RequestKind.TRIGGER, job="backup")
    forced = desk.ask(RequestKind.TRIGGER, job="backup", force=True)
    desk.pulse()
    assert str(desk.answer(polite)).endswith(f": {WAITING}")
    assert str(desk.answer(forced)).endswith(": available")
    [launch] = desk.claim()
    desk.tell(finished(launch))
    waiting = [run for run in stored(desk) if run.state is RunState.SCHEDULED]
    assert len(waiting) == 1, "the run that was busy before still is"


def test_one_jobs_end_lets_only_its_own_runs_begin(desk: LedgerDesk) -> None:
    desk.load({"overlap": "queue_one"}, {"identifier": "other", "overlap": "queue_one"})
    desk.tell(*(desk.due(desk.owe(job, NOON + number * MINUTE)) for job in ("backup", "other") for number in (0, 1)))
    launches = desk.claim()
    assert {launch.run.job for launch in launches} == {"backup", "other"}
    desk.tell(finished(next(launch for launch in launches if launch.run.job == "backup")))
    [begun] = desk.claim()
    assert begun.run.job == "backup"


def test_a_changed_policy_holds_for_what_waits(desk: LedgerDesk) -> None:
    busy(desk, "queue_all")
    come_due(desk, 1, 2)
    desk.load({"overlap": "queue_one"})
    assert (standing(desk)[1], standing(desk)[2]) == ("skipped: coalesced", WAITING)
    desk.load({"overlap": "allow"})
    assert standing(desk)[2] == "available"


@pytest.mark.parametrize("policy", ["skip", "queue_one", "queue_all", "cancel_other"])
def test_a_retry_whose_time_has_come_waits_for_the_end_of_the_run_that_is_busy(desk: LedgerDesk, policy: str) -> None:
    desk.load({"overlap": policy, "max_attempts": 2, "backoff": "linear"})
    come_due(desk, 0)
    [first] = desk.claim()
    desk.tell(finished(first, Outcome.FAILURE))
    come_due(desk, 1)
    [second] = desk.claim()
    desk.clock.advance(timedelta(seconds=15))
    desk.tell(Promote(until_at=desk.clock.now()))
    assert desk.claim() == ()
    assert standing(desk) == {0: "scheduled: waiting: overlap", 1: "executing"}
    desk.tell(finished(second))
    assert [(launch.run.run_id, launch.run.attempt) for launch in desk.claim()] == [(first.run.run_id, 2)]


def test_of_retries_whose_time_has_come_together_the_one_that_waited_longest_is_first(desk: LedgerDesk) -> None:
    desk.load({"overlap": "queue_all", "max_attempts": 2, "backoff": "linear"})
    launches: list[Launch] = []
    for number in range(3):
        come_due(desk, number)
        launches += desk.claim()
        desk.tell(finished(launches[-1], Outcome.FAILURE))
    desk.clock.advance(timedelta(seconds=15))
    desk.tell(Promote(until_at=desk.clock.now()))
    for launch in launches:
        [again] = desk.claim()
        assert again.run.run_id == launch.run.run_id
        desk.tell(finished(again))
    assert desk.claim() == ()
