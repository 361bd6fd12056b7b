from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cron_actors.actors.shell import Box
from cron_actors.errors import InvalidValueError
from cron_actors.messages import (
    Available,
    Changed,
    Claim,
    Claimed,
    Drain,
    Drained,
    Due,
    Load,
    Pulse,
    Recorded,
    Trouble,
    Want,
)
from cron_actors.model.records import RequestKind
from cron_actors.model.run import Outcome
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.mail import deliver
from tests.fakes.store import Refusal
from tests.fakes.values import NOON, QUEUE, finished

MINUTE = timedelta(minutes=1)
DRAIN = Drain(finish=False, grace=None)


def poison(desk: LedgerDesk) -> Due:
    """Return a message that no store can post."""
    return desk.due(replace(desk.owe(), definition="a definition that is not stored"))


def test_a_mailbox_full_is_one_transaction(desk: LedgerDesk) -> None:
    desk.load({})
    before = desk.store.commits
    desk.tell(*(desk.due(desk.owe(due_at=NOON + number * MINUTE)) for number in range(50)), DRAIN)
    assert desk.store.commits == before + 1
    assert len(desk.scheduler.of(Recorded)) == 50
    assert len(desk.changes()) == 50


def test_a_message_is_answered_only_after_the_commit(desk: LedgerDesk) -> None:
    desk.load({})
    desk.store.refuses = Refusal.COMMIT
    desk.events.take()
    desk.scheduler.take()
    desk.tell(desk.due(desk.owe()), Claim(wants=(Want(queue=QUEUE, runs=5),)), DRAIN)
    assert (desk.scheduler.messages, desk.queue.messages, desk.events.messages) == ([], [], [])


def test_what_became_available_is_announced_to_its_queue_and_to_listeners(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(desk.due(desk.owe()))
    assert desk.queue.take() == [Available(queue=QUEUE)]
    [news] = desk.events.of(Changed)
    assert [change.state for change in news.changes] == ["available"]


def test_a_drain_leaves_last_so_that_it_overtakes_nothing(desk: LedgerDesk) -> None:
    desk.load({})
    desk.tell(DRAIN, desk.due(desk.owe()), Claim(wants=(Want(queue=QUEUE, runs=1),)))
    assert [type(message) for message in desk.queue.messages] == [Claimed, Available, Drain]


@pytest.mark.parametrize("refusal", [Refusal.BEGIN, Refusal.COMMIT])
def test_while_the_store_is_busy_nothing_is_lost_and_all_is_written_once_it_is_not(
    desk: LedgerDesk, refusal: Refusal
) -> None:
    desk.load({})
    desk.store.refuses = refusal
    desk.tell(desk.due(desk.owe()))
    desk.tell(desk.due(desk.owe(due_at=NOON + MINUTE)))
    desk.pulse()
    desk.tell(desk.due(desk.owe(due_at=NOON + 2 * MINUTE)))
    assert desk.scheduler.of(Recorded) == []
    desk.store.refuses = None
    desk.tell(desk.due(desk.owe(due_at=NOON + 3 * MINUTE)))
    assert desk.scheduler.of(Recorded) == [], "a store that was busy is tried again with the next pulse"
    desk.pulse()
    assert len(desk.scheduler.of(Recorded)) == 4
    assert [change.due_at for change in desk.changes()] == [NOON + number * MINUTE for number in range(4)]


def test_a_store_too_busy_to_be_looked_at_loses_no_mail(desk: LedgerDesk) -> None:
    desk.load({})
    desk.store.refuses = Refusal.LOOK
    now = desk.clock.now()
    desk.tell(desk.due(desk.owe()), Pulse(at=now, monotonic=0.0, ticks=0))
    desk.store.refuses = None
    desk.pulse()
    assert len(desk.scheduler.of(Recorded)) == 1
    assert len(desk.claim()) == 1


def test_the_wait_for_a_busy_store_is_said_once_and_so_is_its_end(
    desk: LedgerDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.load({})
    desk.store.refuses = Refusal.COMMIT
    desk.tell(desk.due(desk.owe()))
    for _ in range(3):
        desk.pulse()
    desk.store.refuses = None
    desk.pulse()
    assert [record.message for record in caplog.records] == [
        "the store cannot be written, nothing is launched until it can: database or disk is full",
        "the store can be written again",
    ]


def test_a_message_that_cannot_be_posted_is_the_only_one_lost(desk: LedgerDesk) -> None:
    desk.load({})
    due = [desk.due(desk.owe(due_at=NOON + number * MINUTE)) for number in range(4)]
    with pytest.raises(InvalidValueError):
        desk.tell(due[0], due[1], poison(desk), due[2], due[3])
    desk.restart()
    deliver(desk.ledger)
    assert [change.due_at for change in desk.changes()] == [NOON + number * MINUTE for number in range(4)]
    assert len(desk.scheduler.of(Recorded)) == 4


def test_mail_behind_one_that_cannot_be_posted_is_not_overtaken_by_later_mail(desk: LedgerDesk) -> None:
    desk.load({})
    due = [desk.due(desk.owe(due_at=NOON + number * MINUTE)) for number in range(510)]
    for message in (poison(desk), *due, DRAIN):
        Box(desk.inbox).tell(message)
    with pytest.raises(InvalidValueError):
        deliver(desk.ledger)
    desk.restart()
    deliver(desk.ledger)
    assert [type(message) for message in desk.queue.messages][-1] is Drain
    assert len(desk.scheduler.of(Recorded)) == 510


def test_a_batch_kept_for_a_busy_store_is_written_even_if_it_holds_poison(desk: LedgerDesk) -> None:
    desk.load({})
    desk.store.refuses = Refusal.BEGIN
    desk.tell(desk.due(desk.owe()), poison(desk), desk.due(desk.owe(due_at=NOON + MINUTE)))
    desk.store.refuses = None
    with pytest.raises(InvalidValueError):
        desk.pulse()
    assert len(desk.scheduler.of(Recorded)) == 2


def test_the_heartbeat_and_the_ticks_are_written_every_five_seconds_and_not_more_often(desk: LedgerDesk) -> None:
    desk.pulse()  # the first look at the requests
    before = desk.store.commits
    for _ in range(9):
        desk.pulse()
    assert desk.store.commits == before
    desk.clock.advance(timedelta(seconds=1))
    desk.tell(Pulse(at=desk.clock.now(), monotonic=0.0, ticks=42))
    [node] = desk.database.reader().nodes()
    assert (node.heartbeat_at, node.ticks) == (desk.clock.now(), 42)


def test_troubles_stand_in_the_nodes_row_until_they_are_over(desk: LedgerDesk) -> None:
    desk.tell(Trouble(topic="clock", text="an hour behind"), Trouble(topic="disk", text="full"))
    assert [node.trouble for node in desk.database.reader().nodes()] == ["an hour behind; full"]
    desk.tell(Trouble(topic="clock", text=None))
    assert [node.trouble for node in desk.database.reader().nodes()] == ["full"]
    desk.tell(Trouble(topic="disk", text=None))
    assert [node.trouble for node in desk.database.reader().nodes()] == [None]


def test_a_trouble_that_cannot_be_written_at_once_is_said_once(
    desk: LedgerDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.store.refuses = Refusal.COMMIT
    desk.tell(Trouble(topic="room", text="full"))
    for _ in range(3):
        desk.pulse()
    desk.store.refuses = None
    desk.pulse()
    assert caplog.text.count("room: full") == 1
    assert [node.trouble for node in desk.database.reader().nodes()] == ["full"]


def test_the_end_of_the_node_is_written_before_the_supervisor_hears_of_it(desk: LedgerDesk) -> None:
    desk.tell(Drained())
    assert desk.events.messages == [Drained()]
    assert [node.stopped_at for node in desk.database.reader().nodes()] == [desk.clock.now()]


def test_the_last_count_of_ticks_is_written_with_the_end_of_the_node(desk: LedgerDesk) -> None:
    desk.pulse()
    desk.tell(Pulse(at=desk.clock.now(), monotonic=0.0, ticks=4), Drained())
    assert [node.ticks for node in desk.database.reader().nodes()] == [4]


def test_a_cancel_is_not_forgotten_when_the_commit_of_its_batch_fails(desk: LedgerDesk) -> None:
    launch = desk.launch()
    number = desk.ask(RequestKind.CANCEL, run_id=launch.run.run_id)
    desk.queue.take()
    desk.store.refuses = Refusal.COMMIT
    desk.pulse()
    desk.store.refuses = None
    desk.pulse()
    assert [message.run_id for message in desk.queue.messages] == [launch.run.run_id]
    assert desk.run(launch.run.run_id).cancel_requested
    desk.store.refuses = Refusal.COMMIT
    desk.tell(finished(launch, Outcome.CANCELLED))
    desk.store.refuses = None
    desk.pulse()
    assert desk.answer(number) == f"run {launch.run.run_id}: cancelled"


def test_a_load_that_changes_nothing_announces_nothing(desk: LedgerDesk) -> None:
    desk.load({})
    desk.load({})
    desk.tell(Load(jobs={"other": ()}))
    assert desk.events.messages == []
