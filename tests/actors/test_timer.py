from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.actors.timer import Rhythm, Timepieces, TimerActor
from cron_actors.messages import Drain, Hurry, Pulse, Resume, Rung, Tick, Ticked, TimerMessage, WakeAt, WakeBy
from cron_actors.settings import Granularity
from tests.fakes.clock import FakeClock
from tests.fakes.mail import Outbox, deliver, inbox
from tests.fakes.values import NOON

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
START_AT = NOON + 30 * SECOND


class Desk:
    """A Timer at 12:00:30, and a scheduler that answers its ticks only when told to."""

    def __init__(self, max_ticks: int | None = None) -> None:
        self.clock = FakeClock(START_AT)
        self.scheduler, self.pulsed, self.supervisor = Outbox(), Outbox(), Outbox()
        self.timer = TimerActor(
            inbox(),
            self.supervisor,
            Timepieces(clock=self.clock, wall_alarm=self.clock.alarm, monotonic_alarm=self.clock.alarm),
            Rhythm(granularity=Granularity.MINUTE, pulse=SECOND / 2, max_ticks=max_ticks),
            self.scheduler,
            (self.pulsed,),
        )
        self.last = START_AT
        self.timer.begin()

    def tell(self, message: TimerMessage) -> None:
        self.timer.handle(message)

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)
        deliver(self.timer)

    def ticks(self) -> list[Tick]:
        self.remember()
        return [message for message in self.scheduler.take() if isinstance(message, Tick)]

    def remember(self) -> None:
        for tick in self.scheduler.of(Tick):
            self.last = tick.until_at

    def echo(self) -> None:
        """Answer the last tick."""
        self.remember()
        self.tell(Ticked(until_at=self.last))


@pytest.fixture
def desk() -> Desk:
    """Return a Timer that has ticked once, and whose tick was answered."""
    desk = Desk()
    desk.tell(Resume())
    desk.echo()
    desk.scheduler.take()
    return desk


def test_nothing_ticks_before_the_scheduler_is_ready() -> None:
    desk = Desk()
    desk.advance(5 * MINUTE)
    assert desk.scheduler.messages == []


def test_the_first_tick_comes_at_once_whatever_the_time() -> None:
    desk = Desk()
    desk.tell(Resume())
    assert desk.scheduler.messages == [Tick(since_at=START_AT, until_at=START_AT, number=1)]


def test_further_ticks_come_on_aligned_boundaries(desk: Desk) -> None:
    desk.advance(29 * SECOND)
    assert desk.ticks() == []
    desk.advance(SECOND)
    assert desk.ticks() == [Tick(since_at=START_AT, until_at=NOON + MINUTE, number=2)]


def test_the_alarm_is_set_to_the_next_boundary(desk: Desk) -> None:
    assert desk.clock.alarms[0].wish == 30 * SECOND


def test_a_late_tick_is_one_longer_window(desk: Desk) -> None:
    desk.advance(3 * MINUTE + 40 * SECOND)
    assert desk.ticks() == [Tick(since_at=START_AT, until_at=NOON + 4 * MINUTE + 10 * SECOND, number=2)]
    desk.echo()
    assert desk.clock.alarms[0].wish == 50 * SECOND


def test_no_tick_is_sent_before_the_last_one_was_answered(desk: Desk) -> None:
    desk.advance(MINUTE)
    desk.advance(MINUTE)
    desk.advance(MINUTE)
    assert len(desk.ticks()) == 1
    desk.echo()
    [tick] = desk.ticks()
    assert (tick.since_at, tick.until_at) == (START_AT + MINUTE, START_AT + 3 * MINUTE)


def test_a_clock_set_back_makes_no_tick_until_it_has_caught_up(desk: Desk) -> None:
    desk.advance(MINUTE)
    desk.echo()
    desk.ticks()
    desk.clock.jump(-timedelta(hours=1))
    desk.advance(30 * SECOND)
    assert desk.ticks() == []
    desk.advance(timedelta(hours=1))
    [tick] = desk.ticks()
    assert tick.since_at == START_AT + MINUTE


def test_a_clock_set_forward_is_noticed_within_a_second(desk: Desk) -> None:
    desk.clock.jump(timedelta(hours=3))
    desk.advance(SECOND)
    assert [tick.until_at for tick in desk.ticks()] == [START_AT + timedelta(hours=3) + SECOND]


def test_it_wakes_at_the_very_instant_it_was_asked_to_without_counting_a_tick(desk: Desk) -> None:
    desk.tell(WakeAt(at=START_AT + 7 * SECOND))
    assert desk.clock.alarms[0].wish == 7 * SECOND
    desk.advance(6 * SECOND)
    assert desk.ticks() == []
    desk.advance(SECOND)
    assert desk.ticks() == [Tick(since_at=START_AT, until_at=START_AT + 7 * SECOND, number=1)]


def test_a_wish_to_wake_can_be_taken_back(desk: Desk) -> None:
    desk.tell(WakeAt(at=START_AT + 7 * SECOND))
    desk.tell(WakeAt(at=None))
    desk.advance(8 * SECOND)
    assert desk.ticks() == []


def test_a_wish_that_has_passed_never_makes_the_alarm_ring_without_end(desk: Desk) -> None:
    desk.clock.jump(-MINUTE)
    desk.tell(WakeAt(at=desk.clock.now() - SECOND))
    wish = desk.clock.alarms[0].wish
    assert wish is not None
    assert wish > timedelta(0)


def test_after_the_last_tick_what_is_due_is_finished_and_no_further_tick_comes() -> None:
    desk = Desk(max_ticks=2)
    desk.tell(Resume())
    desk.echo()
    desk.advance(MINUTE)
    assert [tick.number for tick in desk.ticks()] == [1, 2]
    desk.echo()
    assert desk.scheduler.take() == [Drain(finish=True, grace=None)]
    desk.advance(10 * MINUTE)
    assert desk.scheduler.messages == []


def test_the_answer_to_an_older_tick_does_not_end_the_last_one() -> None:
    desk = Desk(max_ticks=2)
    desk.tell(Resume())
    desk.tell(Resume(until_at=None, number=0))  # an actor was restarted while the first tick was under way
    desk.advance(MINUTE)
    assert [tick.number for tick in desk.ticks()] == [1, 2]
    desk.tell(Ticked(until_at=START_AT))
    assert desk.scheduler.take() == []
    desk.echo()
    assert desk.scheduler.take() == [Drain(finish=True, grace=None)]


def test_wake_ups_between_boundaries_do_not_use_up_max_ticks() -> None:
    desk = Desk(max_ticks=2)
    desk.tell(Resume())
    desk.echo()
    desk.tell(WakeAt(at=START_AT + 5 * SECOND))
    desk.advance(5 * SECOND)
    desk.echo()
    assert desk.scheduler.of(Drain) == []


@pytest.mark.parametrize("message", [Drain(finish=False, grace=30 * SECOND), Hurry()])
def test_an_order_to_stop_is_passed_on_and_ends_the_ticks(desk: Desk, message: TimerMessage) -> None:
    desk.tell(message)
    desk.advance(5 * MINUTE)
    assert desk.scheduler.messages == [message]


def test_an_order_to_stop_comes_after_a_pulse_with_the_last_count_of_ticks(desk: Desk) -> None:
    desk.pulsed.take()
    desk.tell(Drain(finish=False, grace=None))
    assert [pulse.ticks for pulse in desk.pulsed.messages] == [1]


def test_an_order_to_stop_is_repeated_to_a_scheduler_that_begins_anew(desk: Desk) -> None:
    drain = Drain(finish=False, grace=30 * SECOND)
    desk.tell(drain)
    desk.scheduler.take()
    desk.tell(Resume(until_at=START_AT, number=1))
    assert desk.scheduler.take() == [drain]


def test_a_timer_that_begins_anew_goes_on_where_the_scheduler_is() -> None:
    desk = Desk()
    desk.tell(Resume(until_at=NOON, number=41))
    assert desk.ticks() == []
    desk.advance(30 * SECOND)
    assert desk.ticks() == [Tick(since_at=NOON, until_at=NOON + MINUTE, number=42)]


def test_it_pulses_at_once_and_then_every_half_second_of_real_time() -> None:
    desk = Desk()
    assert desk.pulsed.take() == [Pulse(at=START_AT, monotonic=1000.0, ticks=0)]
    desk.advance(SECOND / 4)
    assert desk.pulsed.messages == []
    desk.advance(SECOND / 4)
    assert [pulse.monotonic for pulse in desk.pulsed.take()] == [1000.5]


def test_pulses_carry_the_number_of_ticks_and_go_on_while_it_drains(desk: Desk) -> None:
    desk.tell(Drain(finish=False, grace=None))
    desk.pulsed.take()
    desk.advance(SECOND)
    assert [pulse.ticks for pulse in desk.pulsed.messages] == [1]


def test_a_jump_of_the_wall_clock_moves_no_pulse(desk: Desk) -> None:
    desk.pulsed.take()
    desk.clock.jump(timedelta(hours=1))
    desk.tell(Rung())
    assert desk.pulsed.messages == []


def test_it_pulses_by_the_reading_it_was_asked_for_and_forgets_the_wish(desk: Desk) -> None:
    desk.pulsed.take()
    desk.tell(WakeBy(monotonic=1000.1))
    desk.advance(SECOND / 10)
    assert [pulse.monotonic for pulse in desk.pulsed.take()] == [1000.1]
    desk.advance(SECOND / 10)
    assert desk.pulsed.messages == []


def test_the_alarms_end_with_the_timer_also_when_it_fails(desk: Desk) -> None:
    desk.timer.on_stop()
    assert [alarm.closed for alarm in desk.clock.alarms] == [True, True]
    failing = Desk()
    failing.timer.on_failure(ValueError, ValueError("broken"), None)
    assert [alarm.closed for alarm in failing.clock.alarms] == [True, True]
