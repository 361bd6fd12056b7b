from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.actors.postings.posting import key_of
from cron_actors.messages import ActiveRun, Adopt, Cancel, Claimed, Held, Launch, LeftRunning, Queues, RecallQueue
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Identity, Outcome
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import IDENTITY, NOON, QUEUE, finished

PROCESS = Identity(pid=815, start_time=7, boot_id="boot")


def launched(desk: LedgerDesk, **mapping: object) -> Launch:
    """Return a run whose attempt has left a process to go on."""
    launch = desk.launch(**mapping)
    desk.tell(LeftRunning(key=launch.key, job="backup", identity=PROCESS))
    return launch


def adopted(desk: LedgerDesk) -> tuple[Adopt, ...]:
    """Return the launched runs of which a Queue learns that asks what is under way, and of nothing else."""
    desk.queue.take()
    desk.tell(RecallQueue())
    [held] = desk.queue.of(Held)
    assert held.launches == ()
    return held.launched


def test_a_run_whose_attempt_left_a_process_is_launched_with_that_process(desk: LedgerDesk) -> None:
    launch = launched(desk)
    assert desk.states() == ["launched"]
    with desk.database.begin() as transaction:
        [(run, attempt)] = transaction.held()
    assert (run.state, run.lease_token, attempt.identity) == ("launched", launch.key.token, PROCESS)


def test_it_ends_when_its_process_does(desk: LedgerDesk) -> None:
    launch = launched(desk, max_attempts=2)
    desk.events.take()
    desk.tell(finished(launch, Outcome.FAILURE))
    assert desk.states() == ["retryable: failed"]
    figures = desk.recall().statistics["backup"]
    assert (figures.launches, figures.failures) == (1, 1)


def test_a_late_word_of_a_process_changes_nothing(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(finished(launch))
    desk.events.take()
    desk.tell(LeftRunning(key=launch.key, job="backup", identity=PROCESS))
    assert desk.states() == []
    assert desk.run(launch.run.run_id).state == "completed"


def test_left_and_ended_in_one_batch_of_mail_is_over(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(LeftRunning(key=launch.key, job="backup", identity=PROCESS), finished(launch))
    assert desk.states() == ["launched", "completed"]


@pytest.mark.parametrize("timeout", ["5m", None])
def test_the_scheduler_hears_of_its_deadline_although_its_first_process_ended_unannounced(
    desk: LedgerDesk, timeout: str | None
) -> None:
    launch = launched(desk, **({} if timeout is None else {"timeout": timeout}))
    told = [(run.key, run.started_at, run.timeout) for run in desk.scheduler.of(ActiveRun)]
    assert told == ([] if timeout is None else [(launch.key, NOON, timedelta(minutes=5))])


def test_its_timeout_counts_from_the_begin_of_the_attempt_for_whoever_starts_anew(desk: LedgerDesk) -> None:
    launch = launched(desk, timeout="5m")
    desk.clock.advance(timedelta(minutes=1))
    [running] = desk.recall().running
    assert (running.key, running.started_at, running.timeout) == (launch.key, NOON, timedelta(minutes=5))


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_cancel_reaches_whoever_looks_after_it(desk: LedgerDesk, order: str) -> None:
    launch = launched(desk) if order == "before" else desk.launch()
    desk.queue.take()
    request = desk.ask(RequestKind.CANCEL, run_id=launch.run.run_id)
    desk.pulse()
    assert desk.queue.of(Cancel) == [Cancel(run_id=launch.run.run_id)]
    if order == "after":
        desk.tell(LeftRunning(key=launch.key, job="backup", identity=PROCESS))
    desk.tell(finished(launch, Outcome.CANCELLED))
    assert desk.answer(request) == f"run {launch.run.run_id}: cancelled"


def test_the_next_daemon_adopts_it_neither_counted_nor_ended_under_a_token_of_its_own(desk: LedgerDesk) -> None:
    launch = launched(desk, timeout="5m")
    desk.clock.advance(timedelta(seconds=90))
    second = desk.successor()
    assert second.states() == []
    [adopt] = adopted(second)
    assert adopt.so_far == timedelta(seconds=90)
    assert (adopt.launch.run.run_id, adopt.launch.run.attempt, adopt.identity) == (launch.run.run_id, 1, PROCESS)
    assert adopt.launch.node == "second"
    assert adopt.launch.key.token != launch.key.token
    [running] = second.recall().running
    assert (running.key, running.started_at) == (adopt.launch.key, NOON)
    second.tell(finished(launch))
    assert second.states() == [], "the daemon before has nothing to say any more"
    second.tell(finished(adopt.launch))
    assert second.states() == ["completed"]


def test_a_queue_that_asks_hears_of_it_each_time_also_from_a_ledger_that_starts_anew(desk: LedgerDesk) -> None:
    launch = launched(desk)
    [first], [again] = adopted(desk), adopted(desk)
    assert first == again
    assert (first.launch.key, first.identity) == (launch.key, PROCESS)
    second = desk.successor()
    second.restart()
    assert len(adopted(second)) == 1


def test_a_cancel_from_while_no_daemon_ran_follows_the_adoption(desk: LedgerDesk) -> None:
    launch = launched(desk)
    request = desk.ask(RequestKind.CANCEL, run_id=launch.run.run_id)
    second = desk.successor()
    [adopt] = adopted(second)
    assert [type(message) for message in second.queue.messages] == [Queues, Held, Cancel]
    second.tell(finished(adopt.launch, Outcome.CANCELLED))
    assert second.answer(request) == f"run {launch.run.run_id}: cancelled"


def test_daemons_that_die_never_quarantine_a_process_that_outlives_them(desk: LedgerDesk) -> None:
    launched(desk)
    for number in range(5):
        desk = desk.successor(f"node {number}")
        [adopt] = adopted(desk)
    assert (adopt.launch.run.deaths, adopt.identity) == (0, PROCESS)


def test_one_whose_definition_cannot_be_read_any_more_is_rescued_instead(desk: LedgerDesk) -> None:
    desk.load({})
    broken = desk.owe(definition=desk.unreadable())
    with desk.database.begin() as transaction:
        transaction.insert_runs([broken])
        [run] = transaction.claim(QUEUE, 1, "first", NOON, lambda *_: "/log")
        assert transaction.launch(key_of(run), IDENTITY)
    assert desk.successor().states() == ["discarded: rescued"]


def test_a_launched_run_takes_no_other_claim(desk: LedgerDesk) -> None:
    launched(desk)
    assert desk.claim() == ()
    assert desk.queue.of(Claimed)
