from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cron_actors.actors.postings.loads import WALKED_AT_ONCE
from cron_actors.core.definitions import definition_of
from cron_actors.messages import Changed, Load, Loaded, Recall, Revised
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Outcome, RunState
from tests.fakes.ledger_desk import FOLDER, LedgerDesk
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


def test_the_scheduler_learns_the_order_of_the_file_also_when_only_that_has_changed(desk: LedgerDesk) -> None:
    desk.load({"identifier": "z"}, {"identifier": "a"})
    assert desk.recall().order == ("z", "a")
    desk.load({"identifier": "a"}, {"identifier": "z"})
    [revised] = desk.scheduler.of(Revised)
    assert (revised.jobs, revised.order) == ((), ("a", "z"))
    desk.restart()
    assert desk.recall().order == ("a", "z")


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


def test_a_load_while_the_daemon_runs_tells_the_scheduler_only_what_has_changed(desk: LedgerDesk) -> None:
    desk.load({}, {"identifier": "same"}, {"identifier": "gone"})
    desk.scheduler.take()
    desk.load({"command": "false"}, {"identifier": "same"}, {"identifier": "new"})
    [revised] = desk.scheduler.of(Revised)
    assert [active.job.identifier for active in revised.jobs] == ["backup", "new"]
    assert revised.removed == ("gone",)


def test_what_waits_of_a_re_timed_job_is_cancelled_unless_somebody_asked_for_it(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe()))
    number = desk.ask(RequestKind.TRIGGER, job="backup")
    desk.pulse()
    desk.events.take()
    desk.load({"periodicity": "1h"})
    assert desk.states() == ["cancelled: re-timed"]
    assert [launch.run.cause for launch in desk.claim()] == ["manual"]
    assert "available" in str(desk.answer(number))


def test_what_the_old_schedule_owes_at_the_load_is_not_cancelled_by_it(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(**CRON)))
    desk.events.take()
    desk.clock.advance(timedelta(days=1))  # more than one transaction closes
    desk.load({"periodicity": "1h"})
    assert "cancelled" not in {change.state for change in desk.changes()}


def test_what_was_evaluated_before_the_scheduler_heard_of_a_new_schedule_is_neither_lost_nor_doubled(
    desk: LedgerDesk,
) -> None:
    evaluated(desk)
    desk.clock.advance(MINUTE)
    late = desk.due(desk.owe(due_at=NOON + MINUTE))  # on its way while the load is posted
    desk.load({"periodicity": "1h"})
    before = desk.changes()
    assert [(change.due_at, change.state) for change in before] == [(NOON + MINUTE, "available")]
    desk.tell(late)
    assert desk.changes() == []
    assert desk.record().cursor_at == desk.clock.now()


def test_what_is_evaluated_by_a_scheduler_that_has_heard_of_the_load_is_written(desk: LedgerDesk) -> None:
    evaluated(desk)
    desk.load({"periodicity": "1h"})
    [*_, revised] = desk.scheduler.of(Revised)
    desk.tell(replace(desk.due(desk.owe(due_at=NOON + 60 * MINUTE)), load=revised.load))
    assert desk.states() == ["available"]


def test_a_source_that_is_gone_at_a_start_takes_its_jobs_with_it_but_not_those_of_other_kinds(desk: LedgerDesk) -> None:
    desk.load({})
    other = replace(desk.record(), identifier="of the api", source="api")
    with desk.database.begin() as transaction:
        transaction.put_job(other)
    second = desk.successor()
    second.tell(Load(jobs={"/other.json": ()}, every_file=True))
    assert [active.record.identifier for active in second.recall().jobs] == ["of the api"]
    assert second.record().removed_at is not None


def test_a_load_of_one_source_leaves_what_is_known_of_functions_of_others(desk: LedgerDesk) -> None:
    desk.node.unresolved = frozenset({"backup", "other"})
    desk.load({})
    assert desk.node.unresolved == {"other"}


def test_a_repaired_job_gets_its_dead_run_tried_once_more_as_it_is_now(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(command="false"), Outcome.FAILURE))
    assert desk.states() == ["discarded: failed"]
    desk.load({"command": "true"})
    assert desk.states() == ["available: revived"]
    [again] = desk.claim()
    assert (again.run.attempt, again.job.work.line) == (2, "true")  # type: ignore[union-attr] # it is a command
    desk.tell(finished(again))
    assert desk.run(again.run.run_id).state is RunState.COMPLETED


def test_a_dead_run_stays_dead_where_another_run_of_the_job_waits(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(command="false"), Outcome.FAILURE), desk.due(desk.owe(due_at=NOON + MINUTE)))
    desk.events.take()
    desk.load({"command": "true"})
    assert desk.states() == []


def test_a_dead_run_stays_dead_where_its_function_cannot_be_found(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(command="false"), Outcome.FAILURE))
    desk.events.take()
    definition = definition_of({"identifier": "backup", "command": "true", "periodicity": "1m"}, FOLDER)
    desk.tell(Load(jobs={"/jobs.json": (definition,)}, unresolved=frozenset({"backup"})))
    assert desk.states() == []


def test_a_job_that_is_loaded_as_it_was_revives_nothing(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(command="false"), Outcome.FAILURE))
    desk.events.take()
    second = desk.successor()
    second.load({"command": "false"})
    assert second.states() == []


@pytest.mark.parametrize(("ago", "state"), [(2 * MINUTE, "available"), (timedelta(days=2), "missed: too late")])
def test_a_moment_already_past_that_a_job_is_given_is_owed_as_by_a_new_job(
    desk: LedgerDesk, ago: timedelta, state: str
) -> None:
    evaluated(desk)
    desk.load({"periodicity": "7d", "run_at": (NOON - ago).isoformat()})
    assert desk.states() == [state]
    assert desk.record().cursor_at == NOON
    desk.load({"periodicity": "14d", "run_at": (NOON - ago).isoformat()})
    assert [name for name in desk.states() if name != "cancelled: re-timed"] == []
