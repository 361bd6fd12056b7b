"""Timer, Scheduler and Ledger on a real store, on a machine whose clock is set back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cron_actors.actors.scheduler import SchedulerActor
from cron_actors.actors.timer import Rhythm, Timepieces, TimerActor
from cron_actors.messages import Drain, LedgerMessage, Pulse, Recall, Rewound, SchedulerMessage, Tick, TimerMessage
from cron_actors.model.records import RequestKind, RunFilter
from cron_actors.settings import Granularity
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.mail import Outbox, deliver, inbox
from tests.fakes.values import NOON

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Machine:
    """The three actors that time goes through, with the post between them delivered by hand; it is noon."""

    def __init__(self, desk: LedgerDesk) -> None:
        self.desk = desk
        self.clock = desk.clock
        self.to_timer, self.to_scheduler, self.to_ledger = Outbox(), Outbox(), Outbox()
        self.scheduler = SchedulerActor(inbox(), Outbox(), self.to_timer, self.to_ledger, Outbox())
        self.timer = TimerActor(
            inbox(),
            Outbox(),
            Timepieces(clock=self.clock, wall_alarm=self.clock.alarm, monotonic_alarm=self.clock.alarm),
            Rhythm(granularity=Granularity.MINUTE, pulse=SECOND / 2),
            self.to_scheduler,
            (self.to_scheduler, self.to_ledger),
        )
        self.scheduler.begin()
        self.timer.begin()
        self.deliver()

    def deliver(self) -> None:
        """Hand over all mail until nobody has anything left to say."""
        while mail := [*self.to_timer.messages, *self.to_scheduler.messages, *self.to_ledger.messages]:
            for_timer: list[TimerMessage] = self.to_timer.take()
            for_scheduler: list[SchedulerMessage] = self.to_scheduler.take()
            for_ledger: list[LedgerMessage] = self.to_ledger.take()
            assert len(mail) < 100
            for order in for_timer:
                self.timer.handle(order)
            for news in for_scheduler:
                self.scheduler.handle(news)
            for posting in for_ledger:
                self.desk.tell(posting)
            self.to_scheduler.messages += self.desk.scheduler.take()

    def live(self, length: timedelta) -> None:
        """Let time pass, half a minute at a time."""
        for _ in range(length // (30 * SECOND)):
            self.clock.advance(30 * SECOND)
            deliver(self.timer)
            self.deliver()

    def instants(self) -> list[datetime]:
        """Return the due instants of all runs, in the order in which they were written."""
        runs = self.desk.database.reader().runs(RunFilter(limit=None))
        return [run.due_at for run in sorted(runs, key=lambda run: run.run_id)]

    @property
    def trouble(self) -> str | None:
        return self.desk.node.record.trouble


@pytest.fixture
def machine(desk: LedgerDesk) -> Machine:
    """Return a machine on which ``backup`` ran every minute from 12:00 to 12:10, and whose clock says 11:10 now."""
    desk.load({})
    machine = Machine(desk)
    machine.live(10 * MINUTE)
    machine.clock.jump(-HOUR)
    machine.live(MINUTE)
    return machine


def test_a_clock_set_back_is_a_trouble_that_names_its_remedy_and_nothing_runs(machine: Machine) -> None:
    machine.live(5 * MINUTE)
    assert machine.instants() == [NOON + number * MINUTE for number in range(11)]
    assert "cron-actors reset-cursor --all" in str(machine.trouble)


@pytest.mark.parametrize("job", ["backup", None])
def test_after_a_reset_scheduling_goes_on_from_now_and_the_trouble_ends(machine: Machine, job: str | None) -> None:
    before = machine.instants()
    machine.desk.ask(RequestKind.RESET_CURSOR, job=job)
    machine.live(3 * MINUTE)
    assert machine.trouble is None
    assert machine.instants()[len(before) :] == [NOON - HOUR + number * MINUTE for number in (12, 13, 14)]


def test_an_instant_that_has_a_run_gets_no_second_one_after_a_reset(machine: Machine) -> None:
    machine.desk.ask(RequestKind.RESET_CURSOR)
    machine.live(HOUR + 5 * MINUTE)
    instants = machine.instants()
    assert len(set(instants)) == len(instants)
    assert sorted(instants) == [NOON - HOUR + number * MINUTE for number in range(12, 77)]


def test_a_reset_on_a_right_clock_changes_nothing(desk: LedgerDesk) -> None:
    desk.load({})
    machine = Machine(desk)
    machine.live(2 * MINUTE)
    desk.ask(RequestKind.RESET_CURSOR)
    machine.live(2 * MINUTE)
    assert machine.instants() == [NOON + number * MINUTE for number in range(5)]


def scheduler_with(timer: Outbox, ledger: Outbox) -> SchedulerActor:
    return SchedulerActor(inbox(), Outbox(), timer, ledger, Outbox())


def test_the_scheduler_asks_for_the_store_behind_what_it_has_sent_and_drops_a_tick_of_the_later_time() -> None:
    timer, ledger = Outbox(), Outbox()
    scheduler = scheduler_with(timer, ledger)
    scheduler.handle(Tick(since_at=NOON, until_at=NOON + MINUTE, number=1))
    scheduler.handle(Rewound(at=NOON - HOUR))
    assert timer.messages == [Rewound(at=NOON - HOUR)]
    assert ledger.messages == [Recall()]
    assert scheduler._tick is None


def test_a_scheduler_that_is_stopping_does_not_go_back_in_time() -> None:
    timer, ledger = Outbox(), Outbox()
    scheduler = scheduler_with(timer, ledger)
    drain = Drain(finish=False, grace=None)
    scheduler.handle(drain)
    scheduler.handle(Rewound(at=NOON))
    scheduler.handle(Pulse(at=NOON, monotonic=1.0, ticks=0))
    assert (timer.messages, ledger.messages) == ([], [drain])
