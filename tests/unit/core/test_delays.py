from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cron_actors.core.delays import available_at
from cron_actors.errors import DelayError
from tests.fakes.values import NOON

UNIX = int(NOON.timestamp())
YEAR = 365 * 86_400


@pytest.mark.parametrize("delay", [90, timedelta(seconds=90)])
def test_a_delay_counts_from_now(delay: object) -> None:
    assert available_at(delay, None, NOON) == NOON + timedelta(seconds=90)


@pytest.mark.parametrize("at", [UNIX + 90, NOON + timedelta(seconds=90)])
def test_a_moment_is_taken_as_it_is(at: object) -> None:
    assert available_at(None, at, NOON + timedelta(microseconds=5)) == NOON + timedelta(seconds=90)


def test_a_moment_of_another_zone_is_told_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    found = available_at(None, datetime(2026, 11, 21, 13, 0, 30, tzinfo=berlin), NOON)
    assert found == NOON + timedelta(seconds=30)
    assert found is not None
    assert found.tzinfo is UTC


def test_a_length_and_a_moment_keep_their_parts_of_a_second() -> None:
    exact = NOON + timedelta(seconds=1.5)
    assert available_at(timedelta(seconds=1.5), None, NOON) == exact
    assert available_at(None, exact, NOON) == exact


def test_no_delay_and_one_of_no_seconds_mean_at_once() -> None:
    assert available_at(None, None, NOON) is None
    assert available_at(0, None, NOON) is None


def test_a_year_is_not_too_far() -> None:
    assert available_at(YEAR, None, NOON) == NOON + timedelta(days=365)
    assert available_at(None, UNIX + YEAR, NOON) == NOON + timedelta(days=365)


@pytest.mark.parametrize(
    ("delay", "at", "wrong"),
    [
        (5, UNIX, "both are given"),
        (-1, None, "delay: found the number -1, which is negative"),
        (timedelta(seconds=-1), None, "which is negative"),
        (1.5, None, "delay: found the number 1.5, which is no integer"),
        ("5", None, "delay: found '5', which is no integer"),
        (True, None, "which is no integer"),
        (YEAR + 1, None, "further than a year; accepted: at most 31536000 seconds"),
        (None, UNIX + YEAR + 1, "further than a year ahead; accepted: at the latest 2027-11-21T12:00:00Z"),
        (None, UNIX - 1, r"which is in the past \(2026-11-21T11:59:59Z\)"),
        (None, -5, "which is negative"),
        (None, 10**30, "further than a year ahead"),
        (None, UNIX + 0.5, "at: found the number .*, which is no integer"),
        (None, datetime(2026, 11, 22), "which names no time zone"),  # noqa: DTZ001 # that is what is wrong with it
        (timedelta(days=400), None, "delay: found 400 days, 0:00:00, which is further than a year"),
        (None, NOON - timedelta(days=1), r"at: found 2026-11-20 12:00:00\+00:00, which is in the past"),
    ],
)
def test_anything_else_is_refused_by_its_own_reason(delay: object, at: object, wrong: str) -> None:
    with pytest.raises(DelayError, match=wrong) as raised:
        available_at(delay, at, NOON)
    assert "\n" not in str(raised.value)
