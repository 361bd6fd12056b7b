from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.actors.postings.chores import ENOUGH_FOR_REST
from cron_actors.actors.shell import Box
from cron_actors.core.definitions import definition_of
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Available, Drain, Knock, Load, Revised
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Cause, NewRun
from tests.fakes.ledger_desk import FOLDER, LedgerDesk
from tests.fakes.mail import deliver
from tests.fakes.store import Refusal
from tests.fakes.values import NOON, QUEUE, finished

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HALF = ENOUGH_FOR_REST // 2


@pytest.fixture
def calm(desk: LedgerDesk) -> LedgerDesk:
    """Return the desk of a daemon that has looked around, and does so again in a minute."""
    desk.node.poll_interval = MINUTE
    desk.load({})
    desk.pulse()
    desk.queue.take()
    desk.events.take()
    return desk


def wanted(desk: LedgerDesk) -> NewRun:
    return desk.owe(key=None, cause=Cause.SUBMITTED, inserted_at=NOON)


def test_a_knock_finds_what_was_submitted_at_once_and_so_does_no_pulse_before_it_is_time(calm: LedgerDesk) -> None:
    [run_id] = calm.submit(wanted(calm))
    calm.pulse()
    assert calm.changes() == []
    calm.tell(Knock())
    assert calm.queue.messages == [Available(queue=QUEUE)]
    assert [change.run_id for change in calm.changes()] == [run_id]


def test_a_knock_finds_a_request_at_once(calm: LedgerDesk) -> None:
    request = calm.ask(RequestKind.TRIGGER, job="backup")
    calm.tell(Knock())
    assert "available" in (calm.answer(request) or "")
    assert calm.queue.of(Available) == [Available(queue=QUEUE)]


def test_many_knocks_are_one_look_and_one_transaction(calm: LedgerDesk) -> None:
    calm.submit(wanted(calm))
    commits, looks = calm.store.commits, calm.store.looks
    calm.tell(*[Knock()] * 100)
    assert (calm.store.commits, calm.store.looks) == (commits + 1, looks + 1)
    assert len(calm.changes()) == 1


def test_a_knock_for_nothing_writes_nothing(calm: LedgerDesk) -> None:
    commits = calm.store.commits
    calm.tell(Knock())
    assert calm.store.commits == commits


def test_a_knock_writes_no_heartbeat(calm: LedgerDesk) -> None:
    [before] = calm.database.reader().nodes()
    calm.clock.advance(MINUTE)
    calm.submit(wanted(calm))
    calm.tell(Knock())
    assert calm.database.reader().nodes() == [before]


def test_the_store_has_a_rest_after_a_herd_once_little_else_is_to_be_done(calm: LedgerDesk) -> None:
    for number in range(2):
        calm.tell(calm.due(*(calm.owe(due_at=NOON + (number * HALF + one) * SECOND) for one in range(HALF))))
        calm.pulse()
        assert calm.store.rests == 0, "they have just been written"
    calm.pulse()
    assert calm.store.rests == 1
    calm.pulse()
    assert calm.store.rests == 1, "nothing was written since"


@pytest.mark.parametrize("refusal", [Refusal.LOOK, Refusal.BEGIN, Refusal.COMMIT])
def test_what_a_knock_could_not_look_for_is_found_once_the_store_can_be_written(
    calm: LedgerDesk, refusal: Refusal
) -> None:
    calm.store.refuses = refusal
    [run_id] = calm.submit(wanted(calm))
    calm.tell(Knock())
    for _ in range(100):
        calm.tell(Knock())
    assert len(calm.ledger._kept) <= 1, "whoever rings must not make a busy store's mail grow"
    calm.store.refuses = None
    calm.pulse()
    assert [change.run_id for change in calm.changes()] == [run_id]


def test_what_a_knock_found_beside_a_message_that_cannot_be_posted_is_not_lost_with_it(calm: LedgerDesk) -> None:
    poison = calm.due(calm.owe(definition="a definition that is not stored"))
    [run_id] = calm.submit(wanted(calm))
    with pytest.raises(InvalidValueError):
        calm.tell(poison, Knock())
    assert [change.run_id for change in calm.changes()] == [run_id]


def test_a_knock_amid_a_load_of_several_transactions_is_answered_before_its_end(desk: LedgerDesk) -> None:
    desk.tell(finished(desk.launch(cron="* * * * * *", periodicity="7d")))
    desk.clock.advance(timedelta(days=1))
    changed = definition_of({"identifier": "backup", "command": "true", "periodicity": "1h"}, FOLDER)
    Box(desk.inbox).tell(Load(jobs={"/jobs.json": (changed,)}))
    deliver(desk.ledger, most=1)
    [run_id] = desk.submit(wanted(desk))
    desk.queue.take()
    desk.events.take()
    desk.scheduler.take()
    Box(desk.inbox).tell(Knock())
    deliver(desk.ledger, most=1)
    assert run_id in {change.run_id for change in desk.changes()}
    assert desk.scheduler.of(Revised) == [], "the load goes on"
    deliver(desk.ledger)
    assert len(desk.scheduler.of(Revised)) == 1


def test_a_knock_at_a_daemon_that_stops_has_requests_answered(calm: LedgerDesk) -> None:
    [run_id] = calm.submit(wanted(calm))
    calm.tell(Knock(), Drain(finish=False, grace=None))
    request = calm.ask(RequestKind.CANCEL, run_id=run_id)
    calm.tell(Knock())
    assert (calm.run(run_id).state, bool(calm.answer(request))) == ("cancelled", True)
