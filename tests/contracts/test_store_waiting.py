"""What every store promises about runs that wait for an instant, go on by themselves, or are dead letters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cron_actors.core.run_log import log_name
from cron_actors.core.settlement import settled
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Ending, Identity, NewRun, Outcome, Run, RunState, Settlement
from cron_actors.ports.store import Reader
from tests.contracts.store_contract import (
    SECOND,
    SUCCESS,
    AnyStore,
    T,
    claim,
    ended,
    insert,
    key_of,
    look,
    owed,
    settle,
)

FAILURE = replace(SUCCESS, outcome=Outcome.FAILURE, exit_code=3, error="no such host", result='{"a":1}')
WHO = Identity(pid=4711, start_time=99, boot_id="boot")


def failed(run: Run, wait: int = 60) -> Settlement:
    return ended(run, RunState.RETRYABLE, ending=FAILURE, reason="failed", scheduled_at=T + wait * SECOND)


def delayed(after: int, **others: object) -> NewRun:
    run = owed(after=after, state=RunState.SCHEDULED, scheduled_at=T + after * SECOND)
    return replace(run, **others)  # type: ignore[arg-type]  # the names are checked by replace itself


def discarded(store: AnyStore, after: int = 0) -> Run:
    insert(store, owed(after=after))
    (run,) = claim(store)
    gone = settle(store, ended(run, RunState.DISCARDED, ending=FAILURE, reason="failed", deaths=3))
    assert gone is not None
    return gone


def test_all_that_is_given_to_a_new_run_is_kept(store: AnyStore) -> None:
    new = delayed(5, reason="delayed", max_attempts=7, unique_key="mail to ü", inserted_at=T, cause_run_id=3)
    (run,) = insert(store, new)
    assert (run.scheduled_at, run.max_attempts, run.unique_key) == (T + 5 * SECOND, 7, "mail to ü")
    assert (run.inserted_at, run.cause_run_id) == (T, 3)
    assert look(store, run.run_id) == run


# settlements


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(
    "state",
    [
        RunState.COMPLETED,
        RunState.DISCARDED,
        RunState.CANCELLED,
        RunState.RETRYABLE,
        RunState.SCHEDULED,
        RunState.AVAILABLE,
    ],
)
def test_a_run_is_after_its_attempt_what_the_core_says(store: AnyStore, state: RunState, *, counted: bool) -> None:
    insert(store, owed())
    (run,) = claim(store)
    settlement = ended(run, state, ending=FAILURE, reason="why", counted=counted, deaths=1)
    if state in {RunState.RETRYABLE, RunState.SCHEDULED}:
        settlement = replace(settlement, scheduled_at=T + 60 * SECOND)
    assert settle(store, settlement) == settled(run, settlement)


def test_attempts_are_settled_together_and_each_by_its_own_token(store: AnyStore, reader: Reader) -> None:
    insert(store, *(owed(after=number) for number in range(5)))
    old, one, two, three, four = claim(store, slots=5)
    settle(store, ended(old, RunState.AVAILABLE))
    (renewed,) = claim(store)
    batch = [
        ended(old, RunState.DISCARDED),
        ended(one),
        replace(ended(two), key=replace(key_of(two), token=key_of(three).token)),
        failed(three),
        ended(one, RunState.DISCARDED),
        ended(four, RunState.AVAILABLE, counted=False),
    ]
    with store.begin() as transaction:
        assert transaction.settle(batch) == [False, True, False, True, False, True]
        assert transaction.settle([]) == []
    runs = [look(store, run.run_id) for run in (old, one, two, three, four)]
    assert runs == [renewed, settled(one, batch[1]), two, settled(three, batch[3]), settled(four, batch[5])]
    assert [attempt.outcome for attempt in reader.attempts(two.run_id)] == [None]
    assert [attempt.outcome for attempt in reader.attempts(three.run_id)] == [Outcome.FAILURE]


def test_what_went_wrong_in_a_callback_stands_with_its_attempt(store: AnyStore, reader: Reader) -> None:
    insert(store, owed())
    (run,) = claim(store)
    settle(store, ended(run, ending=replace(SUCCESS, callback_error="after_error raised"), identity=WHO))
    (attempt,) = reader.attempts(run.run_id)
    assert (attempt.callback_error, attempt.identity) == ("after_error raised", WHO)


# runs that wait for an instant


def test_what_waits_for_an_instant_is_promoted_earliest_first_and_not_before_it(store: AnyStore) -> None:
    late, early, middle = insert(store, delayed(9), delayed(1), delayed(5))
    waiting = owed(after=6, state=RunState.SCHEDULED, reason="waiting: overlap")
    insert(store, waiting)
    with store.begin() as transaction:
        assert transaction.next_scheduled() == T + SECOND
        assert transaction.promote(T + SECOND / 2, 9) == []
        (first,) = transaction.promote(T + 5 * SECOND, 1)
        assert first == replace(early, state=RunState.AVAILABLE, scheduled_at=None)
        assert [run.run_id for run in transaction.promote(T + 5 * SECOND, 9)] == [middle.run_id]
        assert transaction.next_scheduled() == late.scheduled_at
        transaction.promote(T + 99 * SECOND, 9)
        assert transaction.next_scheduled() is None
        assert [run.reason for run in transaction.waiting("backup")] == ["waiting: overlap"]
    assert look(store, early.run_id) == first
    assert [run.run_id for run in claim(store, slots=9)] == [early.run_id, middle.run_id, late.run_id]


def test_a_run_that_is_tried_again_tells_of_its_last_attempt_until_it_begins(store: AnyStore) -> None:
    insert(store, owed())
    (run,) = claim(store)
    waiting = settle(store, failed(run))
    assert waiting is not None
    assert (waiting.state, waiting.outcome, waiting.error) == (RunState.RETRYABLE, Outcome.FAILURE, "no such host")
    assert claim(store) == []
    with store.begin() as transaction:
        (ripe,) = transaction.promote(T + 60 * SECOND, 9)
    assert ripe == replace(waiting, state=RunState.AVAILABLE, reason=None, scheduled_at=None)
    assert look(store, run.run_id) == ripe
    (again,) = claim(store, at=T + 61 * SECOND)
    assert (again.attempt, again.outcome, again.error, again.duration, again.result) == (2, None, None, None, None)
    assert again == look(store, run.run_id)


def test_a_run_that_waits_for_an_instant_can_be_finished(store: AnyStore) -> None:
    (run,) = insert(store, delayed(5))
    with store.begin() as transaction:
        done = transaction.finish(run.run_id, RunState.SCHEDULED, RunState.CANCELLED, "by request", T)
        assert done is not None
        assert transaction.next_scheduled() is None
        assert transaction.promote(T + 9 * SECOND, 9) == []


# launched runs


def test_a_launched_run_keeps_its_holder_and_its_process_until_it_is_settled(store: AnyStore, reader: Reader) -> None:
    insert(store, owed())
    (run,) = claim(store)
    with store.begin() as transaction:
        assert not transaction.launch(replace(key_of(run), token="other"), WHO)  # noqa: S106 # no password
        assert transaction.launch(key_of(run), WHO)
        assert not transaction.launch(key_of(run), WHO)
        ((held, attempt),) = transaction.held()
    assert held == replace(run, state=RunState.LAUNCHED)
    assert (attempt.identity, attempt.finished_at) == (WHO, None)
    assert reader.in_queue(9) == {"default": {RunState.LAUNCHED: 1}}
    assert settle(store, failed(run)) == settled(held, failed(run))


def test_a_launched_run_is_adopted_with_its_attempt_and_its_former_holder_is_fenced(store: AnyStore) -> None:
    insert(store, owed())
    (run,) = claim(store)
    with store.begin() as transaction:
        assert transaction.adopt(run.run_id, "node-2") is None
        transaction.launch(key_of(run), WHO)
        adopted = transaction.adopt(run.run_id, "node-2")
        assert adopted is not None
        assert transaction.held(excluding="node-2") == []
        ((held, attempt),) = transaction.held()
    assert held == adopted == replace(run, state=RunState.LAUNCHED, node="node-2", lease_token=adopted.lease_token)
    assert (attempt.node, attempt.identity) == ("node-1", WHO)
    assert settle(store, ended(run)) is None
    done = settle(store, ended(adopted))
    assert done is not None
    assert done.state is RunState.COMPLETED


# dead letters


def test_a_retry_by_hand_begins_anew_but_for_the_attempts_made(store: AnyStore, reader: Reader) -> None:
    gone = discarded(store)
    with store.begin() as transaction:
        transaction.dismiss(gone.run_id, T, "me")
        again = transaction.retry(gone.run_id, 2)
        assert again is not None
        assert transaction.retry(gone.run_id, 9) is None
    assert (again.state, again.reason, again.max_attempts) == (RunState.AVAILABLE, "retried by hand", 2)
    assert (again.attempt, again.deaths, again.error, again.result) == (1, 0, None, None)
    assert (again.finished_at, again.dismissed_at) == (None, None)
    assert look(store, gone.run_id) == again
    assert len(reader.attempts(gone.run_id)) == 1
    assert claim(store)[0].attempt == 2


def test_a_dead_letter_is_put_away_once_and_nothing_else_is(store: AnyStore, reader: Reader) -> None:
    dead, dismissed = discarded(store), discarded(store, 1)
    (done,) = insert(store, owed(after=2, state=RunState.COMPLETED, finished_at=T))
    with store.begin() as transaction:
        assert transaction.dismiss(dismissed.run_id, T + SECOND, "me")
        assert not transaction.dismiss(dismissed.run_id, T + 2 * SECOND, "you")
        assert not transaction.dismiss(done.run_id, T, "me")
        assert not transaction.dismiss(99, T, "me")
    letters = RunFilter(states=(RunState.DISCARDED,))
    assert reader.runs(replace(letters, dismissed=False)) == [dead]
    assert reader.runs(replace(letters, dismissed=True)) == [replace(dismissed, dismissed_at=T + SECOND)]
    assert len(reader.runs(letters)) == 2


def test_a_dead_letter_goes_with_the_other_history_and_not_before(store: AnyStore) -> None:
    gone = discarded(store)
    assert gone.finished_at is not None
    with store.begin() as transaction:
        assert transaction.prune(gone.finished_at) == 0
        assert transaction.prune(gone.finished_at + SECOND) == 1


# counts and queries


def test_a_backlog_is_counted_by_queue_and_no_further_than_asked(store: AnyStore, reader: Reader) -> None:
    insert(store, *(owed("mail", number, queue="mail") for number in range(5)))
    insert(store, delayed(1), delayed(2), delayed(3), owed("once"), owed("off", state=RunState.RETRYABLE, queue="low"))
    claim(store)
    with store.begin() as transaction:
        assert transaction.backlog(9) == {"mail": 5}
        assert transaction.backlog(2) == {"mail": 2}
    assert reader.in_queue(2) == {
        "mail": {RunState.AVAILABLE: 2},
        "default": {RunState.SCHEDULED: 2, RunState.EXECUTING: 1},
        "low": {RunState.RETRYABLE: 1},
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (RunFilter(queue="mail"), [3, 2]),
        (RunFilter(reason="delayed"), [2]),
        (RunFilter(until=T + SECOND), [2, 1]),
        (RunFilter(since=T + SECOND, until=T + 2 * SECOND), [3, 2]),
        (RunFilter(cause_run_id=1), [3]),
        (RunFilter(after_run=1), [3, 2]),
        (RunFilter(after_run=10**30), []),
        (RunFilter(dismissed=False), [3, 2, 1]),
        (RunFilter(queue="mail", after_run=2), [3]),
    ],
    ids=str,
)
def test_runs_are_found_by_queue_reason_time_and_cause(
    store: AnyStore, reader: Reader, query: RunFilter, expected: list[int]
) -> None:
    insert(store, owed(), delayed(1, reason="delayed", queue="mail"), owed(after=2, queue="mail", cause_run_id=1))
    assert [run.run_id for run in reader.runs(query)] == expected


def test_the_begins_of_a_queues_attempts_are_known_as_far_back_as_asked(store: AnyStore) -> None:
    insert(store, *(owed(after=number) for number in range(6)), owed("mail", queue="mail"))
    for seconds in range(5):
        claim(store, at=T + seconds * SECOND)
    with store.begin() as transaction:
        transaction.claim("mail", 1, "node-1", T + 5 * SECOND, log_name)
    (given_back,) = claim(store, at=T + 6 * SECOND)
    settle(store, ended(given_back, RunState.AVAILABLE, ending=Ending(outcome=Outcome.INTERRUPTED), counted=False))
    with store.begin() as transaction:
        assert transaction.begun_since("default", T + SECOND, 9) == [T + seconds * SECOND for seconds in (2, 3, 4)]
        assert transaction.begun_since("default", T - SECOND, 2) == [T + 3 * SECOND, T + 4 * SECOND]
        assert transaction.begun_since("mail", T, 9) == [T + 5 * SECOND]
        assert transaction.begun_since("low", T - SECOND, 9) == []
