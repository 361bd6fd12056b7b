"""What every store promises about runs and their attempts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cron_actors.core.run_log import log_name
from cron_actors.core.settlement import settled
from cron_actors.errors import StoreError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import (
    Cause,
    Ending,
    Identity,
    Outcome,
    Run,
    RunState,
)
from cron_actors.ports.store import Reader
from tests.contracts.store_contract import (
    ACCOUNT,
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

# transactions


def test_a_block_that_raises_writes_nothing(store: AnyStore) -> None:
    def write_and_stumble() -> None:
        with store.begin() as transaction:
            transaction.insert_runs([owed()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_stumble()
    with store.begin() as transaction:
        assert transaction.backlog(9) == {}
        assert transaction.insert_runs([owed()]) != [None]


def test_a_refused_statement_undoes_what_came_before_it(store: AnyStore) -> None:
    with pytest.raises(StoreError):
        insert(store, owed(), owed(after=1, priority=2**70))
    assert insert(store, owed()) != []


def test_a_closed_store_takes_no_transaction(store: AnyStore) -> None:
    store.close()
    with pytest.raises(StoreError), store.begin():
        pass


# runs


def test_a_due_instant_becomes_one_run(store: AnyStore) -> None:
    with store.begin() as transaction:
        first, again, other_job, next_instant = transaction.insert_runs([owed(), owed(), owed("report"), owed(after=1)])
        assert again is None
        assert None not in (first, other_job, next_instant)
    with store.begin() as transaction:
        assert transaction.insert_runs([owed()]) == [None]


def test_runs_without_a_key_never_stand_for_each_other(store: AnyStore) -> None:
    manual = owed(cause=Cause.MANUAL, key=None)
    assert len(insert(store, manual, manual)) == 2


def test_a_run_comes_back_as_it_was_written(store: AnyStore, reader: Reader) -> None:
    asked = owed(
        cause=Cause.MANUAL,
        key="mine",
        priority=-3,
        state=RunState.SKIPPED,
        reason="overlap",
        finished_at=T,
        exempt=True,
        args={"to": ["ü", 1, None]},
    )
    (run,) = insert(store, asked)
    assert run == Run(
        run_id=run.run_id,
        job="backup",
        due_at=T,
        last_due_at=T,
        count=1,
        cause=Cause.MANUAL,
        state=RunState.SKIPPED,
        reason="overlap",
        queue="default",
        priority=-3,
        definition="d",
        finished_at=T,
        exempt=True,
        args={"to": ["ü", 1, None]},
    )
    assert [run] == reader.runs(RunFilter()) == [look(store, run.run_id)]


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)], ids=str)
def test_any_moment_is_kept_to_the_microsecond(store: AnyStore, moment: datetime) -> None:
    (run,) = insert(store, owed(due_at=moment))
    assert run.due_at == moment


def test_an_account_is_one_finished_run_with_all_its_instants(store: AnyStore, reader: Reader) -> None:
    with store.begin() as transaction:
        (run,) = transaction.insert_accounts([ACCOUNT])
    assert (run.state, run.reason, run.count) == (RunState.MISSED, "down", 60)
    assert (run.due_at, run.last_due_at) == (T, T + 59 * SECOND)
    assert run.finished_at == T + 90 * SECOND
    assert run.log is None
    assert reader.counts() == {RunState.MISSED: 60}


def test_an_instant_is_accounted_for_once(store: AnyStore) -> None:
    insert(store, owed())
    with store.begin() as transaction:
        assert transaction.insert_accounts([ACCOUNT]) == []
        later = replace(ACCOUNT, first_due_at=T + SECOND)
        assert len(transaction.insert_accounts([later, later])) == 1
        assert transaction.insert_runs([owed(after=1)]) == [None]


def test_waiting_and_busy_runs_are_counted_apart(store: AnyStore, reader: Reader) -> None:
    waiting = owed(after=3, state=RunState.SCHEDULED, reason="waiting: overlap")
    insert(store, waiting, owed(after=1), owed(after=0), owed("report"), owed("off", state=RunState.RETRYABLE))
    (held,) = claim(store)
    with store.begin() as transaction:
        occupants = transaction.occupants(["backup", "report", "off", "unknown"])
        assert {job: sorted(runs.values()) for job, runs in occupants.items()} == {
            "backup": [RunState.AVAILABLE, RunState.EXECUTING],
            "report": [RunState.AVAILABLE],
        }
        assert occupants["backup"][held.run_id] is RunState.EXECUTING
        assert [run.due_at for run in transaction.pending("backup")] == [T + SECOND, T + 3 * SECOND]
        assert transaction.backlog(9) == {"default": 2}
        transaction.settle([ended(held)])
        assert list(transaction.occupants(["backup"])["backup"].values()) == [RunState.AVAILABLE]
    assert reader.counts() == {
        RunState.SCHEDULED: 1,
        RunState.AVAILABLE: 2,
        RunState.RETRYABLE: 1,
        RunState.COMPLETED: 1,
    }


def test_only_a_run_in_the_expected_state_is_finished(store: AnyStore) -> None:
    (run,) = insert(store, owed())
    with store.begin() as transaction:
        assert transaction.finish(run.run_id, RunState.SCHEDULED, RunState.CANCELLED, "removed", T) is None
        done = transaction.finish(run.run_id, RunState.AVAILABLE, RunState.CANCELLED, "removed", T)
        assert done == replace(run, state=RunState.CANCELLED, reason="removed", finished_at=T)
        assert transaction.finish(run.run_id, RunState.AVAILABLE, RunState.CANCELLED, "removed", T) is None
        assert transaction.backlog(9) == {}


def test_a_held_run_is_not_finished_over_its_holders_head(store: AnyStore) -> None:
    insert(store, owed())
    (run,) = claim(store)
    with store.begin() as transaction:
        assert transaction.finish(run.run_id, RunState.EXECUTING, RunState.CANCELLED, None, T) is None
    assert look(store, run.run_id) == run


def test_a_cancel_request_is_noted_on_its_run_only(store: AnyStore) -> None:
    one, other = insert(store, owed(), owed(after=1))
    with store.begin() as transaction:
        transaction.request_cancel(one.run_id)
    assert look(store, one.run_id) == replace(one, cancel_requested=True)
    assert look(store, other.run_id) == other


# claims


def test_a_claimed_run_has_the_log_it_was_given_and_keeps_it_when_it_is_claimed_again(store: AnyStore) -> None:
    insert(store, owed())
    (run,) = claim(store)
    assert (run.log, look(store, run.run_id)) == (log_name("backup", run.due_at, run.run_id), run)
    settle(store, ended(run, RunState.AVAILABLE))
    with store.begin() as transaction:
        (again,) = transaction.claim("default", 1, "node-2", T, lambda *_: "elsewhere")
    assert again.log == run.log


def test_runs_are_claimed_by_priority_then_due_instant_then_id(store: AnyStore) -> None:
    late, early, twin, urgent = insert(store, owed(after=9), owed(), owed("twin"), owed(after=99, priority=1))
    order = [run.run_id for run in claim(store, slots=2) + claim(store, slots=9)]
    assert order == [urgent.run_id, early.run_id, twin.run_id, late.run_id]


def test_a_claim_takes_no_more_than_its_slots_and_only_from_its_queue(store: AnyStore) -> None:
    insert(store, owed(), owed(after=1), owed(after=2, queue="other"), owed(after=3, state=RunState.SCHEDULED))
    assert claim(store, slots=0) == []
    assert len(claim(store, slots=1)) == 1
    assert len(claim(store, slots=9)) == 1
    assert claim(store, slots=9) == []


def test_a_claimed_run_is_counted_fenced_and_held(store: AnyStore, reader: Reader) -> None:
    before = insert(store, owed(reason="rescued"), owed(after=1))
    runs = claim(store, slots=2, at=T + 5 * SECOND)
    for old, run in zip(before, runs, strict=True):
        assert run.lease_token
        assert run == replace(
            old,
            state=RunState.EXECUTING,
            reason=None,
            attempt=1,
            node="node-1",
            started_at=T + 5 * SECOND,
            lease_token=run.lease_token,
            log=log_name(old.job, old.due_at, old.run_id),
        )
        (attempt,) = reader.attempts(run.run_id)
        assert (attempt.attempt, attempt.node, attempt.started_at) == (1, "node-1", T + 5 * SECOND)
        assert (attempt.finished_at, attempt.identity) == (None, None)
    assert runs[0].lease_token != runs[1].lease_token
    assert [look(store, run.run_id) for run in runs] == runs


# settlements


def test_a_settled_run_says_how_its_attempt_ended(store: AnyStore, reader: Reader) -> None:
    insert(store, owed())
    (run,) = claim(store)
    ending = replace(SUCCESS, outcome=Outcome.FAILURE, exit_code=-9, error="killed")
    settlement = ended(run, RunState.DISCARDED, ending=ending, reason="failed", deaths=2)
    done = settle(store, settlement)
    assert done == settled(run, settlement)
    assert done is not None
    assert (done.state, done.reason, done.finished_at) == (RunState.DISCARDED, "failed", T + 9 * SECOND)
    assert (done.outcome, done.exit_code, done.error, done.deaths) == (Outcome.FAILURE, -9, "killed", 2)
    (attempt,) = reader.attempts(run.run_id)
    assert (attempt.outcome, attempt.exit_code, attempt.error) == (Outcome.FAILURE, -9, "killed")
    assert (attempt.output_tail, attempt.cpu_seconds, attempt.peak_memory) == ("done", 0.25, 4096)
    assert attempt.finished_at == T + 9 * SECOND


def test_an_old_token_changes_nothing(store: AnyStore, reader: Reader) -> None:
    insert(store, owed())
    (old,) = claim(store)
    settle(store, ended(old, RunState.AVAILABLE))
    (new,) = claim(store, node="node-2")
    history = reader.attempts(new.run_id)
    assert settle(store, ended(old, RunState.DISCARDED)) is None
    with store.begin() as transaction:
        transaction.begin_attempts([(key_of(old), Identity(pid=1, start_time=2, boot_id="b"))])
    assert look(store, new.run_id) == new
    assert reader.attempts(new.run_id) == history


def test_an_attempt_ends_once(store: AnyStore) -> None:
    insert(store, owed())
    (run,) = claim(store)
    done = settle(store, ended(run))
    assert settle(store, ended(run, RunState.DISCARDED)) is None
    assert look(store, run.run_id) == done


def test_an_old_token_does_not_pass_beside_the_one_in_force(store: AnyStore) -> None:
    insert(store, owed())
    (old,) = claim(store)
    settle(store, ended(old, RunState.AVAILABLE))
    (new,) = claim(store)
    with store.begin() as transaction:
        known = transaction.settle([ended(old, RunState.DISCARDED), ended(new)])
    assert known == [False, True]
    assert look(store, new.run_id).state is RunState.COMPLETED


def test_a_token_of_another_run_opens_nothing(store: AnyStore) -> None:
    insert(store, owed(), owed(after=1))
    one, other = claim(store, slots=2)
    mixed = replace(ended(one), key=replace(key_of(one), token=key_of(other).token))
    assert settle(store, mixed) is None
    assert [look(store, one.run_id), look(store, other.run_id)] == [one, other]


def test_a_run_that_goes_back_waits_as_before_its_attempt(store: AnyStore) -> None:
    (fresh,) = insert(store, owed())
    (run,) = claim(store)
    again = settle(store, ended(run, RunState.AVAILABLE, reason="interrupted", counted=False))
    assert again == replace(fresh, reason="interrupted", log=run.log)
    counted = settle(store, ended(claim(store)[0], RunState.AVAILABLE))
    assert counted == replace(fresh, attempt=1, log=run.log)


def test_interrupted_tries_stay_in_the_history_beside_the_one_that_counts(store: AnyStore, reader: Reader) -> None:
    insert(store, owed())
    (first,) = claim(store)
    interrupted = replace(SUCCESS, outcome=Outcome.INTERRUPTED)
    settle(store, ended(first, RunState.AVAILABLE, ending=interrupted, counted=False))
    (second,) = claim(store, node="node-2")
    settle(store, ended(second))
    assert [(one.attempt, one.node, one.outcome, one.counted) for one in reader.attempts(first.run_id)] == [
        (1, "node-1", Outcome.INTERRUPTED, False),
        (1, "node-2", Outcome.SUCCESS, True),
    ]


def test_a_launched_run_is_still_held_by_its_token(store: AnyStore) -> None:
    insert(store, owed())
    (run,) = claim(store)
    launched = settle(store, ended(run, RunState.LAUNCHED))
    assert launched is not None
    assert (launched.state, launched.finished_at) == (RunState.LAUNCHED, None)
    with store.begin() as transaction:
        assert [held.run_id for held, _ in transaction.held()] == [run.run_id]
    done = settle(store, ended(run))
    assert done is not None
    assert done.state is RunState.COMPLETED


def test_a_discarded_run_is_revived_as_new_but_for_its_attempts(store: AnyStore) -> None:
    (fresh,) = insert(store, owed())
    (run,) = claim(store)
    settle(store, ended(run, RunState.DISCARDED, reason="failed", deaths=2))
    with store.begin() as transaction:
        revived = transaction.revive(run.run_id, "other")
        assert revived == replace(fresh, reason="revived", definition="other", attempt=1, log=run.log)
        assert transaction.revive(run.run_id, "third") is None
    (again,) = claim(store)
    assert (again.attempt, again.definition) == (2, "other")


def test_the_newest_run_that_was_tried_is_found_past_those_that_were_not(store: AnyStore) -> None:
    with store.begin() as transaction:
        assert transaction.newest_tried("backup") is None
    insert(store, owed(), owed(after=1), owed("other", after=9))
    old, new = claim(store), claim(store)
    insert(store, owed(after=2, state=RunState.SKIPPED, reason="overlap", finished_at=T))
    settle(store, ended(new[0], RunState.DISCARDED))
    settle(store, ended(old[0]))
    with store.begin() as transaction:
        newest = transaction.newest_tried("backup")
    assert newest is not None
    assert (newest.run_id, newest.state) == (new[0].run_id, RunState.DISCARDED)


def test_held_runs_come_with_their_present_attempts(store: AnyStore) -> None:
    insert(store, owed(), owed(after=1), owed(after=2))
    (first,) = claim(store)
    settle(store, ended(first, RunState.AVAILABLE, counted=False))
    (mine,) = claim(store, node="node-2")
    (other,) = claim(store, node="node-3")
    who = Identity(pid=4711, start_time=99, boot_id="boot")
    with store.begin() as transaction:
        transaction.begin_attempts([(key_of(mine), who)])
        held = transaction.held()
        assert [run for run, _ in held] == [mine, other]
        assert [(one.run_id, one.node, one.identity) for _, one in held] == [
            (mine.run_id, "node-2", who),
            (other.run_id, "node-3", None),
        ]
        assert [run for run, _ in transaction.held(excluding="node-2")] == [other]


def test_output_that_is_no_text_does_not_stop_the_ledger(store: AnyStore, reader: Reader) -> None:
    insert(store, owed())
    (run,) = claim(store)
    ending = Ending(outcome=Outcome.FAILURE, error="bad byte \udcff", output_tail="a\0b\udcff")
    done = settle(store, ended(run, RunState.DISCARDED, ending=ending))
    assert done is not None
    assert done.error == "bad byte \\udcff"
    assert reader.attempts(run.run_id)[0].output_tail == "a\0b\\udcff"


def test_only_an_available_run_is_withheld_until_another_one_ends(store: AnyStore) -> None:
    [run] = insert(store, owed())
    with store.begin() as transaction:
        withheld = transaction.withhold(run.run_id)
        assert withheld is not None
        assert (withheld.state, withheld.reason, withheld.scheduled_at) == ("scheduled", "waiting: overlap", None)
        assert transaction.withhold(run.run_id) is None
        assert transaction.waiting("backup") == [withheld]
        assert transaction.next_scheduled() is None
    assert claim(store) == []
