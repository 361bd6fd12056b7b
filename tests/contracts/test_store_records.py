"""What every store promises about jobs, figures, nodes, requests, queries and pruning."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from cron_actors.core.statistics import fold_all
from cron_actors.messages import RunChanged
from cron_actors.model.records import CursorMove, JobRecord, NodeRecord, Pause, Request, RequestKind, RunFilter
from cron_actors.model.run import (
    Cause,
    NewRun,
    Outcome,
    RunState,
)
from cron_actors.ports.store import Mailbox, Reader, Transaction
from tests.contracts.store_contract import (
    ACCOUNT,
    SECOND,
    AnyStore,
    T,
    claim,
    ended,
    insert,
    owed,
)
from tests.fakes.values import a_change

# jobs and definitions

JOB = JobRecord(identifier="backup", source="jobs.yaml", definition="d", first_seen_at=T, changed_at=T + SECOND)


def test_a_job_comes_back_as_it_was_put(store: AnyStore, reader: Reader) -> None:
    full = replace(JOB, cursor_at=T, next_due_at=T + SECOND, removed_at=T + 2 * SECOND)
    with store.begin() as transaction:
        transaction.put_job(replace(JOB, identifier="zebra"))
        transaction.put_job(JOB)
        transaction.put_job(full)
        assert transaction.jobs() == [full, replace(JOB, identifier="zebra")]
    assert reader.jobs() == [full, replace(JOB, identifier="zebra")]


@pytest.mark.parametrize(
    ("first", "then", "cursor"), [(0, 5, 5), (5, 0, 5), (5, 5, 5)], ids=["forward", "backward", "same"]
)
def test_a_cursor_never_moves_back(store: AnyStore, first: int, then: int, cursor: int) -> None:
    moves = [
        CursorMove(job="backup", cursor_at=T + seconds * SECOND, next_due_at=T + (seconds + 60) * SECOND)
        for seconds in (first, then)
    ]
    with store.begin() as transaction:
        transaction.put_job(JOB)
        for move in moves:
            transaction.move_cursors([move])
        (job,) = transaction.jobs()
    assert (job.cursor_at, job.next_due_at) == (T + cursor * SECOND, T + (cursor + 60) * SECOND)


def test_equal_texts_share_one_definition(store: AnyStore, reader: Reader) -> None:
    with store.begin() as transaction:
        one, same, other = (transaction.put_definition(text) for text in ('{"a":1}', '{"a":1}', '{"a":"ü"}'))
        assert one == same != other
        assert transaction.definitions([one, other, "unknown"]) == {one: '{"a":1}', other: '{"a":"ü"}'}
    assert reader.definitions([other]) == {other: '{"a":"ü"}'}


# statistics, nodes and requests


def ends(job: str, number: int) -> RunChanged:
    """Return that run ``number`` of the job ended, with a fault every third time."""
    outcome = Outcome.FAILURE if number % 3 == 0 else Outcome.SUCCESS
    began_at = T + number * SECOND
    return a_change(
        RunState.COMPLETED,
        job=job,
        run_id=number,
        outcome=outcome,
        at=began_at + SECOND / 7,
        duration=SECOND / 7,
        started_at=began_at,
        lateness=number * SECOND / 11,
    )


SKIPPED = a_change(RunState.SKIPPED, job="a", reason="überlappt", count=7, cause=Cause.STARTUP)
MISSED = a_change(RunState.MISSED, job="c", reason=None, attempt=0)


def test_changes_are_counted_at_once_and_figures_stay_the_same_when_they_are_folded(
    store: AnyStore, reader: Reader
) -> None:
    told: list[RunChanged] = []
    for batch in ([ends("a", 1), ends("b", 2), ends("a", 3)], [SKIPPED, ends("b", 4), MISSED], [ends("a", 6)]):
        told += batch
        with store.begin() as transaction:
            transaction.journal(batch)
            assert transaction.statistics() == fold_all({}, told)
        assert reader.statistics() == fold_all({}, told)
    for folded in (3, 4, 0):  # whole transactions, the oldest first
        with store.begin() as transaction:
            assert transaction.fold_statistics(2 if folded == 3 else None) == folded
            assert transaction.statistics() == fold_all({}, told)
        assert reader.statistics() == fold_all({}, told)
    with store.begin() as transaction:
        transaction.journal([ends("b", 7)])
    assert reader.statistics() == fold_all({}, [*told, ends("b", 7)])


def test_what_is_rolled_back_is_not_counted(store: AnyStore, reader: Reader) -> None:
    with contextlib.suppress(KeyError), store.begin() as transaction:
        transaction.journal([ends("a", 1)])
        raise KeyError
    assert reader.statistics() == {}
    with store.begin() as transaction:
        transaction.journal([ends("a", 1)])
    with contextlib.suppress(KeyError), store.begin() as transaction:
        transaction.fold_statistics()
        raise KeyError
    assert reader.statistics() == fold_all({}, [ends("a", 1)])


def test_a_node_is_put_again_and_again(store: AnyStore, reader: Reader) -> None:
    node = NodeRecord(node="n1", pid=7, boot_id="b", host="h", started_at=T, heartbeat_at=T)
    older = replace(node, node="n0", started_at=T - SECOND)
    beaten = replace(node, heartbeat_at=T + SECOND, stopped_at=T + SECOND, ticks=3, trouble="clock")
    with store.begin() as transaction:
        for record in (node, older, beaten):
            transaction.put_node(record)
        assert transaction.node("n1") == beaten
        assert transaction.node("n2") is None
    assert reader.nodes() == [beaten, older]


ASK = Request(request_id=0, kind=RequestKind.TRIGGER, requested_at=T, requested_by="me", job="backup", force=True)


def test_requests_are_handed_over_in_order_until_they_are_answered(
    store: AnyStore, reader: Reader, mailbox: Mailbox
) -> None:
    cancel = replace(ASK, kind=RequestKind.CANCEL, job=None, run_id=5, force=False)
    first, second = mailbox.submit(ASK), mailbox.submit(cancel)
    with store.begin() as transaction:
        assert transaction.requests() == [replace(ASK, request_id=first), replace(cancel, request_id=second)]
        assert [one.request_id for one in transaction.requests(limit=1)] == [first]
        transaction.answer(first, "started", T + SECOND, run_id=8)
        assert [one.request_id for one in transaction.requests()] == [second]
        transaction.answer(second, "too late", T + SECOND)
    answered = replace(ASK, request_id=first, handled_at=T + SECOND, answer="started", run_id=8)
    assert reader.request(first) == answered
    refused = reader.request(second)
    assert refused is not None
    assert (refused.run_id, refused.answer) == (5, "too late")
    assert reader.request(second + 1) is None


def test_a_run_is_known_by_what_was_asked_of_it(store: AnyStore, reader: Reader, mailbox: Mailbox) -> None:
    made = mailbox.submit(ASK)
    mailbox.submit(ASK)
    with store.begin() as transaction:
        transaction.answer(made, "run 8", T, run_id=8)
    cancel = mailbox.submit(replace(ASK, kind=RequestKind.CANCEL, job=None, run_id=8))
    assert [one.request_id for one in reader.requests_about(8)] == [made, cancel]
    assert reader.requests_about(9) == reader.requests_about(10**30) == []


def test_a_dead_letter_is_known_by_who_asked_to_retry_or_dismiss_it(
    store: AnyStore, reader: Reader, mailbox: Mailbox
) -> None:
    dead = replace(ASK, kind=RequestKind.RETRY_DEAD, job=None, force=False, payload={"run_ids": [7, 8]})
    retry = mailbox.submit(dead)
    dismiss = mailbox.submit(replace(dead, kind=RequestKind.DISMISS_DEAD, payload={"run_ids": [8]}))
    mailbox.submit(replace(dead, kind=RequestKind.PAUSE_QUEUE, payload={"queue": "mail"}))
    assert [one.request_id for one in reader.requests_about(8)] == [retry, dismiss]
    assert [one.request_id for one in reader.requests_about(7)] == [retry]
    assert reader.requests_about(9) == []


def test_a_change_made_elsewhere_is_told_once(store: AnyStore, mailbox: Mailbox) -> None:
    store.changed_elsewhere()
    assert not store.changed_elsewhere()
    insert(store, owed())
    assert not store.changed_elsewhere()
    mailbox.submit(ASK)
    assert store.changed_elsewhere()
    assert not store.changed_elsewhere()


# queries


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (RunFilter(), ["c9", "b5", "a5", "a0"]),
        (RunFilter(limit=2), ["c9", "b5"]),
        (RunFilter(limit=None), ["c9", "b5", "a5", "a0"]),
        (RunFilter(job="a"), ["a5", "a0"]),
        (RunFilter(jobs=("a", "c")), ["c9", "a5", "a0"]),
        (RunFilter(jobs=("a", "c"), limit=2), ["c9", "a5"]),
        (RunFilter(job="a", jobs=("c",)), []),
        (RunFilter(jobs=()), []),
        (RunFilter(states=(RunState.SCHEDULED, RunState.SKIPPED)), ["c9", "b5"]),
        (RunFilter(since=T + 5 * SECOND), ["c9", "b5", "a5"]),
        (RunFilter(job="a", since=T + 5 * SECOND, states=(RunState.AVAILABLE,)), ["a5"]),
        (RunFilter(run_id=1), ["a0"]),
        (RunFilter(run_id=10**30), []),
        (RunFilter(job="unknown"), []),
    ],
    ids=str,
)
def test_a_query_returns_what_matches_newest_first(
    store: AnyStore, reader: Reader, query: RunFilter, expected: list[str]
) -> None:
    insert(
        store,
        owed("a"),
        owed("a", 5),
        owed("b", 5, state=RunState.SCHEDULED),
        owed("c", 9, state=RunState.SKIPPED, finished_at=T),
    )
    found = [f"{run.job}{(run.due_at - T) // SECOND}" for run in reader.runs(query)]
    assert found == expected


def test_an_account_that_reaches_into_the_time_asked_for_is_found(store: AnyStore, reader: Reader) -> None:
    with store.begin() as transaction:
        (run,) = transaction.insert_accounts([ACCOUNT])
    assert reader.runs(RunFilter(since=T + 59 * SECOND)) == [run]
    assert reader.runs(RunFilter(since=T + 60 * SECOND)) == []


def test_a_reader_of_an_open_store_finds_its_daemon_alive(reader: Reader) -> None:
    assert reader.daemon_lives()


# pruning


def over(job: str, after: int) -> NewRun:
    return owed(job, after, state=RunState.COMPLETED, finished_at=T + after * SECOND)


def left(transaction: Transaction, upto: int = 10) -> list[int]:
    return [run_id for run_id in range(1, upto) if transaction.run(run_id) is not None]


def test_pruning_by_age_takes_what_ended_before_and_nothing_unfinished(store: AnyStore) -> None:
    insert(store, over("a", 0), over("a", 5), over("b", 4), owed("c", -99))
    with store.begin() as transaction:
        assert transaction.prune(T + 5 * SECOND) == 2
        assert left(transaction) == [2, 4]


def test_pruning_by_number_keeps_the_newest_of_each_job(store: AnyStore) -> None:
    insert(store, over("a", 3), over("a", 1), over("a", 2), over("b", 0), owed("a", -9))
    with store.begin() as transaction:
        assert transaction.prune(T - SECOND, keep=2) == 1
        assert left(transaction) == [1, 3, 4, 5]
        assert transaction.prune(T - SECOND, keep=0) == 3
        assert left(transaction) == [5]


def test_pruning_goes_in_batches(store: AnyStore) -> None:
    insert(store, *(over(job, after) for job in "ab" for after in range(3)))
    with store.begin() as transaction:
        assert [transaction.prune(T + 2 * SECOND, keep=0, limit=4) for _ in range(3)] == [4, 2, 0]


def test_pruning_leaves_statistics_and_takes_attempts_and_requests(
    store: AnyStore, reader: Reader, mailbox: Mailbox
) -> None:
    kept, gone, refused, waiting = (mailbox.submit(ASK) for _ in range(4))
    insert(store, owed(), owed(after=1))
    first, second = claim(store, slots=2)
    with store.begin() as transaction:
        transaction.settle([ended(first, at=T)])
        transaction.journal([ends("backup", 1)])
        transaction.answer(kept, "started", T, run_id=second.run_id)
        transaction.answer(gone, "started", T, run_id=first.run_id)
        transaction.answer(refused, "no such job", T)
        assert transaction.prune(T + SECOND) == 1
    assert reader.attempts(first.run_id) == []
    assert len(reader.attempts(second.run_id)) == 1
    assert [reader.request(one) is not None for one in (kept, gone, refused, waiting)] == [True, False, False, True]
    assert reader.statistics() == fold_all({}, [ends("backup", 1)])


def test_a_run_id_is_never_given_twice(store: AnyStore) -> None:
    (run,) = insert(store, over("a", 0))
    with store.begin() as transaction:
        transaction.prune(T + SECOND)
    assert insert(store, over("a", 1))[0].run_id > run.run_id


def test_a_stretch_that_goes_on_where_the_last_row_ends_makes_that_row_longer(store: AnyStore, reader: Reader) -> None:
    more = replace(ACCOUNT, first_due_at=T + 60 * SECOND, last_due_at=T + 64 * SECOND, count=5)
    with store.begin() as transaction:
        (first,) = transaction.insert_accounts([ACCOUNT])
        (second,) = transaction.insert_accounts([more])
    assert second.run_id == first.run_id
    assert (second.due_at, second.count) == (T + 60 * SECOND, 5), "what was added, for whoever counts"
    (row,) = reader.runs(RunFilter())
    assert (row.due_at, row.last_due_at, row.count) == (T, T + 64 * SECOND, 65)


@pytest.mark.parametrize("other", [{"reason": "paused"}, {"state": RunState.SKIPPED}, {"definition": "d"}])
def test_a_stretch_of_another_kind_is_a_row_of_its_own(store: AnyStore, reader: Reader, other: dict[str, Any]) -> None:
    more = replace(ACCOUNT, first_due_at=T + 60 * SECOND, last_due_at=T + 64 * SECOND, count=5, **other)
    with store.begin() as transaction:
        transaction.insert_accounts([ACCOUNT, more])
    assert [row.count for row in reader.runs(RunFilter())] == [5, 60]


def test_a_stretch_goes_on_although_a_run_after_it_is_written_already(store: AnyStore, reader: Reader) -> None:
    """A window in which a pause ends holds the rest of the pause, and the first run after it."""
    with store.begin() as transaction:
        transaction.insert_accounts([ACCOUNT])
    insert(store, owed(after=62))
    with store.begin() as transaction:
        more = replace(ACCOUNT, first_due_at=T + 60 * SECOND, last_due_at=T + 61 * SECOND, count=2)
        transaction.insert_accounts([more])
    assert [(row.due_at, row.count) for row in reader.runs(RunFilter())] == [(T + 62 * SECOND, 1), (T, 62)]


def test_a_stretch_after_a_run_is_a_row_of_its_own(store: AnyStore, reader: Reader) -> None:
    with store.begin() as transaction:
        transaction.insert_accounts([ACCOUNT])
    insert(store, owed(after=60))
    with store.begin() as transaction:
        transaction.insert_accounts([replace(ACCOUNT, first_due_at=T + 61 * SECOND, last_due_at=T + 61 * SECOND)])
    assert len(reader.runs(RunFilter())) == 3


def test_pauses_come_back_as_they_were_put_and_stay_with_the_job_until_it_is_past_them(
    store: AnyStore, reader: Reader
) -> None:
    over = Pause(paused_at=T, paused_by="me", until_at=T + 10 * SECOND)
    on = Pause(paused_at=T + 30 * SECOND, paused_by="ü (process 1)")
    with store.begin() as transaction:
        transaction.put_job(JOB)
        for pause in (over, on):
            transaction.put_pause(JOB.identifier, pause)
        transaction.put_pause("other", on)
    assert [record.pauses for record in reader.jobs()] == [(over, on)]
    with store.begin() as transaction:
        transaction.move_cursors([CursorMove(job=JOB.identifier, cursor_at=T + 10 * SECOND, next_due_at=None)])
        assert [record.pauses for record in transaction.jobs()] == [(on,)]
        ended = replace(on, until_at=T + 40 * SECOND)
        transaction.put_pause(JOB.identifier, ended)
    assert reader.pauses(JOB.identifier) == [over, ended]


def test_a_request_keeps_until_when(store: AnyStore, reader: Reader) -> None:
    mailbox = store.mailbox()
    asked = Request(
        request_id=0, kind=RequestKind.PAUSE, requested_at=T, requested_by="me", job="backup", until_at=T + SECOND
    )
    number = mailbox.submit(asked)
    mailbox.close()
    assert reader.request(number) == replace(asked, request_id=number)


def test_what_was_due_at_an_instant_is_found_also_inside_a_stretch(store: AnyStore, reader: Reader) -> None:
    with store.begin() as transaction:
        transaction.insert_accounts([ACCOUNT])
    (run,) = insert(store, owed(after=60))
    found = {after: reader.runs(RunFilter(job="backup", at=T + after * SECOND)) for after in (-1, 0, 30, 59, 60, 61)}
    assert {after: [one.run_id for one in runs] for after, runs in found.items()} == {
        -1: [],
        0: [run.run_id - 1],
        30: [run.run_id - 1],
        59: [run.run_id - 1],
        60: [run.run_id],
        61: [],
    }
