from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.actors.postings import chains
from cron_actors.messages import FinishedExecution
from cron_actors.model.run import Cause, Outcome
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import NOON, finished

BACKUP = {"on_success": ["report"], "on_failure": ["alarm"]}


def manual(identifier: str, **mapping: object) -> dict[str, object]:
    return {"identifier": identifier, "manual": True, "periodicity": "1h", **mapping}


def ended(desk: LedgerDesk, outcome: Outcome, **mapping: object) -> FinishedExecution:
    """Return the report of the end of a run that starts others."""
    desk.load({**BACKUP, **mapping}, manual("report"), manual("alarm"))
    desk.tell(desk.due(desk.owe(due_at=desk.clock.now())))
    [launch] = desk.claim()
    desk.events.take()
    return finished(launch, outcome)


@pytest.mark.parametrize(("outcome", "job"), [(Outcome.SUCCESS, "report"), (Outcome.FAILURE, "alarm")])
def test_an_end_starts_the_jobs_that_are_to_follow_it_in_the_very_transaction(
    desk: LedgerDesk, outcome: Outcome, job: str
) -> None:
    end = ended(desk, outcome)
    before = desk.store.commits
    desk.tell(end)
    assert desk.store.commits == before + 1
    [launch] = desk.claim()
    run = launch.run
    assert (run.job, run.cause, run.cause_run_id, run.due_at) == (job, Cause.CHAIN, end.key.run_id, NOON)


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.INTERRUPTED])
def test_an_end_that_is_neither_success_nor_failure_starts_nothing(desk: LedgerDesk, outcome: Outcome) -> None:
    desk.tell(ended(desk, outcome))
    assert {change.job for change in desk.changes()} == {"backup"}


def test_a_failure_with_attempts_left_starts_nothing_yet(desk: LedgerDesk) -> None:
    desk.tell(ended(desk, Outcome.FAILURE, max_attempts=2))
    assert desk.states() == ["retryable: failed"]


def test_an_end_reported_twice_starts_one_run(desk: LedgerDesk) -> None:
    end = ended(desk, Outcome.SUCCESS)
    desk.tell(end, end)
    desk.tell(end)
    assert len(desk.claim()) == 1


def test_a_death_that_kills_a_run_for_good_starts_what_follows_a_failure(desk: LedgerDesk) -> None:
    ended(desk, Outcome.SUCCESS)
    for node in ("second", "third", "fourth"):
        desk = desk.successor(node)
        launches = desk.claim()
    assert [launch.run.job for launch in launches] == ["alarm"]


def test_the_overlap_policy_holds_for_what_follows_as_for_a_trigger(desk: LedgerDesk) -> None:
    desk.load(BACKUP, manual("report", overlap="skip"), manual("alarm"))
    desk.tell(*(desk.due(desk.owe(due_at=NOON + timedelta(minutes=number))) for number in range(2)))
    launches = desk.claim()
    desk.events.take()
    desk.tell(*map(finished, launches))
    assert sorted(desk.states()) == ["available", "completed", "completed", "skipped: overlap"]


def test_a_job_that_is_gone_is_told_once_and_holds_nobody_up(
    desk: LedgerDesk, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2):
        desk.load({"on_success": ["report", "gone"]}, manual("report"))
        desk.tell(desk.due(desk.owe(due_at=NOON + timedelta(minutes=number))))
        launch = desk.claim()[-1]
        desk.tell(finished(launch))
    told = [record.getMessage() for record in caplog.records if record.name == chains.__name__]
    assert told == ["backup: what its end is to start is not there: no job 'gone' is in force"]
    assert {launch.run.job for launch in desk.claim()} <= {"report"}


def test_what_follows_is_the_definition_in_force_when_the_end_came(desk: LedgerDesk) -> None:
    end = ended(desk, Outcome.SUCCESS)
    desk.load(BACKUP, manual("report", command="echo new"), manual("alarm"))
    desk.tell(end)
    [launch] = desk.claim()
    assert launch.run.definition == desk.record("report").definition
