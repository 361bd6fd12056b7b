from __future__ import annotations

import pytest

from cron_actors.core.balance import Balanced, balance, check_minimums, largest_remainder, shares
from cron_actors.errors import InvalidValueError
from cron_actors.model.queue import BUILT_IN, Queue

A, B = Queue(name="a", weight=1, min_workers=1), Queue(name="b", weight=1, min_workers=1)
WAITING = {"wait_room": 100, "low": 50, "default": 40, "high": 25, "critical": 5}


def in_turn(*loads: dict[str, int], workers: int = 10) -> list[dict[str, int]]:
    """Return the shares of a and b after each of these loads."""
    state: Balanced | None = None
    found = []
    for load in loads:
        state = balance((A, B), load, workers, state)
        found.append(dict(state.shares))
    return found


def test_the_worked_example_of_the_requirements() -> None:
    assert shares(BUILT_IN, WAITING, 200) == {"wait_room": 44, "low": 37, "default": 48, "high": 47, "critical": 24}


def test_without_load_every_queue_has_its_minimum() -> None:
    assert shares(BUILT_IN, {}, 200) == {"wait_room": 1, "low": 2, "default": 3, "high": 4, "critical": 10}


def test_an_unknown_queue_in_the_backlog_is_given_nothing() -> None:
    assert shares((A, B), {"gone": 100, "a": 1}, 10) == {"a": 9, "b": 1}


def test_what_is_beyond_the_parallelism_of_a_queue_goes_to_the_others() -> None:
    capped = Queue(name="capped", weight=24, min_workers=1, parallelism=3)
    assert shares((capped, A, B), {"capped": 100, "a": 2, "b": 1}, 12) == {"capped": 3, "a": 6, "b": 3}


def test_where_every_queue_with_load_is_at_its_parallelism_workers_are_left() -> None:
    capped = Queue(name="capped", min_workers=1, parallelism=3)
    assert shares((capped, A), {"capped": 100}, 12) == {"capped": 3, "a": 1}


def test_a_parallelism_below_the_minimum_goes_before_it() -> None:
    narrow = Queue(name="narrow", min_workers=5, parallelism=2)
    assert shares((narrow, A), {"a": 1}, 10) == {"narrow": 2, "a": 8}


def test_equal_remainders_go_by_the_order_of_the_names_given() -> None:
    assert largest_remainder(2, {"x": 1, "y": 1, "z": 1}) == {"x": 1, "y": 1, "z": 0}
    assert largest_remainder(2, {"z": 1, "y": 1, "x": 1}) == {"z": 1, "y": 1, "x": 0}


def test_minimums_beyond_the_workers_are_refused_with_both_numbers() -> None:
    check_minimums(BUILT_IN, 20)
    with pytest.raises(InvalidValueError, match=r"add up to 20 \(wait_room 1, .*at most MAX_WORKERS, which is 19"):
        check_minimums(BUILT_IN, 19)


def test_minimums_that_no_longer_fit_are_cut_in_proportion() -> None:
    assert shares(BUILT_IN, WAITING, 10) == {"wait_room": 1, "low": 1, "default": 1, "high": 2, "critical": 5}


def test_a_share_grows_at_once_and_shrinks_only_when_two_balances_agree() -> None:
    busy = {"a": 5}
    assert [found["a"] for found in in_turn({}, busy, {}, {})] == [1, 9, 9, 1]


def test_a_share_shrinks_no_further_than_both_balances_say() -> None:
    found = in_turn({"a": 1}, {"a": 5, "b": 3}, {"a": 1, "b": 7})
    assert found == [{"a": 9, "b": 1}, {"a": 9, "b": 1}, {"a": 6, "b": 4}]


def test_loads_that_alternate_at_each_balance_change_no_share() -> None:
    found = in_turn(*[{"a": 5}, {"b": 5}] * 5)
    assert found == [{"a": 9, "b": 1}] * 10


def test_after_a_change_of_the_queues_the_shares_are_those_of_the_moment() -> None:
    before = balance((A, B), {"a": 5}, 10, None)
    added = Queue(name="c", weight=1, min_workers=4)
    assert balance((A, B, added), {"b": 1}, 10, before).shares == {"a": 1, "b": 5, "c": 4}
