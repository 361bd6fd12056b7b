from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cron_actors.actors.postings.loads import WALKED_AT_ONCE
from cron_actors.messages import Changed, Loaded, Recall
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import NOON, finished

MINUTE = timedelta(minutes=1)
CRON = {"cron": "* * * * * *", "periodicity": "7d"}  # the period comes with every job of the desk


def evaluated(desk: LedgerDesk) -> None:
    """Have ``backup`` evaluated up to noon, and its run performed."""
    desk.tell(finished(desk.launch()))
    desk.events.take()


def test_a_new_job_has_no_cursor_and_is_told_to_the_scheduler(desk: LedgerDesk) -> None:
    desk.load({})
    [active] = desk.recall().jobs
    assert active.job.identifier == "backup"
    assert (active.record.cursor_at, active.record.first_seen_at) == (None, NOON)


def test_an_unchanged_job_keeps_its_cursor_over_a_restart(desk: LedgerDesk) -> None:
    evaluated(desk)
    desk.clock.advance(timedelta(hours=1))
    second = desk.successor()
    second.load({})
    [active] = second.recall().jobs
    assert (active.record.cursor_at, active.record.changed_at) == (NOON, NOON)
    assert second.changes() == []


def test_a_changed_job_owes_what_its_old_definition_owed_up_to_the_load(desk: LedgerDesk) -> None:
    evaluated(desk)
    desk.clock.advance(3 * MINUTE + timedelta(seconds=30))
    desk.load({"periodicity": "1h"})
    changes = [(change.due_at, change.count, change.state, change.reason) for change in desk.changes()]
    assert sorted(changes) == [
        (NOON + MINUTE, 2, "skipped", "coalesced"),
        (NOON + 3 * MINUTE, 1, "available", None),
    ]
    assert desk.record().cursor_at == desk.clock.now()


def test_a_run_executes_the_definition_in_force_when_it_became_due(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe()))
    desk.load({"command": "false"})
    [launch] = desk.claim()
    assert launch.job.work.line == "true"  # type: ignore[union-attr] # it is a command


def test_the_waiting_runs_of_a_removed_job_are_cancelled_and_those_under_way_go_on(desk: LedgerDesk) -> None:
    launch = desk.launch()
    desk.tell(desk.due(desk.owe(due_at=NOON + MINUTE)))
    desk.events.take()
    desk.load({"identifier": "other"})
    assert desk.states() == ["cancelled: removed"]
    assert [active.job.identifier for active in desk.recall().jobs] == ["other"]
    desk.tell(finished(launch))
    assert desk.states() == ["completed"]


def test_a_removed_jobs_cursor_is_closed_at_the_load(desk: LedgerDesk) -> None:
    evaluated(desk)
    desk.clock.advance(timedelta(seconds=30))
    desk.load({"identifier": "other"})
    record = desk.record("backup")
    assert (record.removed_at, record.cursor_at, record.next_due_at) == (desk.clock.now(), desk.clock.now(), None)


def test_a_job_that_comes_back_starts_at_its_return(desk: LedgerDesk) -> None:
    evaluated(desk)
    desk.load({"identifier": "other"})
    desk.clock.advance(timedelta(hours=1))
    desk.load({})
    assert desk.record().cursor_at == desk.clock.now()
    assert desk.record("other").removed_at == desk.clock.now()


def test_a_month_of_missed_seconds_is_closed_in_one_load_without_a_row_for_each(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(periodicity="1s")))
    desk.events.take()
    desk.clock.advance(timedelta(days=30))
    desk.load({"periodicity": "1h"})
    changes = desk.changes()
    assert len(changes) < 20
    assert sum(change.count for change in changes) == 30 * 86_400


def test_an_old_definition_that_cannot_be_read_any_more_keeps_no_job_from_being_loaded(
    desk: LedgerDesk, caplog: pytest.LogCaptureFixture
) -> None:
    evaluated(desk)
    old = replace(desk.record(), definition=desk.unreadable())
    with desk.database.begin() as transaction:
        transaction.put_job(old)
    desk.clock.advance(MINUTE)
    desk.load({}, {"identifier": "other"})
    assert [active.job.identifier for active in desk.recall().jobs] == ["backup", "other"]
    assert "backup: what its old definition owed is not accounted for" in caplog.text


def test_a_long_backlog_of_a_changed_cron_job_is_closed_in_several_transactions_before_anybody_learns_of_the_load(
    desk: LedgerDesk,
) -> None:
    desk.tell(finished(desk.launch(**CRON)))
    desk.events.take()
    desk.scheduler.take()
    desk.clock.advance(timedelta(days=1))
    desk.load({"periodicity": "1h"})
    desk.tell(Recall())
    per_commit = [sum(change.count for change in changed.changes) for changed in desk.events.of(Changed)]
    assert len(per_commit) > 2
    assert max(per_commit) <= 2 * WALKED_AT_ONCE
    assert sum(per_commit) == 86_400
    [loaded] = desk.scheduler.of(Loaded)
    assert [active.record.cursor_at for active in loaded.jobs] == [desk.clock.now()]


def test_a_job_that_only_does_something_else_keeps_its_schedule_and_what_it_owes(desk: LedgerDesk) -> None:
    evaluated(desk)
    desk.clock.advance(3 * MINUTE)
    desk.load({"command": "false"})
    assert desk.changes() == []
    assert (desk.record().cursor_at, desk.record().changed_at) == (NOON, NOON)


def test_what_calls_a_function_that_there_is_not_is_missed_and_written_down(desk: LedgerDesk) -> None:
    desk.load({})
    desk.node.unresolved = frozenset({"backup"})
    desk.tell(desk.due(desk.owe()))
    assert [(change.state, change.reason) for change in desk.changes()] == [("missed", "no such function")]
    assert desk.claim() == ()
