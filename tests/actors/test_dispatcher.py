"""Actors that share a thread: what each of them may count on nevertheless."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pykka._envelope import Envelope

from cron_actors.actors.directory import Directory
from cron_actors.actors.dispatcher import Dispatcher
from cron_actors.actors.shell import Inbox, Shell
from cron_actors.errors import StartError
from cron_actors.messages import Crashed
from tests.fakes.mail import Outbox

WITHIN = 10.0  # seconds, for what takes milliseconds


class Diary(Shell[object]):
    """Raises what it is told, if that is an exception, sets events, and writes down the rest with its thread."""

    def __init__(self, inbox: Inbox, supervisor: Any, name: str, diary: list[object]) -> None:  # noqa: ANN401 # any address
        super().__init__(name, inbox, supervisor)
        self.diary = diary

    def handle(self, message: object) -> object:
        if isinstance(message, BaseException):
            raise message
        if isinstance(message, threading.Event):
            message.set()
        else:
            self.diary.append((self.name, message, threading.current_thread().name))
        return len(self.diary)


class Stillborn(Diary):
    """Raises when it begins."""

    def begin(self) -> None:
        raise OSError("no room")


class Household:
    """Two actors, ``one`` and ``two``, that share a thread and a diary."""

    def __init__(self) -> None:
        self.directory = Directory()
        self.dispatcher = self.directory.dispatcher("shared")
        self.supervisor = Outbox()
        self.diary: list[object] = []
        for name in ("one", "two"):
            self.directory.address(name, self.dispatcher)
            self.directory.start(name, self.maker(name))

    def maker(self, name: str, kind: type[Diary] = Diary) -> Callable[[Inbox], Diary]:
        return lambda inbox: kind(inbox, self.supervisor, name, self.diary)

    def tell(self, name: str, *messages: object) -> None:
        for message in messages:
            self.directory.address(name).tell(message)

    def settle(self, name: str) -> None:
        """Wait until the actor has handled all it was told."""
        rung = threading.Event()
        self.tell(name, rung)
        assert rung.wait(WITHIN)


@pytest.fixture
def household() -> Iterator[Household]:
    household = Household()
    yield household
    household.directory.stop(WITHIN)


def test_mail_of_several_actors_is_handled_in_the_order_in_which_it_came_by_one_thread(household: Household) -> None:
    for number in range(50):
        household.tell("one" if number % 3 else "two", number)
    household.settle("one")
    expected = [("one" if number % 3 else "two", number, "shared") for number in range(50)]
    assert household.diary == expected


def test_an_actor_that_fails_is_reported_and_the_other_goes_on(household: Household) -> None:
    household.tell("one", ValueError("odd"), "after")
    household.tell("two", "here")
    household.settle("two")
    assert household.supervisor.messages == [Crashed(actor="one", error="ValueError: odd")]
    assert household.diary == [("two", "here", "shared")]


def test_what_an_actor_was_told_after_its_failure_is_read_by_the_one_in_its_place(household: Household) -> None:
    household.tell("one", ValueError("odd"), "first")
    household.settle("two")
    household.tell("one", "second")
    household.settle("two")
    household.directory.restart("one")
    household.tell("one", "third")
    household.settle("one")
    assert [entry[1] for entry in household.diary] == ["first", "second", "third"]  # type: ignore[index]  # tuples


def test_what_leaves_pythons_own_kinds_of_error_ends_one_actor_and_not_the_thread(household: Household) -> None:
    household.tell("one", SystemExit(3))
    household.settle("two")
    assert [crash.actor for crash in household.supervisor.of(Crashed)] == ["one"]


def test_a_question_is_answered_and_an_error_of_its_handler_goes_to_whoever_asked(household: Household) -> None:
    assert household.directory.ask("one", "question", WITHIN) == 1
    with pytest.raises(ValueError, match="odd"):
        household.directory.ask("one", ValueError("odd"), WITHIN)
    assert household.directory.ask("one", "again", WITHIN) == 2


def test_an_actor_that_cannot_begin_is_an_error_of_the_start(household: Household) -> None:
    household.directory.address("three", household.dispatcher)
    with pytest.raises(StartError, match="the three could not start: OSError: no room"):
        household.directory.start("three", household.maker("three", Stillborn))


def test_the_mail_that_waits_for_a_shared_actor_is_counted(household: Household) -> None:
    gate, entered = threading.Event(), threading.Event()

    class Gate(Diary):
        def handle(self, message: object) -> object:
            entered.set()
            return message if gate.wait(WITHIN) else None

    household.directory.address("gate", household.dispatcher)
    household.directory.start("gate", lambda inbox: Gate(inbox, household.supervisor, "gate", []))
    household.tell("gate", "hold")
    assert entered.wait(WITHIN)
    household.tell("one", "a", "b")
    waiting = {vitals.name: vitals.waiting for vitals in household.directory.vitals()}
    gate.set()
    assert waiting["one"] == 2


def test_the_thread_ends_with_the_directory() -> None:
    household = Household()
    household.directory.stop(WITHIN)
    assert "shared" not in [thread.name for thread in threading.enumerate()]


def test_what_came_before_the_end_of_the_thread_is_handled() -> None:
    handled: list[object] = []

    class Note:
        actor_stopped = threading.Event()

        def settle_in(self) -> None:
            handled.append("begun")

        def receive(self, envelope: Envelope[Any]) -> None:
            handled.append(envelope.message)

    dispatcher = Dispatcher("alone")
    inbox = dispatcher.inbox()
    inbox.put(Envelope("early"))
    inbox.attach(Note())
    inbox.put(Envelope("late"))
    dispatcher.close(WITHIN)
    assert handled == ["begun", "early", "late"]
