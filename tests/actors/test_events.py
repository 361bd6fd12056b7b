from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest

from cron_actors.actors.events import EventsActor, line, write
from cron_actors.actors.listeners import Listeners
from cron_actors.messages import Changed, Drained
from cron_actors.model.run import Outcome, RunState
from tests.fakes.mail import Outbox, inbox
from tests.fakes.values import NOON, a_change


def test_a_change_is_passed_on_to_every_listener_as_it_is() -> None:
    listeners = (Outbox(), Outbox())
    news = Changed(changes=(a_change(RunState.AVAILABLE),), commit=1)
    EventsActor(inbox(), Outbox(), listeners).handle(news)
    assert [listener.messages for listener in listeners] == [[news], [news]]


def test_the_end_is_passed_on_behind_the_changes_before_it() -> None:
    order: list[object] = []

    class Ear:
        def tell(self, message: object) -> None:
            order.append(message)

    news = Changed(changes=(a_change(RunState.AVAILABLE),), commit=1)
    events = EventsActor(inbox(), Ear(), (Ear(),))
    events.handle(news)
    events.handle(Drained())
    assert order == [news, Drained()]


def test_without_listeners_the_change_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        EventsActor(inbox(), Outbox(), ()).handle(Changed(changes=(a_change(RunState.AVAILABLE),), commit=1))
    assert caplog.messages == ["run 1 of backup, due 2026-11-21T12:00:00Z: available"]


@pytest.mark.parametrize("state", list(RunState))
def test_only_what_went_wrong_for_good_is_a_warning(state: RunState, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        EventsActor(inbox(), Outbox(), ()).handle(Changed(changes=(a_change(state),), commit=1))
    bad = state in {RunState.DISCARDED, RunState.MISSED}
    assert [record.levelno for record in caplog.records] == [logging.WARNING if bad else logging.INFO]


def test_a_start_names_its_attempt() -> None:
    assert line(a_change(RunState.EXECUTING, attempt=2)) == (
        "run 1 of backup, due 2026-11-21T12:00:00Z: executing, attempt 2"
    )


def test_a_failure_says_how_long_it_took_and_what_went_wrong() -> None:
    change = a_change(
        RunState.DISCARDED,
        reason="failed",
        outcome=Outcome.FAILURE,
        error="exit status 3",
        duration=timedelta(seconds=1.5),
    )
    assert line(change) == (
        "run 1 of backup, due 2026-11-21T12:00:00Z: discarded: failed, after 1.500 s, exit status 3"
    )


def test_a_success_says_only_how_long_it_took() -> None:
    change = a_change(RunState.COMPLETED, outcome=Outcome.SUCCESS, duration=timedelta(seconds=2))
    assert line(change) == "run 1 of backup, due 2026-11-21T12:00:00Z: completed, after 2.000 s"


def test_a_stretch_of_instants_not_run_is_one_line() -> None:
    change = a_change(RunState.MISSED, reason="down", count=60, last_due_at=NOON + timedelta(minutes=59))
    assert line(change) == ("backup: missed: down: 60 instants from 2026-11-21T12:00:00Z to 2026-11-21T12:59:00Z")


class Kept(logging.Handler):
    """A handler as a program may have its own."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Taker(Kept):
    """A handler that takes many lines at once."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Sequence[tuple[int, str]]] = []

    def emit_lines(self, lines: Sequence[tuple[int, str]]) -> None:
        self.taken.append(lines)


@contextmanager
def heard_by(level: int, *handlers: logging.Handler) -> Iterator[None]:
    """Have the log of runs heard by these handlers and by nobody else."""
    log = logging.getLogger("cron_actors.runs")
    before = log.handlers, log.propagate, log.level
    log.handlers, log.propagate = list(handlers), False
    log.setLevel(level)
    try:
        yield
    finally:
        log.handlers, log.propagate = before[:2]
        log.setLevel(before[2])


BOTH = (a_change(RunState.AVAILABLE), a_change(RunState.DISCARDED))


def test_a_log_that_takes_many_lines_gets_those_of_a_commit_in_one_go() -> None:
    taker = Taker()
    with heard_by(logging.INFO, taker):
        write(BOTH)
    assert taker.taken == [[(logging.INFO, line(BOTH[0])), (logging.WARNING, line(BOTH[1]))]]


def test_of_routine_nothing_is_written_where_only_warnings_are_wanted() -> None:
    taker = Taker()
    with heard_by(logging.WARNING, taker):
        write(BOTH)
        write(BOTH[:1])
    assert taker.taken == [[(logging.WARNING, line(BOTH[1]))]]


def test_where_a_program_has_set_up_its_own_log_every_change_is_a_record() -> None:
    taker, own = Taker(), Kept()
    with heard_by(logging.INFO, taker, own):
        write(BOTH)
    lines = [(logging.INFO, line(BOTH[0])), (logging.WARNING, line(BOTH[1]))]
    assert [(record.levelno, record.getMessage()) for record in own.records] == lines
    assert [(record.levelno, record.getMessage()) for record in taker.records] == lines
    assert taker.taken == []


def test_a_listener_may_come_and_go_while_changes_are_told() -> None:
    first, second = Outbox(), Outbox()
    listeners = Listeners(first)
    events = EventsActor(inbox(), Outbox(), listeners)
    news = [Changed(changes=(), commit=number) for number in range(3)]
    events.handle(news[0])
    listeners.add(second)
    events.handle(news[1])
    listeners.remove(first)
    listeners.remove(first)
    events.handle(news[2])
    assert (first.messages, second.messages) == (news[:2], news[1:])
