from __future__ import annotations

from datetime import timedelta

from cron_actors.core.windows import Window, Windows
from cron_actors.settings import Granularity
from tests.fakes.values import NOON

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
START_AT = NOON + 30 * SECOND


def started() -> Windows:
    windows = Windows(Granularity.MINUTE)
    windows.close(START_AT)
    return windows


def test_the_first_window_closes_at_once_and_is_empty() -> None:
    windows = Windows(Granularity.MINUTE)
    assert windows.next_boundary_at(START_AT) == START_AT
    assert windows.close(START_AT) == Window(since_at=START_AT, until_at=START_AT, number=1)


def test_after_the_first_window_they_close_on_aligned_boundaries() -> None:
    windows = started()
    assert windows.next_boundary_at(START_AT) == NOON + MINUTE
    assert windows.close(NOON + MINUTE - SECOND) is None
    assert windows.close(NOON + MINUTE) == Window(since_at=START_AT, until_at=NOON + MINUTE, number=2)


def test_a_late_tick_makes_one_longer_window_and_does_not_drift() -> None:
    windows = started()
    late = NOON + 5 * MINUTE + 20 * SECOND
    assert windows.close(late) == Window(since_at=START_AT, until_at=late, number=2)
    assert windows.next_boundary_at(late) == NOON + 6 * MINUTE


def test_a_clock_set_back_makes_no_window_until_it_has_caught_up() -> None:
    windows = started()
    windows.close(NOON + MINUTE)
    assert windows.close(NOON - 60 * MINUTE) is None
    assert windows.close(NOON + MINUTE) is None
    again = windows.close(NOON + 2 * MINUTE)
    assert again == Window(since_at=NOON + MINUTE, until_at=NOON + 2 * MINUTE, number=3)


def test_windows_that_are_rewound_go_on_from_there() -> None:
    windows = started()
    windows.close(NOON + MINUTE)
    windows.rewind(START_AT - 60 * MINUTE)
    assert windows.next_boundary_at(NOON) == NOON - 59 * MINUTE
    again = windows.close(NOON - 59 * MINUTE)
    assert again == Window(since_at=START_AT - 60 * MINUTE, until_at=NOON - 59 * MINUTE, number=3)


def test_windows_are_never_rewound_forward() -> None:
    windows = started()
    windows.rewind(NOON + 5 * MINUTE)
    assert windows.close(NOON + MINUTE) == Window(since_at=START_AT, until_at=NOON + MINUTE, number=2)
    fresh = Windows(Granularity.MINUTE)
    fresh.rewind(NOON)
    assert fresh.close(START_AT) == Window(since_at=START_AT, until_at=START_AT, number=1)


def test_a_wish_closes_a_window_between_boundaries_that_is_not_counted() -> None:
    windows = started()
    wish = START_AT + 7 * SECOND
    assert windows.close(wish - SECOND, wish) is None
    assert windows.close(wish, wish) == Window(since_at=START_AT, until_at=wish, number=1)
    assert windows.next_boundary_at(wish) == NOON + MINUTE


def test_a_wish_in_the_past_opens_no_window_backwards() -> None:
    windows = started()
    assert windows.close(START_AT, START_AT - SECOND) is None
    assert windows.close(START_AT - 5 * SECOND, START_AT - 6 * SECOND) is None


def test_resuming_goes_on_where_somebody_else_has_closed() -> None:
    windows = Windows(Granularity.MINUTE)
    windows.resume(NOON, 41)
    assert windows.close(START_AT) is None
    assert windows.close(NOON + MINUTE) == Window(since_at=NOON, until_at=NOON + MINUTE, number=42)


def test_resuming_never_goes_back() -> None:
    windows = started()
    windows.resume(NOON - MINUTE, 0)
    window = windows.close(NOON + MINUTE)
    assert window == Window(since_at=START_AT, until_at=NOON + MINUTE, number=2)
