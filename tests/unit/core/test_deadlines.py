from __future__ import annotations

from cron_actors.core.deadlines import Deadlines
from cron_actors.model.run import AttemptKey


def key(number: int) -> AttemptKey:
    return AttemptKey(run_id=number, attempt=1, token=f"token-{number}")


def test_without_deadlines_there_is_no_first_and_nothing_passes() -> None:
    deadlines = Deadlines()
    assert deadlines.first() is None
    assert deadlines.passed(1e9) == []


def test_deadlines_pass_in_their_order_whatever_the_order_they_were_set_in() -> None:
    deadlines = Deadlines()
    for number, monotonic in [(1, 30.0), (2, 10.0), (3, 20.0)]:
        deadlines.set(key(number), monotonic)
    assert deadlines.first() == 10.0
    assert deadlines.passed(20.0) == [key(2), key(3)]
    assert deadlines.first() == 30.0


def test_a_deadline_passes_at_its_very_reading_and_only_once() -> None:
    deadlines = Deadlines()
    deadlines.set(key(1), 10.0)
    assert deadlines.passed(9.999) == []
    assert deadlines.passed(10.0) == [key(1)]
    assert deadlines.passed(11.0) == []


def test_an_attempt_that_ended_has_no_deadline_any_more() -> None:
    deadlines = Deadlines()
    deadlines.set(key(1), 10.0)
    deadlines.set(key(2), 20.0)
    deadlines.drop(key(1))
    assert deadlines.first() == 20.0
    assert deadlines.passed(100.0) == [key(2)]


def test_dropping_an_unknown_attempt_is_ignored() -> None:
    Deadlines().drop(key(1))


def test_a_new_deadline_replaces_the_old_one_earlier_or_later() -> None:
    deadlines = Deadlines()
    deadlines.set(key(1), 10.0)
    deadlines.set(key(1), 20.0)
    assert deadlines.passed(15.0) == []
    deadlines.set(key(1), 5.0)
    assert deadlines.passed(15.0) == [key(1)]
    assert deadlines.passed(100.0) == []


def test_two_attempts_may_share_a_deadline_and_both_pass() -> None:
    deadlines = Deadlines()
    deadlines.set(key(2), 10.0)
    deadlines.set(key(1), 10.0)
    assert deadlines.passed(10.0) == [key(2), key(1)]


def test_one_deadline_set_twice_passes_once() -> None:
    deadlines = Deadlines()
    deadlines.set(key(1), 10.0)
    deadlines.set(key(1), 10.0)
    assert deadlines.passed(10.0) == [key(1)]
    assert deadlines.first() is None
