from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.messages import Backlog, Balance, Load, Queues, RecallQueue, Shares, Want, Weigh
from cron_actors.model.job import Json
from cron_actors.model.queue import QueueRecord, QueueState
from cron_actors.model.records import RequestKind
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import NOON

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def record(desk: LedgerDesk, name: str) -> QueueRecord:
    with desk.database.begin() as transaction:
        return next(record for record in transaction.queues() if record.name == name)


def told(desk: LedgerDesk) -> dict[str, QueueState]:
    """Return and forget the queues that the Queue was told of last; none if it was told of none."""
    last = [message for message in desk.queue.take() if isinstance(message, Queues)][-1:]
    return {state.queue.name: state for queues in last for state in queues.queues}


def request(desk: LedgerDesk, kind: RequestKind, queue: str, **entry: Json) -> str | None:
    """Ask for something and return the answer."""
    number = desk.ask(kind, payload={"queue": queue, **entry})
    desk.pulse()
    return desk.answer(number)


def owe_in(desk: LedgerDesk, queue: str, count: int) -> None:
    """Have so many runs wait in the queue."""
    desk.load({}, queues={"mail": {}, "limited": {"rate_limit": "3/1m"}})
    owed = desk.owe(key=None, queue=queue)
    with desk.database.begin() as transaction:
        transaction.insert_runs([owed] * count)


def test_one_claim_serves_several_queues_each_for_itself(desk: LedgerDesk) -> None:
    owe_in(desk, "mail", 3)
    owe_in(desk, "default", 1)
    granted = desk.claims(Want(queue="mail", runs=2), Want(queue="default", runs=2), Want(queue="low", runs=1))
    assert [(one.queue, one.asked, len(one.launches)) for one in granted] == [
        ("mail", 2, 2),
        ("default", 2, 1),
        ("low", 1, 0),
    ]
    assert {launch.run.queue for launch in granted[0].launches} == {"mail"}


def test_no_more_runs_begin_than_the_rate_limit_lets_and_the_answer_says_when_the_next_may(desk: LedgerDesk) -> None:
    owe_in(desk, "limited", 9)
    [first] = desk.claims(Want(queue="limited", runs=2))
    assert (len(first.launches), first.again_at) == (2, None)
    desk.clock.advance(20 * SECOND)
    [second] = desk.claims(Want(queue="limited", runs=5))
    assert (len(second.launches), second.again_at) == (1, NOON + MINUTE)
    [third] = desk.claims(Want(queue="limited", runs=5))
    assert (len(third.launches), third.again_at) == (0, NOON + MINUTE)
    desk.clock.advance(40 * SECOND)
    [fourth] = desk.claims(Want(queue="limited", runs=5))
    assert (len(fourth.launches), fourth.again_at) == (2, NOON + MINUTE + 20 * SECOND)


def test_a_limit_of_which_nothing_is_held_back_does_not_speak_of_a_time(desk: LedgerDesk) -> None:
    owe_in(desk, "limited", 1)
    [granted] = desk.claims(Want(queue="limited", runs=3))
    assert (len(granted.launches), granted.again_at) == (1, None)


def test_a_rate_limit_survives_the_daemon(desk: LedgerDesk) -> None:
    owe_in(desk, "limited", 9)
    desk.claims(Want(queue="limited", runs=3))
    [granted] = desk.successor().claims(Want(queue="limited", runs=3))
    assert (len(granted.launches), granted.again_at) == (0, NOON + MINUTE)


def test_the_queue_hears_of_every_change_of_what_is_in_force_and_of_nothing_else(desk: LedgerDesk) -> None:
    desk.queue.take()
    desk.load({}, queues={"mail": {"parallelism": 2}})
    assert told(desk)["mail"].queue.parallelism == 2
    desk.load({}, queues={"mail": {"parallelism": 2}})
    assert told(desk) == {}
    desk.load({}, queues={"mail": {"parallelism": 3}})
    assert told(desk)["mail"].queue.parallelism == 3


def test_a_queue_that_its_file_names_no_more_goes_on_serving_and_reserves_no_workers(desk: LedgerDesk) -> None:
    desk.load({}, queues={"mail": {"parallelism": 2, "min_workers": 2}})
    desk.load({})
    state = told(desk)["mail"]
    assert (state.queue.parallelism, state.queue.min_workers) == (2, 0)
    assert record(desk, "mail").removed_at == NOON


def test_a_file_that_is_gone_at_a_start_takes_its_queues_with_it(desk: LedgerDesk) -> None:
    desk.load({}, queues={"mail": {}})
    desk.tell(Load(jobs={"/other.json": ()}, every_file=True))
    assert record(desk, "mail").removed_at == NOON


def test_a_queue_is_added_changed_paused_and_resumed_durably_with_who_and_when(desk: LedgerDesk) -> None:
    assert request(desk, RequestKind.ADD_QUEUE, "mail", parallelism=2) == "queue 'mail' added"
    assert request(desk, RequestKind.RESIZE_QUEUE, "mail", parallelism=5) == "queue 'mail' changed"
    state = told(desk)["mail"]
    assert (state.queue.parallelism, state.paused) == (5, False)
    assert request(desk, RequestKind.PAUSE_QUEUE, "mail") == "queue 'mail' is paused"
    assert told(desk)["mail"].paused
    row = record(desk, "mail")
    assert (row.changed_by, row.changed_at, row.paused_by) == ("somebody", NOON + SECOND, "somebody")
    second = desk.successor()
    second.tell(RecallQueue())
    assert told(second)["mail"].paused
    assert request(second, RequestKind.RESUME_QUEUE, "mail") == "queue 'mail' is not paused any more"
    assert not told(second)["mail"].paused
    assert request(second, RequestKind.RESUME_QUEUE, "mail") == "queue 'mail' is not paused"


def test_a_built_in_queue_can_be_resized(desk: LedgerDesk) -> None:
    assert request(desk, RequestKind.RESIZE_QUEUE, "low", weight=7) == "queue 'low' changed"
    assert told(desk)["low"].queue.weight == 7


@pytest.mark.parametrize(
    ("kind", "queue", "entry", "answer"),
    [
        (RequestKind.RESIZE_QUEUE, "lwo", {"weight": 3}, "'lwo', did you mean 'low'?"),
        (RequestKind.PAUSE_QUEUE, "mail", {}, "accepted: a queue: critical, default, high, low, wait_room"),
        (RequestKind.ADD_QUEUE, "low", {}, "there is a queue 'low' already"),
        (RequestKind.ADD_QUEUE, "a/b", {}, "'a/b'"),
        (RequestKind.ADD_QUEUE, "DEFAULT", {}, "differs from the queue 'default' only in its spelling"),
        (RequestKind.ADD_QUEUE, "mail", {"parallelism": 0}, "parallelism: found the number 0"),
        (RequestKind.RESIZE_QUEUE, "low", {"weight": "much"}, "weight: found"),
        (RequestKind.ADD_QUEUE, "mail", {"min_workers": 181}, "MAX_WORKERS, which is 200"),
        (RequestKind.RESIZE_QUEUE, "low", {"min_workers": 183}, "MAX_WORKERS, which is 200"),
    ],
)
def test_what_cannot_be_done_to_a_queue_is_refused_in_one_line_and_changes_nothing(
    desk: LedgerDesk, kind: RequestKind, queue: str, entry: dict[str, Json], answer: str
) -> None:
    desk.queue.take()
    text = request(desk, kind, queue, **entry)
    assert text is not None
    assert answer in text
    assert "\n" not in text
    assert told(desk) == {}


@pytest.mark.parametrize("payload", [None, [], {}, {"queue": 5}])
def test_a_request_that_names_no_queue_is_answered(desk: LedgerDesk, payload: Json) -> None:
    number = desk.ask(RequestKind.RESIZE_QUEUE, payload=payload)
    desk.pulse()
    assert desk.answer(number) == "the request names no queue"


def test_minimums_beyond_all_workers_do_not_keep_a_queue_from_asking_for_fewer(desk: LedgerDesk) -> None:
    desk.node.max_workers = 3
    assert request(desk, RequestKind.RESIZE_QUEUE, "critical", min_workers=9) == "queue 'critical' changed"


def test_a_queue_with_runs_under_way_can_be_paused(desk: LedgerDesk) -> None:
    owe_in(desk, "mail", 2)
    desk.claims(Want(queue="mail", runs=1))
    assert request(desk, RequestKind.PAUSE_QUEUE, "mail") == "queue 'mail' is paused"


def test_a_balance_asked_for_is_passed_on(desk: LedgerDesk) -> None:
    number = desk.ask(RequestKind.BALANCE)
    desk.pulse()
    assert desk.queue.of(Balance) == [Balance()]
    assert desk.answer(number) == "the workers are shared out anew"


def test_what_waits_is_weighed_and_the_shares_are_kept(desk: LedgerDesk) -> None:
    owe_in(desk, "mail", 3)
    desk.queue.take()
    desk.tell(Weigh(), Shares(shares={"mail": 7}))
    assert desk.queue.of(Backlog) == [Backlog(waiting={"mail": 3})]
    assert record(desk, "mail").share == 7
    assert told(desk) == {}, "the Queue knows what it has said itself"
    desk.tell(RecallQueue())
    assert told(desk)["mail"].share == 7


def test_settings_that_cannot_be_read_any_more_are_those_of_any_queue(
    desk: LedgerDesk, caplog: pytest.LogCaptureFixture
) -> None:
    with desk.database.begin() as transaction:
        transaction.put_queue(QueueRecord(name="mail", source="/jobs.json", declared='{"weight":"heavy"}'))
    second = desk.successor()
    second.tell(RecallQueue())
    assert told(second)["mail"].queue.weight == 8
    assert "queue mail: its settings cannot be read any more: weight" in caplog.text
