"""Moments and lengths of time in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cron_actors.cli.wording import local, moment_text, relative, short, short_stretch, span, zone_name

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(0), "now"),
        (timedelta(milliseconds=400), "now"),
        (timedelta(seconds=1), "in 1 second"),
        (timedelta(seconds=59), "in 59 seconds"),
        (timedelta(seconds=60), "in 1 minute"),
        (timedelta(minutes=3), "in 3 minutes"),
        (timedelta(hours=-2), "2 hours ago"),
        (timedelta(days=-1, hours=-23), "2 days ago"),
        (timedelta(milliseconds=500), "in 1 second"),
        (timedelta(seconds=89), "in 1 minute"),
        (timedelta(seconds=90), "in 2 minutes"),
        (timedelta(seconds=59, milliseconds=500), "in 1 minute"),
        (timedelta(minutes=59, seconds=29), "in 59 minutes"),
        (timedelta(minutes=59, seconds=30), "in 1 hour"),
        (timedelta(hours=23, minutes=30), "in 1 day"),
        (timedelta(hours=36), "in 2 days"),
        (timedelta(days=400), "in 400 days"),
    ],
)
def test_a_moment_is_rounded_to_the_largest_unit_that_fills(away: timedelta, words: str) -> None:
    assert relative(NOW + away, NOW) == words


def test_a_moment_is_told_in_the_zone_of_the_viewer() -> None:
    text = local(NOW)
    assert datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "")) == NOW


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "04:00:00"),
        (datetime(2026, 11, 20, 23, tzinfo=UTC), "00:00:00"),
        (datetime(2026, 11, 20, 22, 59, tzinfo=UTC), "Nov 20 23:59:00"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "Mar 01 13:00:00"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "Jul 01 14:00:00 CEST"),
        (datetime(2025, 12, 31, 22, tzinfo=UTC), "Dec 31 2025 23:00:00"),
    ],
)
def test_a_short_moment_says_only_what_today_does_not(moment: datetime, text: str) -> None:
    assert zone_name(NOW) == "CET"
    assert short(moment, NOW) == text


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ((-1, 0), "03:00:00 to\n04:00:00"),
        ((-6, 0), "Nov 20 22:00:00 to\n04:00:00"),
        ((-7, -6), "Nov 20 21:00:00 to\n22:00:00"),
        ((-30, -6), "Nov 19 22:00:00 to\nNov 20 22:00:00"),
    ],
)
def test_a_stretch_names_a_day_once(hours: tuple[int, int], text: str) -> None:
    first, last = (NOW + timedelta(hours=away) for away in hours)
    assert short_stretch(first, last, NOW) == text


def test_an_unknown_moment_is_a_dash() -> None:
    assert moment_text(None, NOW) == "-"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "-"), (0.0, "0 ms"), (0.25, "250 ms"), (1.0, "1.00 s"), (75.0, "1m 15s"), (3600.0, "1h 00m")],
)
def test_a_length_is_short(seconds: float | None, words: str) -> None:
    assert span(seconds) == words
