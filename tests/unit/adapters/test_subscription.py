from __future__ import annotations

import logging
import threading

import pytest

from cron_actors.adapters.subscription import Subscription, call_back
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Changed, RunChanged
from cron_actors.model.event import Event, EventKind
from cron_actors.model.run import Outcome, RunState
from tests.fakes.values import a_change

NOW = 0.0  # seconds to wait


def news(*run_ids: int, commit: int = 1, state: RunState = RunState.EXECUTING) -> Changed:
    return Changed(changes=tuple(a_change(state, run_id=run_id) for run_id in run_ids), commit=commit)


def told(subscription: Subscription) -> list[int]:
    """Return the runs of the events that wait."""
    found = []
    while (event := subscription.get(NOW)) is not None:
        found.append(event.run_id)
    return found


def test_events_are_read_in_the_order_of_their_commits() -> None:
    subscription = Subscription()
    subscription.tell(news(1, 2))
    subscription.tell(news(3, commit=2))
    first, second, third = (subscription.get(NOW) for _ in range(3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert [(event.run_id, event.sequence) for event in (first, second, third)] == [(1, 1), (2, 1), (3, 2)]
    assert subscription.get(NOW) is None


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1, 1), (5,), (2, 3), (4, 1)])
def test_a_reader_who_is_too_slow_keeps_the_newest_and_is_told_how_many_were_dropped(sizes: tuple[int, ...]) -> None:
    subscription = Subscription(buffer=3)
    number = iter(range(1, 6))
    for size in sizes:
        subscription.tell(news(*(next(number) for _ in range(size))))
    assert (told(subscription), subscription.missed) == ([3, 4, 5], 2)


def test_what_is_not_wanted_takes_no_room_and_is_not_missed() -> None:
    subscription = Subscription(buffer=1, jobs=["restore"])
    subscription.tell(Changed(changes=(a_change(RunState.EXECUTING, job="restore", run_id=7),), commit=1))
    subscription.tell(news(1, 2, 3, commit=2))
    assert (told(subscription), subscription.missed) == ([7], 0)


def test_only_the_wanted_kinds_are_told_also_of_a_change_that_is_two_events() -> None:
    ended = a_change(RunState.COMPLETED, was=RunState.LAUNCHED, outcome=Outcome.SUCCESS)
    subscription = Subscription(kinds=["process-ended"])
    subscription.tell(Changed(changes=(a_change(RunState.EXECUTING), ended), commit=1))
    event = subscription.get(NOW)
    assert event is not None
    assert event.kind is EventKind.PROCESS_ENDED
    assert subscription.get(NOW) is None


def test_a_change_that_is_two_events_is_told_as_two() -> None:
    subscription = Subscription()
    ended = a_change(RunState.COMPLETED, was=RunState.LAUNCHED, outcome=Outcome.SUCCESS)
    subscription.tell(Changed(changes=(ended,), commit=1))
    subscription.close()
    assert [event.kind for event in subscription] == [EventKind.PROCESS_ENDED, EventKind.COMPLETED]


def test_after_the_close_what_waited_is_still_read_and_nothing_else_comes() -> None:
    with Subscription() as subscription:
        subscription.tell(news(1))
    subscription.tell(news(2))
    assert [event.run_id for event in subscription] == [1]
    assert subscription.closed


def test_a_reader_who_waits_is_woken_by_an_event_and_by_the_end() -> None:
    subscription = Subscription()
    read: list[Event | None] = []
    reader = threading.Thread(target=lambda: read.extend([subscription.get(), subscription.get()]))
    reader.start()
    subscription.tell(news(1))
    subscription.close()
    reader.join(10)
    assert [event and event.run_id for event in read] == [1, None]


def test_the_daemon_is_told_that_a_subscription_is_closed() -> None:
    closed: list[Subscription] = []
    subscription = Subscription()
    subscription.on_close = closed.append
    subscription.close()
    assert closed == [subscription]


def test_a_callback_that_raises_loses_the_event_it_raised_for_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def fail_at_first(event: Event) -> None:
        if event.run_id < 4:
            raise RuntimeError(event.run_id)
        seen.append(event.run_id)

    subscription = Subscription()
    subscription.tell(news(1, 2, 3, 4, 5))
    subscription.close()
    with caplog.at_level(logging.ERROR):
        call_back(subscription, fail_at_first).join(10)
    assert seen == [4, 5]
    assert [record.levelno for record in caplog.records] == [
        logging.ERROR
    ] * 2  # the first, and the second with a number


@pytest.mark.parametrize(("options", "wrong"), [({"buffer": 0}, "buffer"), ({"kinds": ["finished"]}, "'finished'")])
def test_what_cannot_be_subscribed_to_is_refused(options: dict[str, object], wrong: str) -> None:
    with pytest.raises(InvalidValueError, match=wrong):
        Subscription(**options)  # type: ignore[arg-type] # that is the point


def test_a_change_is_made_into_an_event_only_when_it_is_read() -> None:
    unreadable: RunChanged = object()  # type: ignore[assignment] # whatever is done with it would fail
    subscription = Subscription(buffer=1)
    subscription.tell(Changed(changes=(unreadable,), commit=1))
    subscription.tell(news(1, commit=2))
    assert (told(subscription), subscription.missed) == ([1], 1)
