from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cron_actors.core import wall_clock
from cron_actors.core.wall_clock import change_around, end_of_day, instant_of, offsets_to_come, second_pass


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59"),
        ("Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T01:00:00"),
        ("Europe/Berlin", "2026-03-29T02:59:59", "2026-03-29T01:00:00"),
        ("Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00"),
        ("Europe/Dublin", "2026-10-25T01:30:00", "2026-10-25T00:30:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:10:00", "2026-10-03T15:30:00"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00"),
        ("America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T03:00:00"),
    ],
)
def test_a_skipped_time_means_the_end_of_the_gap_and_a_repeated_one_the_first_pass(
    zone: str, wall: str, instant: str
) -> None:
    assert instant_of(naive(wall), ZoneInfo(zone)) == utc(instant)


def test_a_change_knows_which_times_it_skips() -> None:
    change = change_around(naive("2026-03-29T02:17:03.5"), ZoneInfo("Europe/Berlin"))
    assert change is not None
    assert change.skips
    assert (change.first_wall, change.end_wall) == (naive("2026-03-29T02:00"), naive("2026-03-29T03:00"))


def test_a_change_knows_which_times_it_repeats() -> None:
    change = change_around(naive("2026-04-05T01:45"), ZoneInfo("Australia/Lord_Howe"))
    assert change is not None
    assert not change.skips
    assert (change.first_wall, change.end_wall) == (naive("2026-04-05T01:30"), naive("2026-04-05T02:00"))


def test_an_ordinary_time_has_no_change_around_it() -> None:
    assert change_around(naive("2026-03-29T03:00"), ZoneInfo("Europe/Berlin")) is None


def test_the_second_pass_is_the_later_of_two_instants() -> None:
    zone = ZoneInfo("Europe/Berlin")
    wall = naive("2026-10-25T02:30")
    assert second_pass(wall, zone) - instant_of(wall, zone) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "first_instant_after"),
    [
        ("UTC", "2026-11-21", "2026-11-22T00:00"),
        ("Asia/Tokyo", "2026-11-21", "2026-11-21T15:00"),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00"),  # midnight is skipped
        ("America/Sao_Paulo", "2019-02-16", "2019-02-17T03:00"),  # the last hour of the day comes twice
        ("America/Havana", "2026-10-31", "2026-11-01T04:00"),  # the first hour of the next day comes twice
        ("America/St_Johns", "2010-11-06", "2010-11-07T03:30"),  # 00:01 went back to 23:01
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),  # a day that never was
    ],
)
def test_a_day_ends_when_only_later_days_are_shown(zone: str, day: str, first_instant_after: str) -> None:
    end = end_of_day(date.fromisoformat(day), ZoneInfo(zone))
    assert end == utc(first_instant_after) - timedelta(microseconds=1)
    assert end.astimezone(ZoneInfo(zone)).date() <= date.fromisoformat(day)


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [
        ("UTC", {0}),
        ("Asia/Kolkata", {330}),
        ("Europe/Berlin", {60, 120}),
        ("Australia/Lord_Howe", {630, 660}),
        ("Asia/Pyongyang", {540}),
        ("Africa/Casablanca", {0, 60}),
    ],
)
def test_a_zone_has_the_offsets_of_its_present_rules(zone: str, minutes: set[int]) -> None:
    assert offsets_to_come(ZoneInfo(zone)) == {timedelta(minutes=offset) for offset in minutes}


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(wall_clock).failed == 0
