from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cron_actors.core.reconciliation import Reconciliation, reconcile
from cron_actors.model.records import JobRecord
from tests.fakes.values import NOON

EARLIER = NOON - timedelta(hours=1)


def row(identifier: str = "backup", definition: str = "old", source: str = "file") -> JobRecord:
    """Return the row of a job that was evaluated up to eleven."""
    return JobRecord(
        identifier=identifier,
        source=source,
        definition=definition,
        first_seen_at=EARLIER,
        changed_at=EARLIER,
        cursor_at=EARLIER,
        next_due_at=NOON,
    )


def load(*definitions: tuple[str, str], rows: tuple[JobRecord, ...] = (), source: str = "file") -> Reconciliation:
    return reconcile({record.identifier: record for record in rows}, {source: definitions}, NOON)


def test_a_job_never_seen_is_written_without_a_cursor() -> None:
    changes = load(("backup", "new"))
    new = JobRecord(identifier="backup", source="file", definition="new", first_seen_at=NOON, changed_at=NOON)
    assert changes == Reconciliation(closing=(), rows=(new,), removed=())
    assert new.cursor_at is None


def test_an_unchanged_job_is_not_touched() -> None:
    assert load(("backup", "old"), rows=(row(),)) == Reconciliation(closing=(), rows=(), removed=())


def test_a_changed_job_closes_its_old_account_and_starts_anew_at_the_load() -> None:
    changes = load(("backup", "new"), rows=(row(),))
    assert changes.closing == (row(),)
    [written] = changes.rows
    assert (written.definition, written.changed_at, written.cursor_at) == ("new", NOON, NOON)
    assert written.first_seen_at == EARLIER
    assert changes.removed == ()


def test_a_job_that_is_not_named_any_more_is_closed_and_removed() -> None:
    changes = load(rows=(row(),))
    assert changes.closing == (row(),)
    [written] = changes.rows
    assert (written.removed_at, written.cursor_at, written.next_due_at) == (NOON, NOON, None)
    assert changes.removed == ("backup",)


def test_a_removed_job_is_removed_only_once() -> None:
    gone = replace(row(), removed_at=EARLIER)
    assert load(rows=(gone,)) == Reconciliation(closing=(), rows=(), removed=())


def test_a_job_that_comes_back_owes_nothing_of_the_time_between() -> None:
    gone = replace(row(), removed_at=EARLIER)
    changes = load(("backup", "old"), rows=(gone,))
    [written] = changes.rows
    assert (written.removed_at, written.cursor_at, written.first_seen_at) == (None, NOON, NOON)
    assert changes.closing == ()


def test_a_changed_job_that_was_never_evaluated_is_still_new() -> None:
    unseen = replace(row(), cursor_at=None)
    [written] = load(("backup", "new"), rows=(unseen,)).rows
    assert (written.definition, written.cursor_at, written.first_seen_at) == ("new", None, NOON)


def test_jobs_of_another_source_are_left_alone() -> None:
    assert load(rows=(row(source="api"),)) == Reconciliation(closing=(), rows=(), removed=())


def test_an_identifier_belongs_to_the_source_that_named_it_last() -> None:
    changes = load(("backup", "old"), rows=(row(source="api"),))
    assert [record.source for record in changes.rows] == ["file"]
    assert changes.rows[0].cursor_at == EARLIER
    [written] = load(("backup", "new"), rows=(row(source="api"),)).rows
    assert written.source == "file"


def test_only_the_jobs_that_differ_are_written() -> None:
    changes = load(("a", "old"), ("b", "new"), ("d", "x"), rows=(row("a"), row("b"), row("c")))
    assert [record.identifier for record in changes.rows] == ["b", "d", "c"]
    assert changes.removed == ("c",)


def test_a_job_whose_schedule_is_the_same_goes_on_where_it_was_whatever_else_changed() -> None:
    changes = reconcile({"backup": row()}, {"file": (("backup", "new"),)}, NOON, {"backup"})
    assert changes == Reconciliation(closing=(), rows=(replace(row(), definition="new"),), removed=())


def test_a_load_after_the_clock_was_set_back_moves_no_cursor_back() -> None:
    ahead = replace(row(), cursor_at=NOON + timedelta(hours=2))
    [changed] = load(("backup", "new"), rows=(ahead,)).rows
    [removed] = load(rows=(ahead,)).rows
    [back] = load(("backup", "old"), rows=(replace(ahead, removed_at=NOON),)).rows
    assert {record.cursor_at for record in (changed, removed, back)} == {NOON + timedelta(hours=2)}


def test_a_job_whose_first_sight_nobody_survived_is_owed_from_then_on() -> None:
    [written] = load(("backup", "old"), rows=(replace(row(), cursor_at=None),)).rows
    assert written.cursor_at == EARLIER
    just_now = replace(row(), cursor_at=None, first_seen_at=NOON - timedelta(seconds=5))
    assert load(("backup", "old"), rows=(just_now,)).rows == ()
