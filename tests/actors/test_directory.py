"""Actors in their own threads: what the shell and the directory promise of crashes, restarts and stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cron_actors.actors.directory import Directory
from cron_actors.actors.shell import ActorFailureError, Inbox, Shell
from cron_actors.actors.supervisor import SupervisorActor
from cron_actors.errors import StartError
from cron_actors.messages import Crashed
from tests.fakes.mail import Outbox

WITHIN = 10.0  # seconds, for what takes milliseconds


class OddError(BaseException):
    """Something that is neither an Exception nor known to Python."""


class Diary(Shell[object]):
    """Raises what it is told, if that is an exception, else writes it down."""

    def __init__(self, inbox: Inbox, supervisor: Any, name: str, diary: list[object]) -> None:  # noqa: ANN401 # any address
        super().__init__(name, inbox, supervisor)
        self.diary = diary

    def handle(self, message: object) -> object:
        if isinstance(message, BaseException):
            raise message
        if isinstance(message, threading.Event):
            message.set()
        self.diary.append(message)
        return len(self.diary)


class Stillborn(Diary):
    """Raises when it begins."""

    def begin(self) -> None:
        raise OSError("no room")


class Bell(Outbox):
    """An address that also says, to another thread, that it was told something."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = threading.Event()

    def tell(self, message: object) -> None:
        super().tell(message)
        self.rung.set()


class Household:
    """A directory with a supervisor and two actors, ``one`` and ``two``, that write into one diary each."""

    def __init__(self) -> None:
        self.directory = Directory()
        self.over = Bell()
        self.diaries: dict[str, list[object]] = {"one": [], "two": []}
        self.directory.start("supervisor", lambda inbox: SupervisorActor(inbox, self.directory, (), self.over.tell))
        for name in self.diaries:
            self.directory.start(name, self.maker(name))

    def maker(self, name: str) -> Callable[[Inbox], Diary]:
        supervisor = self.directory.address("supervisor")
        return lambda inbox: Diary(inbox, supervisor, name, self.diaries[name])

    def tell(self, name: str, *messages: object) -> None:
        for message in messages:
            self.directory.address(name).tell(message)

    def handled_all(self, name: str) -> bool:
        """Say whether the actor, or the one in its place, handles what it was told, within some seconds."""
        reached = threading.Event()
        self.tell(name, reached)
        return reached.wait(WITHIN)


@pytest.fixture
def household() -> Iterator[Household]:
    """Return actors at work; they are stopped afterwards."""
    household = Household()
    yield household
    household.directory.stop(WITHIN)


FAILURES = [ValueError("broken"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), OddError()]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_an_actor_whose_handler_raises_anything_is_restarted_with_its_mail_intact(
    household: Household, failure: BaseException
) -> None:
    household.tell("one", "before", failure, "after")
    assert household.handled_all("one")
    assert household.diaries["one"][:2] == ["before", "after"]
    assert household.over.messages == []


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_the_failure_of_one_actor_stops_no_other(household: Household, failure: BaseException) -> None:
    household.tell("one", failure)
    assert household.handled_all("one")
    assert household.handled_all("two")
    assert {vitals.name for vitals in household.directory.vitals()} == {"supervisor", "one", "two"}


def test_a_failure_is_reported_with_the_actors_name_and_the_error() -> None:
    directory, supervisor = Directory(), Bell()
    directory.start("one", lambda inbox: Diary(inbox, supervisor, "one", []))
    directory.address("one").tell(ValueError("broken"))
    assert supervisor.rung.wait(WITHIN)
    directory.stop(WITHIN)
    assert supervisor.messages == [Crashed(actor="one", error="ValueError: broken")]


def test_a_question_whose_answer_raises_is_the_askers_trouble_and_the_actor_lives(household: Household) -> None:
    with pytest.raises(ValueError, match="broken"):
        household.directory.ask("one", ValueError("broken"), WITHIN)
    with pytest.raises(ActorFailureError, match="SystemExit"):
        household.directory.ask("one", SystemExit(3), WITHIN)
    assert household.directory.ask("one", "still here", WITHIN) == 1


def test_an_answer_comes_after_all_mail_told_before(household: Household) -> None:
    household.tell("one", *range(100))
    assert household.directory.ask("one", "last", WITHIN) == 101


def test_mail_told_before_an_actor_exists_is_read_by_it() -> None:
    directory, diary = Directory(), list[object]()
    directory.address("late").tell("early")
    directory.start("late", lambda inbox: Diary(inbox, Outbox(), "late", diary))
    directory.stop(WITHIN)
    assert diary == ["early"]


def test_asking_an_actor_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(StartError, match="the nobody is not running"):
        Directory().ask("nobody", "?", 0.1)


def test_an_actor_that_does_not_answer_in_time_is_said_to_be_silent(household: Household) -> None:
    gate = threading.Event()
    household.directory.start("slow", lambda inbox: Slow(inbox, gate))
    household.tell("slow", "wait")
    with pytest.raises(StartError, match=r"the slow did not answer within 0.01 s"):
        household.directory.ask("slow", "?", 0.01)
    gate.set()


class Slow(Shell[object]):
    """Handles nothing before the gate is open."""

    def __init__(self, inbox: Inbox, gate: threading.Event) -> None:
        super().__init__("slow", inbox, Outbox())
        self.gate = gate

    def handle(self, message: object) -> None:
        del message
        self.gate.wait(WITHIN)


def test_an_actor_that_cannot_begin_is_a_failed_start_with_its_reason() -> None:
    directory, supervisor = Directory(), Outbox()
    with pytest.raises(StartError, match="the one could not start: OSError: no room"):
        directory.start("one", lambda inbox: Stillborn(inbox, supervisor, "one", []))
    assert supervisor.messages == [Crashed(actor="one", error="OSError: no room")]
    directory.stop(WITHIN)


def test_an_actor_that_lives_is_never_doubled(household: Household) -> None:
    before = household.directory._actors["one"]
    household.directory.restart("one")
    household.directory.start("one", household.maker("one"))
    assert household.directory._actors["one"] is before


def test_an_actor_that_fails_at_its_first_mail_has_started_all_the_same(household: Household) -> None:
    household.tell("three", ValueError("broken"))
    household.diaries["three"] = []
    household.directory.start("three", household.maker("three"))
    assert household.handled_all("three")


def test_nothing_is_restarted_once_the_directory_was_stopped() -> None:
    directory, made = Directory(), list[Inbox]()

    def make(inbox: Inbox) -> Diary:
        made.append(inbox)
        return Diary(inbox, Outbox(), "one", [])

    directory.start("one", make)
    directory.stop(WITHIN)
    directory.restart("one")
    assert directory.vitals() == []
    with pytest.raises(StartError, match="the two was not started"):
        directory.start("two", make)


def test_what_was_told_before_the_stop_is_handled_first(household: Household) -> None:
    household.tell("one", *range(1000))
    household.directory.stop(WITHIN)
    assert household.diaries["one"] == list(range(1000))


def test_vitals_tell_how_far_each_actor_has_come_and_what_waits(household: Household) -> None:
    household.directory.ask("one", "first", WITHIN)
    household.directory.ask("one", "second", WITHIN)
    [one] = [vitals for vitals in household.directory.vitals() if vitals.name == "one"]
    assert one.handled >= 1
    assert one.waiting == 0


def test_too_many_failures_end_the_process_and_restart_nothing_more(household: Household) -> None:
    for _ in range(5):
        household.tell("one", ValueError("broken"))
        assert household.handled_all("one")
    assert household.over.messages == []
    household.tell("one", ValueError("broken"))
    assert household.over.rung.wait(WITHIN)
    assert household.over.messages == ["too many failures; the last one: one: ValueError: broken"]
    assert household.handled_all("two")
    assert {vitals.name for vitals in household.directory.vitals()} == {"supervisor", "two"}
