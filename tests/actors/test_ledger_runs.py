from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cron_actors.actors.postings.chores import MOST_UNFOLDED
from cron_actors.core.run_log import log_name
from cron_actors.messages import Claim, Claimed, Due, FinishedExecution, Performing, RecallQueue, Want
from cron_actors.model.run import Account, Cause, Ending, Outcome, RunState
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import IDENTITY, NOON, QUEUE, finished

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def test_an_instant_evaluated_twice_is_one_run(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe()), desk.due(desk.owe()))
    desk.tell(desk.due(desk.owe()))
    assert len(desk.claim()) == 1
    assert desk.states() == ["available", "executing"]


def test_the_cursor_moves_with_the_runs_it_stands_for(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe(due_at=NOON + MINUTE)))
    assert desk.record().cursor_at == NOON + MINUTE


def test_instants_not_run_are_written_as_one_row_and_counted(desk: LedgerDesk) -> None:
    desk.load({})
    account = Account(
        job="backup",
        state=RunState.MISSED,
        reason="down",
        first_due_at=NOON,
        last_due_at=NOON + 9 * MINUTE,
        count=10,
        recorded_at=NOON + 10 * MINUTE,
    )
    desk.tell(Due(runs=(), accounts=(account,), moves=()))
    [change] = desk.changes()
    assert (change.state, change.reason, change.count, change.last_due_at) == ("missed", "down", 10, NOON + 9 * MINUTE)
    assert desk.recall().statistics["backup"].missed == {"down": 10}


def test_an_overlap_is_skipped_where_the_job_says_so_and_says_why(desk: LedgerDesk) -> None:
    desk.load({"overlap": "skip"})
    desk.tell(desk.due(desk.owe()))
    desk.claim()
    desk.events.take()
    desk.tell(desk.due(desk.owe(due_at=NOON + MINUTE)))
    assert desk.states() == ["skipped: overlap"]
    assert desk.recall().statistics["backup"].skipped == {"overlap": 1}
    assert desk.claim() == ()


def test_two_instants_in_one_batch_do_not_slip_past_the_overlap_policy(desk: LedgerDesk) -> None:
    desk.load({"overlap": "skip"})
    desk.tell(desk.due(desk.owe()), desk.due(desk.owe(due_at=NOON + MINUTE)))
    assert desk.states() == ["available", "skipped: overlap"]


def test_a_claim_gives_no_more_than_asked_for_and_no_run_twice(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(*(desk.owe(due_at=NOON + number * MINUTE) for number in range(3))))
    assert [launch.run.due_at for launch in desk.claim(2)] == [NOON, NOON + MINUTE]
    assert [launch.run.due_at for launch in desk.claim(2)] == [NOON + 2 * MINUTE]
    assert desk.claim(2) == ()


def test_a_claim_counts_the_attempt_names_the_log_and_measures_the_lateness(desk: LedgerDesk) -> None:
    desk.load({})
    desk.clock.advance(3 * SECOND)
    desk.tell(desk.due(desk.owe()))
    [launch] = desk.claim()
    assert (launch.run.attempt, launch.run.state, launch.node) == (1, "executing", "first")
    assert launch.key.token
    assert launch.log == f"/logs/backup/2026-11-21T12-00-00Z_{launch.run.run_id}.txt"
    assert desk.run(launch.run.run_id).log == launch.log
    [begun] = desk.recall().begun
    assert (begun.run_id, begun.started_at, begun.lateness) == (launch.run.run_id, NOON + 3 * SECOND, 3 * SECOND)


@pytest.mark.parametrize("fields", [{"exempt": True}, {"cause": Cause.MANUAL}])
def test_neither_an_exempt_run_nor_a_requested_one_can_be_late(desk: LedgerDesk, fields: dict[str, Any]) -> None:
    desk.load({})
    desk.clock.advance(3 * SECOND)
    desk.tell(desk.due(desk.owe(**fields)))
    [launch] = desk.claim()
    desk.tell(finished(launch))
    figures = desk.recall().statistics["backup"]
    assert (figures.launches, figures.lateness.count) == (1, 0)


def test_the_answer_to_a_claim_says_how_many_were_asked_for(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe()), Claim(wants=(Want(queue=QUEUE, runs=7),)))
    assert [granted.asked for claimed in desk.queue.of(Claimed) for granted in claimed.granted] == [7]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.SUCCESS, "completed"),
        (Outcome.FAILURE, "discarded: failed"),
        (Outcome.TIMEOUT, "discarded: timeout"),
        (Outcome.CANCELLED, "cancelled: by request"),
        (Outcome.INTERRUPTED, "available: interrupted"),
    ],
)
def test_the_end_of_an_attempt_decides_where_its_run_goes(desk: LedgerDesk, outcome: Outcome, expected: str) -> None:
    launch = desk.launch()
    desk.clock.advance(2 * SECOND)
    desk.tell(finished(launch, outcome))
    assert desk.states() == [expected]
    assert desk.recall().statistics["backup"].last_outcome == outcome.value


def test_a_reason_reported_with_the_end_is_kept(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(finished(launch, Outcome.FAILURE, reason="output limit"))
    assert desk.states() == ["discarded: output limit"]


def test_an_interrupted_attempt_does_not_count_and_its_run_is_claimed_again(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(finished(launch, Outcome.INTERRUPTED))
    [again] = desk.claim()
    assert (again.run.run_id, again.run.attempt) == (launch.run.run_id, 1)
    assert again.key.token != launch.key.token
    assert again.log == launch.log


def test_an_interrupted_run_is_discarded_where_the_job_says_so(desk: LedgerDesk) -> None:
    launch = desk.launch(on_interrupt="discard")
    desk.tell(finished(launch, Outcome.INTERRUPTED))
    assert desk.states() == ["discarded: interrupted"]


def test_a_report_with_the_token_of_an_older_claim_changes_nothing(
    desk: LedgerDesk, caplog: pytest.LogCaptureFixture
) -> None:
    launch = desk.launch()
    desk.tell(finished(launch, Outcome.INTERRUPTED))
    [again] = desk.claim()
    desk.events.take()
    desk.tell(finished(launch))
    assert desk.changes() == []
    assert desk.run(again.run.run_id).state == "executing"
    assert "a late report of attempt 1 changes nothing" in caplog.text


@pytest.mark.parametrize("first", list(Outcome))
@pytest.mark.parametrize("second", [Outcome.SUCCESS, Outcome.INTERRUPTED])
def test_a_second_report_of_one_attempt_changes_nothing(desk: LedgerDesk, first: Outcome, second: Outcome) -> None:
    launch = desk.launch()
    desk.tell(finished(launch, first))
    desk.events.take()
    figures = desk.recall().statistics
    desk.tell(finished(launch, second))
    assert desk.changes() == []
    assert desk.recall().statistics == figures


def test_a_report_of_a_run_nobody_knows_changes_nothing(desk: LedgerDesk) -> None:
    launch = desk.launch()
    other = FinishedExecution(
        key=type(launch.key)(run_id=999, attempt=1, token=launch.key.token),
        job="backup",
        ending=Ending(outcome=Outcome.SUCCESS),
        log="/logs/x",
    )
    desk.tell(other)
    assert desk.changes() == []


def test_a_process_is_noted_so_that_it_can_be_ended_after_the_daemons_death(desk: LedgerDesk) -> None:
    launch = desk.launch(timeout="5m")
    performing = Performing(
        key=launch.key, job="backup", queue=QUEUE, identity=IDENTITY, monotonic=1.0, timeout=launch.job.timeout
    )
    desk.tell(performing)
    with desk.database.begin() as transaction:
        [(run, attempt)] = transaction.held()
    assert (run.run_id, attempt.identity) == (launch.run.run_id, IDENTITY)


def test_a_process_of_which_only_the_end_was_told_is_noted_with_it(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(replace(finished(launch), identity=IDENTITY))
    with desk.database.begin() as transaction:
        [attempt] = transaction.attempts(launch.run.run_id)
    assert (attempt.identity, attempt.outcome) == (IDENTITY, Outcome.SUCCESS)


def test_the_scheduler_is_told_of_runs_under_way_and_their_timeouts(desk: LedgerDesk) -> None:
    launch = desk.launch(timeout="5m")
    [running] = desk.recall().running
    assert (running.key, running.started_at, running.timeout) == (launch.key, NOON, 5 * MINUTE)


def test_the_queue_is_told_which_queues_there_are_and_then_of_the_runs_it_holds(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.queue.take()
    desk.tell(RecallQueue())
    queues, held = desk.queue.messages
    assert {state.queue.name for state in queues.queues} == {"wait_room", "low", "default", "high", "critical"}
    assert [held.key for held in held.launches] == [launch.key]


def test_the_runs_of_a_dead_daemon_are_rescued_counted_and_claimed_again(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.clock.advance(SECOND)
    second = desk.successor()
    assert second.states() == ["available: rescued"]
    [again] = second.claim()
    assert (again.run.run_id, again.run.attempt, again.run.deaths) == (launch.run.run_id, 2, 1)
    second.tell(finished(again))
    figures = second.recall().statistics["backup"]
    assert (figures.launches, figures.retries, figures.interrupted, figures.successes) == (2, 1, 1, 1)


def test_the_dead_daemons_own_report_comes_too_late(desk: LedgerDesk) -> None:
    launch = desk.launch()
    second = desk.successor()
    second.claim()
    second.events.take()
    second.tell(finished(launch))
    assert second.changes() == []


def test_a_run_under_which_three_daemons_died_is_quarantined(desk: LedgerDesk) -> None:
    desk.launch()
    for node in ("second", "third"):
        desk = desk.successor(node)
        assert desk.states() == ["available: rescued"]
        assert len(desk.claim()) == 1
    desk = desk.successor("fourth")
    assert desk.states() == ["discarded: quarantined"]
    assert desk.claim() == ()


def test_daemons_that_die_before_they_begin_a_run_are_not_put_to_its_account_whatever_its_job_says(
    desk: LedgerDesk,
) -> None:
    launch = desk.launch(on_interrupt="discard")
    for number in range(4):
        desk = desk.successor(f"node {number}", launch)
        assert desk.states() == ["available: interrupted"]
        [launch] = desk.claim()
        assert (launch.run.attempt, launch.run.deaths) == (1, 0)


def test_a_run_that_was_not_begun_and_that_somebody_wanted_cancelled_is_cancelled(desk: LedgerDesk) -> None:
    launch = desk.launch()
    with desk.database.begin() as transaction:
        transaction.request_cancel(launch.run.run_id)
    assert desk.successor("second", launch).states() == ["cancelled: by request"]


def test_daemons_that_die_long_after_a_run_began_never_quarantine_it(desk: LedgerDesk) -> None:
    desk.launch()
    for number in range(5):
        desk.pulse(after=120)  # it lived for two minutes
        desk = desk.successor(f"node {number}")
        assert desk.states() == ["available: rescued"]
        assert len(desk.claim()) == 1


def test_a_dead_daemons_run_that_somebody_wanted_cancelled_is_cancelled(desk: LedgerDesk) -> None:
    launch = desk.launch()
    with desk.database.begin() as transaction:
        transaction.request_cancel(launch.run.run_id)
    assert desk.successor().states() == ["cancelled: by request"]


def test_a_restarted_ledger_leaves_its_own_runs_alone(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.restart()
    assert desk.changes() == []
    desk.tell(finished(launch))
    assert desk.states() == ["completed"]


def test_statistics_survive_the_daemon(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch()))
    figures = desk.successor().recall().statistics["backup"]
    assert (figures.launches, figures.successes, figures.last_outcome) == (1, 1, "success")
    assert figures.duration.total == 2.0


def test_figures_are_exact_however_a_daemon_ends_and_whatever_was_folded_before(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch()))
    desk.pulse(after=6)  # folds
    desk.tell(finished(desk.launch(), Outcome.FAILURE))
    before = desk.recall().statistics
    assert (before["backup"].successes, before["backup"].failures) == (1, 1)
    second = desk.successor()
    assert second.recall().statistics == before
    second.clock.advance(SECOND)
    second.tell(finished(second.launch()))
    second.restart()
    assert second.recall().statistics["backup"].launches == 3


def test_changes_are_folded_into_the_figures_while_there_is_little_to_do_or_when_there_are_too_many(
    desk: LedgerDesk,
) -> None:
    def account(after: int) -> Account:
        at = NOON + after * MINUTE
        return Account(
            job=f"job{after}",
            state=RunState.MISSED,
            reason="down",
            first_due_at=at,
            last_due_at=at,
            count=1,
            recorded_at=at,
        )

    def miss(first: int) -> None:
        desk.tell(Due(runs=(), accounts=tuple(map(account, range(first, first + 100))), moves=()))

    miss(0)
    desk.pulse(after=6)
    assert desk.node.unfolded == 100  # a herd was on its way
    desk.pulse(after=6)
    assert desk.node.unfolded == 0
    for first in range(100, 100 + MOST_UNFOLDED + 100, 100):
        miss(first)
    desk.pulse()
    assert desk.node.unfolded == MOST_UNFOLDED * 9 // 10  # a tenth of them, commit by commit
    assert len(desk.recall().statistics) == 100 + MOST_UNFOLDED + 100


@pytest.mark.parametrize("known", [True, False])
def test_a_run_whose_definition_cannot_be_read_is_discarded_and_holds_nobody_up(desk: LedgerDesk, known: bool) -> None:  # noqa: FBT001 # a case
    desk.load({})
    broken = desk.owe(definition=desk.unreadable() if known else "unknown")
    with desk.database.begin() as transaction:
        transaction.insert_runs([broken])
    desk.tell(desk.due(desk.owe(due_at=NOON + MINUTE)))
    desk.events.take()
    assert [launch.run.due_at for launch in desk.claim(2)] == [NOON + MINUTE]
    [claimed] = desk.queue.of(Claimed)
    assert [granted.asked for granted in claimed.granted] == [1], "a short answer would mean that no more wait"
    assert sorted(desk.states()) == ["discarded: failed", "executing", "executing"]


def test_a_dead_daemons_run_whose_definition_cannot_be_read_does_not_keep_the_next_from_starting(
    desk: LedgerDesk,
) -> None:
    desk.load({})
    broken = desk.owe(definition="unknown")
    with desk.database.begin() as transaction:
        transaction.insert_runs([broken])
        transaction.claim(QUEUE, 1, "first", NOON, log_name)
    assert desk.successor().states() == ["discarded: rescued"]
