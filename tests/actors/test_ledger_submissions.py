from __future__ import annotations

from datetime import timedelta
from typing import Any

from cron_actors.actors.postings.arrivals import TAKEN_AT_ONCE
from cron_actors.core.events import kind_of
from cron_actors.messages import Available, Delayed, Promote
from cron_actors.model.event import EventKind
from cron_actors.model.run import Cause, Run, RunState
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import NOON

SECOND = timedelta(seconds=1)


def submit(desk: LedgerDesk, count: int = 1, **fields: Any) -> list[Run]:  # noqa: ANN401 # any field of a run
    """Write runs as another process does: the ledger is not told."""
    new = desk.owe(**{"key": None, "cause": Cause.SUBMITTED, "inserted_at": NOON, **fields})
    with desk.database.begin() as transaction:
        return [run for run in transaction.insert_runs([new] * count) if run is not None]


def look(desk: LedgerDesk) -> None:
    """Have the ledger look around, whatever the store says."""
    desk.pulse(after=6)


def test_what_another_process_submits_is_announced_to_its_queue_and_to_listeners_once(desk: LedgerDesk) -> None:
    desk.load({})
    [run] = submit(desk, queue="low")
    desk.queue.take()
    look(desk)
    assert desk.queue.messages == [Available(queue="low")]
    [change] = desk.changes()
    assert (change.run_id, change.state, change.cause, change.queue, change.was) == (
        run.run_id,
        "available",
        "submitted",
        "low",
        None,
    )
    look(desk)
    assert desk.changes() == []


def test_a_delayed_submission_is_waited_for(desk: LedgerDesk) -> None:
    desk.load({})
    submit(desk, state=RunState.SCHEDULED, scheduled_at=NOON + 60 * SECOND, reason="delayed")
    look(desk)
    assert desk.scheduler.of(Delayed)[-1] == Delayed(at=NOON + 60 * SECOND)
    desk.clock.advance(60 * SECOND)
    desk.tell(Promote(until_at=NOON + 60 * SECOND))
    assert len(desk.claim()) == 1


def test_one_that_was_delayed_until_a_moment_that_has_passed_is_available_with_the_next_tick(desk: LedgerDesk) -> None:
    desk.load({})
    submit(desk, state=RunState.SCHEDULED, scheduled_at=NOON - SECOND, reason="delayed")
    look(desk)
    assert desk.scheduler.of(Delayed)[-1] == Delayed(at=NOON - SECOND)


def test_delays_survive_the_daemon_also_one_that_ended_before_it_saw_them(desk: LedgerDesk) -> None:
    desk.load({})
    submit(desk, state=RunState.SCHEDULED, scheduled_at=NOON + 60 * SECOND, reason="delayed")
    assert desk.successor().scheduler.of(Delayed) == [Delayed(at=NOON + 60 * SECOND)]


def test_very_many_submissions_are_taken_in_bounded_steps(desk: LedgerDesk) -> None:
    desk.load({})
    desk.events.take()
    submit(desk, count=TAKEN_AT_ONCE + 1)
    look(desk)
    assert len(desk.changes()) == TAKEN_AT_ONCE
    desk.pulse()
    assert len(desk.changes()) == 1


def test_a_delayed_submission_behind_very_many_others_is_waited_for_at_once(desk: LedgerDesk) -> None:
    desk.load({})
    submit(desk, count=2 * TAKEN_AT_ONCE, queue="low")
    submit(desk, state=RunState.SCHEDULED, scheduled_at=NOON + 60 * SECOND, reason="delayed", queue="high")
    look(desk)
    assert desk.scheduler.of(Delayed)[-1] == Delayed(at=NOON + 60 * SECOND)


def test_runs_that_the_ledger_has_written_itself_are_announced_once(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe()))
    assert desk.states() == ["available"]
    look(desk)
    assert desk.states() == []


def test_a_ledger_that_starts_anew_still_sees_what_came_meanwhile(desk: LedgerDesk) -> None:
    desk.load({})
    look(desk)
    [run] = submit(desk)
    desk.restart()
    desk.events.take()
    look(desk)
    assert [change.run_id for change in desk.changes()] == [run.run_id]


def test_one_that_a_queue_finds_first_is_told_as_inserted_before_it_is_started_and_once(desk: LedgerDesk) -> None:
    desk.load({})
    [run] = submit(desk)
    desk.claim()
    told = desk.changes()
    assert [kind_of(change) for change in told] == [EventKind.INSERTED, EventKind.STARTED]
    assert [(change.run_id, change.state, change.attempt, change.started_at) for change in told] == [
        (run.run_id, "available", 0, None),
        (run.run_id, "executing", 1, NOON),
    ]
    look(desk)
    assert desk.changes() == []


def test_a_delayed_one_whose_moment_comes_before_it_was_seen_is_told_as_inserted_first(desk: LedgerDesk) -> None:
    desk.load({})
    submit(desk, state=RunState.SCHEDULED, scheduled_at=NOON, reason="delayed")
    desk.tell(Promote(until_at=NOON))
    assert [(kind_of(change), change.reason) for change in desk.changes()] == [
        (EventKind.INSERTED, "delayed"),
        (EventKind.AVAILABLE, None),
    ]
    look(desk)
    assert desk.changes() == []
