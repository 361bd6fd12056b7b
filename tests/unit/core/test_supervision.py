from __future__ import annotations

from cron_actors.core.supervision import Budget, Watch


def test_five_restarts_within_a_minute_are_allowed_and_the_sixth_is_not() -> None:
    budget = Budget()
    assert [budget.spend(monotonic) for monotonic in (0.0, 10.0, 20.0, 30.0, 40.0, 60.0)] == [True] * 5 + [False]


def test_restarts_spread_over_more_than_a_minute_are_allowed_for_ever() -> None:
    budget = Budget()
    assert all(budget.spend(13.0 * number) for number in range(100))


def test_an_actor_that_handles_nothing_while_mail_waits_hangs_after_thirty_seconds() -> None:
    watch = Watch()
    looks = [watch.hangs("ledger", 7, 1, monotonic) for monotonic in (0.0, 10.0, 20.0, 29.9, 30.0)]
    assert looks == [False, False, False, False, True]


def test_an_actor_without_mail_never_hangs() -> None:
    watch = Watch()
    assert not any(watch.hangs("ledger", 7, 0, 10.0 * number) for number in range(100))


def test_an_actor_that_makes_progress_never_hangs_however_much_waits() -> None:
    watch = Watch()
    assert not any(watch.hangs("ledger", number, 10_000, 10.0 * number) for number in range(100))


def test_an_actor_left_idle_for_long_is_given_its_time_from_its_first_mail_on() -> None:
    watch = Watch()
    watch.hangs("ledger", 7, 0, 0.0)
    looks = [watch.hangs("ledger", 7, 1, monotonic) for monotonic in (100.0, 110.0, 120.0, 129.0, 130.0)]
    assert looks == [False, False, False, False, True]


def test_a_process_that_stood_still_as_a_whole_is_no_sign_of_a_hung_actor() -> None:
    watch = Watch()
    for monotonic in (0.0, 0.5):
        watch.hangs("ledger", 7, 1, monotonic)
    assert not watch.hangs("ledger", 7, 2, 3600.0)
    assert not watch.hangs("ledger", 9, 1, 3600.5)


def test_actors_are_told_apart() -> None:
    watch = Watch()
    for monotonic in (0.0, 10.0, 20.0, 30.0):
        watch.hangs("timer", int(monotonic), 1, monotonic)
        hangs = watch.hangs("ledger", 7, 1, monotonic)
    assert hangs
