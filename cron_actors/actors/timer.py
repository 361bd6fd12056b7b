"""The Timer: turns the clock into windows of time, and into pulses for whatever is measured in real time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.windows import Windows
from cron_actors.messages import (
    Address,
    Crashed,
    Drain,
    Hurry,
    Pulse,
    Resume,
    Rewound,
    Rung,
    SchedulerMessage,
    Tick,
    Ticked,
    TimerMessage,
    WakeAt,
    WakeBy,
)
from cron_actors.ports.clock import AlarmMaker, Clock
from cron_actors.settings import Granularity


@dataclass(frozen=True, slots=True, kw_only=True)
class Timepieces:
    """What the Timer tells the time by: the clock, an alarm for its wall, an alarm for its monotonic side."""

    clock: Clock
    wall_alarm: AlarmMaker
    monotonic_alarm: AlarmMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often the Timer ticks and pulses, and after how many ticks the daemon is to stop (None: never)."""

    granularity: Granularity
    pulse: timedelta
    max_ticks: int | None = None


class TimerActor(Shell[TimerMessage]):
    """Ticks at granularity boundaries and at the one instant it was asked to wake at; waits for every tick's echo.

    A tick is sent only after the last one was answered (``Ticked``): a slow store makes windows longer, never mail.
    After ``max_ticks`` ticks on boundaries it lets the daemon finish what is due and stop.
    """

    def __init__(
        self,
        inbox: Inbox,
        supervisor: Address[Crashed],
        timepieces: Timepieces,
        rhythm: Rhythm,
        scheduler: Address[SchedulerMessage],
        pulsed: Sequence[Address[Pulse]],
    ) -> None:
        super().__init__("timer", inbox, supervisor)
        self._clock = timepieces.clock
        self._rhythm = rhythm
        self._scheduler = scheduler
        self._pulsed = pulsed
        self._windows = Windows(rhythm.granularity)
        self._ticking = False  # not before the Scheduler is ready, and not while a tick is under way
        self._ticked_at: datetime | None = None  # the end of the last tick
        self._drain: Drain | Hurry | None = None
        self._wake_at: datetime | None = None
        self._wake_by: float | None = None
        self._pulse_by = self._clock.monotonic()
        self._wall = timepieces.wall_alarm(lambda: self.address.tell(Rung()))
        self._monotonic = timepieces.monotonic_alarm(lambda: self.address.tell(Rung()))

    def begin(self) -> None:
        self._pulse()

    def on_stop(self) -> None:
        self._wall.close()
        self._monotonic.close()

    def on_failure(self, *failure: Any) -> None:  # noqa: ANN401 # what pykka passes
        self.on_stop()
        super().on_failure(*failure)

    def handle(self, message: TimerMessage) -> None:
        match message:
            case Rung():
                pass
            case WakeAt(at=at):
                self._wake_at = at
            case WakeBy(monotonic=monotonic):
                self._wake_by = monotonic
            case Resume(until_at=until_at, number=number):
                if until_at is not None:
                    self._windows.resume(until_at, number)
                self._ticking = True
                if self._drain is not None:  # whoever was restarted knows nothing of it
                    self._scheduler.tell(self._drain)
            case Rewound(at=at):
                self._windows.rewind(at)
            case Ticked(until_at=until_at):
                if until_at == self._ticked_at:  # else a later tick is under way
                    self._ticked()
            case Drain() | Hurry():
                self._stop_ticking(message)
            case _:
                assert_never(message)
        self._pulse()
        self._tick()

    def _ticked(self) -> None:
        self._ticking = True
        last = self._rhythm.max_ticks
        if last is not None and self._windows.number >= last and self._drain is None:
            self._stop_ticking(Drain(finish=True, grace=None))

    def _stop_ticking(self, order: Drain | Hurry) -> None:
        if isinstance(order, Drain) or self._drain is None:
            self._drain = order
        self._pulse_by = self._clock.monotonic()
        self._pulse()  # the ledger is to know the last count of ticks before it hears of the end
        self._scheduler.tell(order)

    def _tick(self) -> None:
        if self._drain is not None or not self._ticking:
            return
        now = self._clock.now()
        window = self._windows.close(now, self._wake_at)
        if window is None:
            wish = self._windows.next_boundary_at(now)
            if self._wake_at is not None and self._wake_at > now:  # a past one would ring without end
                wish = min(wish, self._wake_at)
            self._wall.set(wish - now)
            return
        self._ticking, self._ticked_at = False, window.until_at
        if self._wake_at is not None and self._wake_at <= now:
            self._wake_at = None
        self._scheduler.tell(Tick(since_at=window.since_at, until_at=window.until_at, number=window.number))

    def _pulse(self) -> None:
        monotonic = self._clock.monotonic()
        wish = self._pulse_by if self._wake_by is None else min(self._pulse_by, self._wake_by)
        if monotonic >= wish:
            self._wake_by = None
            self._pulse_by = monotonic + self._rhythm.pulse.total_seconds()
            wish = self._pulse_by
            pulse = Pulse(at=self._clock.now(), monotonic=monotonic, ticks=self._windows.number)
            for address in self._pulsed:
                address.tell(pulse)
        self._monotonic.set(timedelta(seconds=wish - monotonic))
