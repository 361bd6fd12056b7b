from __future__ import annotations

from typing import Any

import pytest

from cron_actors.core.definitions import definition_of
from cron_actors.core.run_states import describe
from cron_actors.messages import Load
from cron_actors.model.records import Pause, RequestKind, RunFilter
from tests.fakes.ledger_desk import FOLDER, LedgerDesk
from tests.fakes.store import Refusal
from tests.fakes.values import NOON, finished


def start(desk: LedgerDesk, boot: str = "one", **job: Any) -> None:  # noqa: ANN401 # any key of a job
    """Load the job as a daemon does at its start."""
    desk.node.boot = boot
    definition = definition_of({"identifier": "warm-up", "command": "true", **job}, FOLDER)
    desk.tell(Load(jobs={"/jobs.json": (definition,)}, every_file=True))


def stands(desk: LedgerDesk) -> list[str]:
    runs = desk.database.reader().runs(RunFilter(job="warm-up"))
    assert {run.cause for run in runs} <= {"startup"}
    return [describe(run.state, run.reason) for run in reversed(runs)]


def test_a_boot_owes_one_run_however_often_the_daemon_starts(desk: LedgerDesk) -> None:
    start(desk, at_startup=True)
    assert stands(desk) == ["available"]
    [launch] = desk.claim()
    assert (launch.run.due_at, launch.run.exempt) == (NOON, True)
    desk.tell(finished(launch))
    second = desk.successor()
    start(second, at_startup=True)
    assert stands(second) == ["completed"]
    third = second.successor("third")
    start(third, boot="two", at_startup=True)
    assert stands(third) == ["completed", "available"]


def test_a_daemon_that_died_before_it_had_written_its_load_owes_the_run_at_the_next_start(desk: LedgerDesk) -> None:
    desk.store.refuses = Refusal.COMMIT
    start(desk, at_startup=True)
    assert stands(desk) == []
    second = desk.successor()
    start(second, at_startup=True)
    assert stands(second) == ["available"]


def test_every_start_owes_one_run_but_a_reload_none(desk: LedgerDesk) -> None:
    start(desk, at_startup="every_start")
    desk.load({"identifier": "warm-up", "at_startup": "every_start", "periodicity": "1d", "timeout": "5s"})
    assert stands(desk) == ["available"]
    second = desk.successor()
    start(second, at_startup="every_start", overlap="skip")
    assert stands(second) == ["available", "skipped: overlap"]


def test_a_job_that_a_reload_brings_waits_for_the_next_start(desk: LedgerDesk) -> None:
    desk.load({"identifier": "warm-up", "at_startup": True})
    assert stands(desk) == []
    start(desk.successor(), at_startup=True)
    assert stands(desk) == ["available"]


def test_a_start_while_the_job_is_paused_is_skipped_and_not_owed_after_it(desk: LedgerDesk) -> None:
    desk.load({"identifier": "warm-up", "manual": True})
    with desk.database.begin() as transaction:
        transaction.put_pause("warm-up", Pause(paused_at=NOON, paused_by="me"))
    for number in range(2):
        start(desk.successor(str(number)), at_startup=True)
    assert stands(desk) == ["skipped: paused"]


def test_a_pause_that_was_ended_before_the_start_bars_nothing(desk: LedgerDesk) -> None:
    desk.load({"identifier": "warm-up", "manual": True})
    desk.ask(RequestKind.PAUSE, job="warm-up")
    desk.pulse()
    desk.ask(RequestKind.RESUME, job="warm-up")
    start(desk.successor(), at_startup=True)
    assert stands(desk) == ["available"]


@pytest.mark.parametrize("keep", [None, 0])
def test_what_a_boot_owed_is_remembered_longer_than_the_history(desk: LedgerDesk, keep: int | None) -> None:
    start(desk, at_startup=True)
    [launch] = desk.claim()
    desk.tell(finished(launch))
    with desk.database.begin() as transaction:
        assert transaction.prune(NOON.replace(year=2030), keep) == 0
    start(desk.successor(), at_startup=True)
    assert stands(desk) == ["completed"]
