"""Moments and lengths of time in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cron_actors.cli.wording import local, moment_text, relative, span

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
        (timedelta(days=-1, hours=-23), "1 day ago"),
        (timedelta(days=400), "in 400 days"),
    ],
)
def test_a_moment_is_told_in_the_largest_unit_that_fills(away: timedelta, words: str) -> None:
    assert relative(NOW + away, NOW) == words


def test_a_moment_is_told_in_the_zone_of_the_viewer() -> None:
    text = local(NOW)
    assert datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "")) == NOW


def test_an_unknown_moment_is_a_dash() -> None:
    assert moment_text(None, NOW) == "-"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "-"), (0.0, "0 ms"), (0.25, "250 ms"), (1.0, "1.00 s"), (75.0, "1m 15s"), (3600.0, "1h 00m")],
)
def test_a_length_is_short(seconds: float | None, words: str) -> None:
    assert span(seconds) == words
