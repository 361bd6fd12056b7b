from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.messages import Launch
from cron_actors.model.job import Json
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Outcome
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import finished


def dead(desk: LedgerDesk) -> int:
    """Return the id of a run that failed for good."""
    launch = desk.launch()
    desk.tell(finished(launch, Outcome.FAILURE))
    desk.events.take()
    return launch.run.run_id


def request(desk: LedgerDesk, kind: RequestKind, payload: Json) -> str | None:
    number = desk.ask(kind, payload=payload)
    desk.pulse()
    return desk.answer(number)


def retry(desk: LedgerDesk, *run_ids: Json) -> str | None:
    return request(desk, RequestKind.RETRY_DEAD, {"run_ids": list(run_ids)})


def test_a_dead_letter_retried_by_hand_gets_one_more_attempt_each_time(desk: LedgerDesk) -> None:
    run_id = dead(desk)
    for attempt in (2, 3):
        assert retry(desk, run_id) == f"run {run_id}: tried again"
        assert desk.states() == ["available: retried by hand"]
        [launch] = desk.claim()
        assert (launch.run.run_id, launch.run.attempt) == (run_id, attempt)
        desk.events.take()
        desk.tell(finished(launch, Outcome.FAILURE))
        assert desk.states() == ["discarded: failed"]


def test_a_retry_keeps_the_attempts_that_a_run_has_left_and_its_history(desk: LedgerDesk) -> None:
    launch = desk.launch(max_attempts=5)
    desk.tell(finished(launch, Outcome.DISCARDED))
    retry(desk, launch.run.run_id)
    [again] = desk.claim()
    assert (again.run.attempt, again.run.max_attempts) == (2, 5)
    assert [attempt.attempt for attempt in desk.database.reader().attempts(launch.run.run_id)] == [1, 2]


def test_many_are_retried_at_once_and_those_that_are_not_dead_are_counted(desk: LedgerDesk) -> None:
    first = dead(desk)
    desk.clock.advance(timedelta(minutes=1))
    second = dead(desk)
    assert retry(desk, first, second) == "2 runs tried again"
    assert retry(desk, first, second, 999) == "0 runs tried again; 3 were no dead letters"
    assert len(desk.claim()) == 2


def test_one_that_is_no_dead_letter_is_named(desk: LedgerDesk) -> None:
    launch: Launch = desk.launch()
    assert retry(desk, launch.run.run_id) == f"run {launch.run.run_id} is no dead letter"


def test_a_dead_letter_is_put_away_once_and_keeps_its_state(desk: LedgerDesk) -> None:
    run_id = dead(desk)
    payload: Json = {"run_ids": [run_id]}
    assert request(desk, RequestKind.DISMISS_DEAD, payload) == f"run {run_id}: dismissed"
    assert request(desk, RequestKind.DISMISS_DEAD, payload) == f"run {run_id} is no dead letter"
    assert (desk.run(run_id).state, desk.run(run_id).dismissed_at is None) == ("discarded", False)


def test_one_whose_definition_cannot_be_read_any_more_is_dead_again_when_its_turn_comes(desk: LedgerDesk) -> None:
    desk.load({})
    broken = desk.owe(definition="unknown")
    with desk.database.begin() as transaction:
        [run] = transaction.insert_runs([broken])
    assert run is not None
    desk.claim()
    assert retry(desk, run.run_id) == f"run {run.run_id}: tried again"
    assert desk.claim() == ()
    assert desk.run(run.run_id).state == "discarded"


@pytest.mark.parametrize("payload", [None, {}, {"run_ids": "all"}, {"run_ids": [True, "1", 1.5]}])
def test_a_request_that_names_no_runs_does_nothing(desk: LedgerDesk, payload: Json) -> None:
    dead(desk)
    assert request(desk, RequestKind.RETRY_DEAD, payload) == "0 runs tried again"
    assert desk.claim() == ()
