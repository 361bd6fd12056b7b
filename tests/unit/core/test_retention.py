"""Which log files are to be deleted."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.retention import LogFile, surplus
from cron_actors.model.job import Retention
from tests.fakes.values import NOON

DAY = timedelta(days=1)


def a_file(name: str, days: int = 0, size: int = 1) -> LogFile:
    return LogFile(name=name, written_at=NOON - DAY * days, size=size)


AGED = [a_file("today"), a_file("yesterday", 1), a_file("last-week", 7), a_file("last-month", 31)]


def test_the_newest_are_kept_up_to_the_number() -> None:
    assert surplus(AGED, Retention(count=1, age=DAY * 99), NOON) == ["yesterday", "last-week", "last-month"]
    assert surplus(AGED, Retention(count=4, age=DAY * 99), NOON) == []


def test_what_is_older_than_the_age_goes() -> None:
    assert surplus(AGED, Retention(), NOON) == ["last-month"]
    assert surplus(AGED, Retention(age=DAY * 7), NOON) == ["last-month"]


def test_from_the_first_file_beyond_the_size_on_all_older_ones_go() -> None:
    files = [a_file("a", 0, 50), a_file("b", 1, 40), a_file("c", 2, 20), a_file("d", 3, 5)]
    assert surplus(files, Retention(size=100), NOON) == ["c", "d"]
    assert surplus(files, Retention(size=110), NOON) == ["d"]


def test_a_file_that_is_to_be_kept_stays_and_counts() -> None:
    assert surplus(AGED, Retention(count=1), NOON, {"today", "last-month"}) == ["yesterday", "last-week"]
    assert surplus([a_file("huge", 99, 1000)], Retention(size=1), NOON, {"huge"}) == []


FILES = st.lists(
    st.builds(a_file, st.uuids().map(str), st.integers(0, 60), st.integers(0, 100)), unique_by=lambda file: file.name
)
RULES = st.builds(
    Retention, count=st.integers(1, 10), age=st.integers(1, 60).map(DAY.__mul__), size=st.integers(1, 500)
)


@given(FILES, RULES)
def test_what_is_left_is_within_every_rule_and_nothing_newer_was_deleted(
    files: list[LogFile], retention: Retention
) -> None:
    doomed = set(surplus(files, retention, NOON))
    left = [file for file in files if file.name not in doomed]
    assert len(left) <= retention.count
    assert sum(file.size for file in left) <= retention.size
    assert all(NOON - file.written_at <= retention.age for file in left)
    gone = [file.written_at for file in files if file.name in doomed]
    assert all(file.written_at >= max(gone) for file in left if gone)
