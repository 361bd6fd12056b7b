from __future__ import annotations

from datetime import datetime, timedelta

from cron_actors.core.definitions import definition_of
from cron_actors.core.run_states import describe
from cron_actors.messages import Due, Load, Revised
from cron_actors.model.records import CursorMove, Pause, RequestKind, RunFilter
from tests.fakes.ledger_desk import FOLDER, USUAL, LedgerDesk
from tests.fakes.values import NOON

MINUTE = timedelta(minutes=1)


def ask(
    desk: LedgerDesk, kind: RequestKind, job: str | None = "backup", until_at: datetime | None = None
) -> str | None:
    number = desk.ask(kind, job=job, until_at=until_at)
    desk.scheduler.take()
    desk.pulse(after=0)
    return desk.answer(number)


def told(desk: LedgerDesk) -> dict[str, tuple[Pause, ...]]:
    """Return the pauses of the jobs of which the scheduler was told."""
    return {
        active.record.identifier: active.record.pauses
        for revised in desk.scheduler.of(Revised)
        for active in revised.jobs
    }


def test_a_pause_is_stored_and_told_to_the_scheduler_and_so_is_its_end(desk: LedgerDesk) -> None:
    desk.load({}, {"identifier": "other"})
    assert ask(desk, RequestKind.PAUSE) == "job 'backup' is paused until resumed"
    begun = Pause(paused_at=NOON, paused_by="somebody")
    assert told(desk) == {"backup": (begun,)}
    assert (desk.record().pauses, desk.record("other").pauses) == ((begun,), ())
    desk.clock.advance(MINUTE)
    assert ask(desk, RequestKind.RESUME) == "job 'backup' is not paused any more"
    ended = Pause(paused_at=NOON, paused_by="somebody", until_at=NOON + MINUTE)
    assert told(desk) == {"backup": (ended,)}
    assert desk.record().pauses == (ended,)
    assert ask(desk, RequestKind.RESUME) == "job 'backup' is not paused"


def test_a_pause_names_its_end(desk: LedgerDesk) -> None:
    desk.load({})
    answer = ask(desk, RequestKind.PAUSE, until_at=NOON + MINUTE)
    assert answer == "job 'backup' is paused until 2026-11-21T12:01:00Z"


def test_all_jobs_in_force_are_paused_and_resumed_at_once(desk: LedgerDesk) -> None:
    desk.load({}, {"identifier": "other"}, {"identifier": "gone"})
    desk.load({}, {"identifier": "other"})
    assert ask(desk, RequestKind.PAUSE, job=None) == "2 jobs are paused until resumed"
    assert set(told(desk)) == {"backup", "other"}
    assert ask(desk, RequestKind.RESUME, job=None) == "2 jobs are not paused any more"
    assert ask(desk, RequestKind.RESUME, job=None) == "no job is paused"


def test_an_unknown_or_removed_job_cannot_be_paused(desk: LedgerDesk) -> None:
    desk.load({}, {"identifier": "gone"})
    desk.load({})
    for job in ("nothing", "gone"):
        assert ask(desk, RequestKind.PAUSE, job=job) == f"there is no job '{job}'"
    assert desk.scheduler.of(Revised) == []


def test_what_was_evaluated_before_the_scheduler_knew_of_the_pause_is_not_written(desk: LedgerDesk) -> None:
    desk.load({})
    early = desk.due(desk.owe(due_at=NOON + MINUTE))
    ask(desk, RequestKind.PAUSE)
    desk.tell(early)
    assert desk.changes() == []
    assert desk.record().cursor_at is None


def test_requests_made_while_no_daemon_ran_are_carried_out_in_their_order_from_when_they_were_made(
    desk: LedgerDesk,
) -> None:
    desk.load({})
    desk.tell(Due(runs=(), accounts=(), moves=(CursorMove(job="backup", cursor_at=NOON, next_due_at=None),), load=9))
    for kind in (RequestKind.PAUSE, RequestKind.RESUME, RequestKind.PAUSE):
        desk.clock.advance(MINUTE)
        desk.ask(kind, job="backup")
    desk.clock.advance(60 * MINUTE)
    second = desk.successor()
    second.pulse(after=0)
    assert second.record().pauses == (
        Pause(paused_at=NOON + MINUTE, paused_by="somebody", until_at=NOON + 2 * MINUTE),
        Pause(paused_at=NOON + 3 * MINUTE, paused_by="somebody"),
    )


def test_a_pause_from_while_no_daemon_ran_bars_what_the_schedule_of_before_owed(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(Due(runs=(), accounts=(), moves=(CursorMove(job="backup", cursor_at=NOON, next_due_at=None),), load=9))
    desk.ask(RequestKind.PAUSE, job="backup")
    desk.clock.advance(60 * MINUTE)
    second = desk.successor()
    second.load({"periodicity": "7m"})
    [row] = second.database.reader().runs(RunFilter(job="backup"))
    assert (describe(row.state, row.reason), row.count) == ("skipped: paused", 60)


def test_a_job_that_is_paused_before_a_daemon_has_seen_it_is_paused_at_its_first_tick(desk: LedgerDesk) -> None:
    number = desk.ask(RequestKind.PAUSE, job="backup")
    second = desk.successor()
    assert second.answer(number) is None
    second.tell(Load(jobs={"/jobs.json": (definition_of(USUAL, FOLDER),)}, every_file=True))
    [active] = second.recall().jobs
    assert active.record.pauses == (Pause(paused_at=NOON, paused_by="somebody"),)
    assert second.answer(number) == "job 'backup' is paused until resumed"


def test_a_pause_survives_a_restart_and_a_load(desk: LedgerDesk) -> None:
    desk.load({})
    ask(desk, RequestKind.PAUSE)
    second = desk.successor()
    second.load({"timeout": "5s"})
    [active] = second.recall().jobs
    assert active.record.pauses == (Pause(paused_at=NOON, paused_by="somebody"),)


def test_a_job_that_comes_back_is_still_paused(desk: LedgerDesk) -> None:
    desk.load({})
    ask(desk, RequestKind.PAUSE)
    desk.load({"identifier": "other"})
    desk.scheduler.take()
    desk.load({})
    assert told(desk)["backup"] == (Pause(paused_at=NOON, paused_by="somebody"),)


def test_a_trigger_runs_a_paused_job(desk: LedgerDesk) -> None:
    desk.load({})
    ask(desk, RequestKind.PAUSE)
    assert str(ask(desk, RequestKind.TRIGGER)).endswith(": available")
    assert len(desk.claim()) == 1
