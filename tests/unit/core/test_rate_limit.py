from __future__ import annotations

from datetime import timedelta

from cron_actors.core.rate_limit import allowance
from cron_actors.model.queue import RateLimit
from tests.fakes.values import NOON

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
TWO_A_MINUTE = RateLimit(count=2, per=MINUTE)


def test_where_nothing_has_begun_all_may_and_the_next_one_a_whole_length_later() -> None:
    assert allowance(TWO_A_MINUTE, [], NOON) == (2, NOON + MINUTE)


def test_what_has_begun_just_now_counts_until_the_length_has_passed() -> None:
    begun = [NOON - 59 * SECOND]
    assert allowance(TWO_A_MINUTE, begun, NOON) == (1, NOON + SECOND)
    assert allowance(TWO_A_MINUTE, begun, NOON + SECOND) == (2, NOON + SECOND + MINUTE)


def test_a_full_window_lets_the_next_one_begin_when_its_oldest_leaves() -> None:
    begun = [NOON - 20 * SECOND, NOON - 40 * SECOND]
    assert allowance(TWO_A_MINUTE, begun, NOON) == (0, NOON + 20 * SECOND)


def test_a_limit_that_was_lowered_waits_until_enough_have_left() -> None:
    begun = [NOON - seconds * SECOND for seconds in (50, 40, 30, 20, 10)]
    assert allowance(TWO_A_MINUTE, begun, NOON) == (0, NOON + 40 * SECOND)


def test_a_clock_set_back_by_a_year_holds_the_queue_up_for_no_year() -> None:
    begun = [NOON + timedelta(days=365)] * 2
    assert allowance(TWO_A_MINUTE, begun, NOON)[0] == 2
    assert allowance(TWO_A_MINUTE, [NOON + SECOND] * 2, NOON) == (0, NOON + SECOND + MINUTE)
