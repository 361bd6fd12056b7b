from __future__ import annotations

import threading
from datetime import UTC, timedelta

import pytest

from cron_actors.adapters.clock import LONGEST_SLEEP, SystemAlarm, SystemClock, VirtualClock
from tests.fakes.values import NOON

WITHIN = 10.0  # seconds, for what takes milliseconds
NEVER = timedelta(days=1000)


class Bell:
    """Counts how often it was rung; ``wait`` returns once it was rung as often as that."""

    def __init__(self) -> None:
        self.rung = threading.Semaphore(0)

    def __call__(self) -> None:
        self.rung.release()

    def wait(self, times: int = 1) -> bool:
        return all(self.rung.acquire(timeout=WITHIN) for _ in range(times))


@pytest.fixture
def bell() -> Bell:
    """Return what an alarm rings."""
    return Bell()


def test_the_wall_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_the_monotonic_clock_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(1000)]
    assert readings == sorted(readings)


def test_a_wait_ends_with_its_event_and_says_whether_it_came() -> None:
    event = threading.Event()
    assert not SystemClock().wait(event, 0.0)
    event.set()
    assert SystemClock().wait(event, WITHIN)


@pytest.mark.parametrize("after", [timedelta(milliseconds=1), timedelta(0), timedelta(seconds=-5)])
def test_an_alarm_rings_after_its_time_and_at_once_if_that_has_passed(bell: Bell, after: timedelta) -> None:
    alarm = SystemAlarm(bell)
    alarm.set(after)
    assert bell.wait()
    alarm.close()


def test_an_alarm_that_rang_can_be_set_again(bell: Bell) -> None:
    alarm = SystemAlarm(bell)
    for _ in range(3):
        alarm.set(timedelta(0))
        assert bell.wait()
    alarm.close()


def test_an_earlier_time_replaces_a_later_one(bell: Bell) -> None:
    alarm = SystemAlarm(bell)
    alarm.set(NEVER)
    alarm.set(timedelta(0))
    assert bell.wait()
    alarm.close()


def test_an_alarm_rings_once_for_a_setting(bell: Bell) -> None:
    alarm = SystemAlarm(bell)
    alarm.set(timedelta(0))
    assert bell.wait()
    alarm.close()
    assert not bell.rung.acquire(blocking=False)


def test_a_far_time_is_rung_for_within_a_second_so_that_a_clock_change_is_noticed(bell: Bell) -> None:
    clock = SystemClock()
    begun = clock.monotonic()
    alarm = SystemAlarm(bell)
    alarm.set(NEVER)
    assert bell.wait()
    alarm.close()
    assert LONGEST_SLEEP - 0.01 <= clock.monotonic() - begun < WITHIN


def test_a_closed_alarm_never_rings_and_its_thread_is_gone(bell: Bell) -> None:
    before = set(threading.enumerate())
    alarm = SystemAlarm(bell)
    alarm.set(NEVER)
    alarm.close()
    alarm.set(timedelta(0))
    assert set(threading.enumerate()) == before
    assert not bell.rung.acquire(blocking=False)


def test_an_alarm_may_be_closed_by_what_it_rings(bell: Bell) -> None:
    alarms: list[SystemAlarm] = []

    def ring() -> None:
        alarms[0].close()
        bell()

    alarms.append(SystemAlarm(ring))
    alarms[0].set(timedelta(0))
    assert bell.wait()


def test_an_alarm_may_be_set_by_what_it_rings(bell: Bell) -> None:
    alarms: list[SystemAlarm] = []

    def ring() -> None:
        alarms[0].set(timedelta(0))
        bell()

    alarms.append(SystemAlarm(ring))
    alarms[0].set(timedelta(0))
    assert bell.wait(5)
    alarms[0].close()


def test_a_virtual_clock_stands_still_until_somebody_waits_for_it() -> None:
    clock = VirtualClock(NOON)
    assert clock.now() == clock.now() == NOON


def test_a_virtual_alarm_rings_at_once_at_the_very_instant_it_was_set_to(bell: Bell) -> None:
    clock = VirtualClock(NOON)
    alarm = clock.alarm(bell)
    alarm.set(timedelta(seconds=60))
    assert clock.now() == NOON + timedelta(seconds=60)
    assert bell.rung.acquire(blocking=False)
    alarm.close()


def test_a_virtual_clock_never_goes_back(bell: Bell) -> None:
    clock = VirtualClock(NOON)
    clock.alarm(bell).set(timedelta(seconds=-60))
    assert clock.now() == NOON
    assert bell.rung.acquire(blocking=False)


def test_the_monotonic_side_of_a_virtual_clock_is_real() -> None:
    clock = VirtualClock(NOON)
    before = SystemClock().monotonic()
    clock.jump(timedelta(days=1))
    assert 0 <= clock.monotonic() - before < WITHIN
