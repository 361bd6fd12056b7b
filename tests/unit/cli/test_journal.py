from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.cli import journal
from cron_actors.cli.journal import Entry, EventFilter, Follower, newest
from cron_actors.model.event import EventKind
from cron_actors.model.run import Outcome, RunState
from tests.fakes.values import NOON, a_change

SECOND = timedelta(seconds=1)


class Journal:
    """A journal whose entry n is the start of run n, n seconds after noon; the oldest may be deleted."""

    def __init__(self, length: int, first: int = 1) -> None:
        self.length = length
        self.first = first

    def events(self, after: int, limit: int = 1_000) -> list[Entry]:
        numbers = range(max(after + 1, self.first), self.length + 1)
        entries: list[Entry] = [(n, (a_change(RunState.EXECUTING, run_id=n, at=NOON + SECOND * n),)) for n in numbers]
        return entries[:limit]

    def last_event(self) -> int:
        return self.length


def runs(length: int, limit: int, first: int = 1, **wanted: Any) -> list[int]:  # noqa: ANN401 # any field of a filter
    book: Any = Journal(length, first)
    return [event.run_id for event in newest(book, EventFilter(**wanted), length, limit)]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PIECE", 10)


def test_the_newest_events_are_found_across_pieces_and_told_oldest_first() -> None:
    assert runs(35, 12) == list(range(24, 36))


def test_all_there_are_is_fewer_than_were_asked_for() -> None:
    assert runs(5, 50) == [1, 2, 3, 4, 5]
    assert runs(0, 50) == []


def test_what_was_deleted_ends_the_search() -> None:
    assert runs(35, 50, first=30) == list(range(30, 36))


def test_only_what_happened_since_then_is_told() -> None:
    assert runs(35, 50, since=NOON + SECOND * 33) == [33, 34, 35]


def test_of_another_job_or_kind_nothing_is_told() -> None:
    assert runs(35, 50, job="restore") == []
    assert runs(35, 50, kinds=frozenset({EventKind.COMPLETED})) == []
    assert runs(35, 1, kinds=frozenset({EventKind.STARTED}), job="backup") == [35]


def test_of_a_change_that_is_two_events_only_the_wanted_one_is_told() -> None:
    lost = a_change(RunState.DISCARDED, was=RunState.EXECUTING, outcome=Outcome.LOST)
    [event] = EventFilter(kinds=frozenset({EventKind.CRASHED})).events([(1, (lost,))])
    assert event.kind is EventKind.CRASHED


def test_a_follower_reads_every_entry_once_and_in_order() -> None:
    book: Any = Journal(25)
    follower = Follower(book, 3)
    read = []
    while (piece := follower.next())[1]:
        read += [sequence for sequence, _ in piece[1]]
        assert piece[0] == 0
    book.length = 27
    assert (read, [number for number, _ in follower.next()[1]]) == (list(range(4, 26)), [26, 27])


def test_a_follower_is_told_how_many_entries_were_deleted_before_he_came_to_them() -> None:
    book: Any = Journal(25, first=20)
    missed, entries = Follower(book, 12).next()
    assert (missed, entries[0][0]) == (7, 20)
