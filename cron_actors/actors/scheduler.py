"""The Scheduler: owns the agenda, turns windows into due runs, knows every deadline, answers for the figures."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.accounting import Batch, Entry
from cron_actors.core.agenda import Agenda
from cron_actors.core.deadlines import Deadlines
from cron_actors.core.moments import iso
from cron_actors.core.schedule import Schedule
from cron_actors.core.tally import Tally
from cron_actors.messages import (
    ActiveJob,
    ActiveRun,
    Address,
    Changed,
    Crashed,
    CurrentTicks,
    Delayed,
    Drain,
    Due,
    Figures,
    FinishedBatch,
    FinishedExecution,
    Hurry,
    Interrupt,
    LedgerMessage,
    Loaded,
    NumRuns,
    Performing,
    Promote,
    Pulse,
    QueueMessage,
    Recall,
    Recorded,
    Restarted,
    Resume,
    Revised,
    Rewound,
    SchedulerMessage,
    Tick,
    Ticked,
    TimeOut,
    TimerMessage,
    Trouble,
    WakeAt,
    WakeBy,
)
from cron_actors.model.run import AttemptKey

# Due runs in one transaction, about, the first and at most: each is twice the one before, so that the first runs of a
# herd are performed at once, and the others are evaluated meanwhile.
FIRST_RUNS, RUNS_AT_ONCE = 25, 200
# Instants walked through for one transaction, about; a fraction of a second's work. After a long downtime the ticks,
# and with them all other jobs, wait for no more than that.
INSTANTS_AT_ONCE = 5_000
# How long before an instant what it owes is worked out, at most and at least, and of how many jobs at one pulse: a tick
# must not have to wait for it.
FORESEEN_FROM, FORESEEN_UNTIL = timedelta(seconds=10), timedelta(milliseconds=100)
FORESEEN_AT_ONCE = 2_000
CLOCK_BEHIND = timedelta(seconds=60)
CLOCK_ADVICE = "nothing runs again before that unless you say so: cron-actors reset-cursor --all"


class SchedulerActor(Shell[SchedulerMessage]):
    """Decides what is launched, by evaluating the jobs whose next instant a window has reached.

    At most one ``Due`` is on its way to the store at any time; ticks that come meanwhile become one longer window.
    """

    def __init__(
        self,
        inbox: Inbox,
        supervisor: Address[Crashed],
        timer: Address[TimerMessage],
        ledger: Address[LedgerMessage],
        queue: Address[QueueMessage],
    ) -> None:
        super().__init__("scheduler", inbox, supervisor)
        self._timer = timer
        self._ledger = ledger
        self._queue = queue
        self._entries: dict[str, Entry] = {}
        self._agenda = Agenda()
        self._backlog: deque[str] = deque()  # jobs with more instants behind them than fit into one transaction
        self._deadlines = Deadlines()
        self._tally = Tally()
        self._delayed_at: datetime | None = None  # the first instant that a run waits for
        self._running: dict[AttemptKey, tuple[datetime, timedelta]] = {}
        self._tick: Tick | None = None
        self._at_once = FIRST_RUNS
        self._number = 0
        self._until_at: datetime | None = None
        self._recording = False
        self._load_number = 0  # of the last load of jobs
        self._known = False  # what stands in the store; what is evaluated without knowing it would be written twice
        self._drain: Drain | None = None
        self._drained = False
        self._interrupt_by: float | None = None
        self._newest_cursor_at: datetime | None = None
        self._clock_behind = False

    def begin(self) -> None:
        self._ledger.tell(Recall())

    def handle(self, message: SchedulerMessage) -> object:
        match message:
            case Tick():
                self._tick, self._number = message, message.number
                self._promote(message.until_at)
                self._go()
            case Rewound():
                self._rewind(message)
            case Recorded():
                self._recording = False
                self._go()
            case Loaded():
                self._load(message)
            case Revised():
                self._revise(message)
            case Performing():
                self._expect(message)
            case ActiveRun():
                self._remember(message)
            case Delayed(at=at):
                self._delayed_at = at
                self._ask_to_wake()
            case FinishedExecution(key=key):
                self._forget(key)
            case FinishedBatch(finished=finished):
                for one in finished:
                    self._forget(one.key)
            case Pulse():
                self._look_after_deadlines(message)
                self._watch_clock(message.at)
                self._foresee(message.at)
                self._tally.rest()
            case Changed():
                self._tally.note(message)
            case Restarted():
                self._known = False
                self._ledger.tell(Recall())
            case Drain():
                self._drain, self._tick, self._drained = message, None, False
                self._go()
            case Hurry():
                self._queue.tell(Interrupt())
            case _:
                return self._answer(message)
        return None

    def _answer(self, question: NumRuns | CurrentTicks | Figures) -> object:
        match question:
            case NumRuns(job=job):
                return self._tally.launches(job)
            case CurrentTicks():
                return self._number
            case Figures():
                return self._tally.shown()
            case _:
                assert_never(question)

    def _load(self, loaded: Loaded) -> None:
        self._entries.clear()
        self._agenda = Agenda()
        self._backlog.clear()
        self._tally.load(loaded)
        for active in loaded.jobs:
            self._enter(active)
        self._rank(loaded.order)
        cursors = [entry.cursor_at for entry in self._entries.values() if entry.cursor_at is not None]
        self._newest_cursor_at = max(cursors, default=None)
        for run in loaded.running:
            self._remember(run)
        self._load_number = loaded.load
        self._recording, self._known = False, True
        self._ask_to_wake()
        self._timer.tell(Resume(until_at=self._until_at, number=self._number))

    def _revise(self, revised: Revised) -> None:
        """Learn what a load has changed; what is on its way to the store of a re-timed job is not written there."""
        if not self._known:  # all of it is on its way
            return
        self._load_number = revised.load
        anew = set(revised.removed)
        for identifier in revised.removed:
            self._entries.pop(identifier, None)
            self._agenda.remove(identifier)
        for active in revised.jobs:
            known = self._entries.get(active.job.identifier)
            same = known is not None and known.job.when == active.job.when and known.pauses == active.record.pauses
            if known is not None and same:  # it may be further than the store knows
                known.job, known.definition = active.job, active.record.definition
            else:
                self._enter(active)
                anew.add(active.job.identifier)
        self._rank(revised.order)
        if anew.intersection(self._backlog):
            self._backlog = deque(identifier for identifier in self._backlog if identifier not in anew)
        self._ask_to_wake()

    def _rewind(self, rewound: Rewound) -> None:
        """Go back in time: what is under way is recorded first, then the store tells how far everything is."""
        if self._drain is not None:  # the next daemon begins with what is stored
            return
        if self._tick is not None and self._tick.until_at > rewound.at:
            self._tick = None
        if self._until_at is not None:
            self._until_at = min(self._until_at, rewound.at)
        self._known = False
        self._timer.tell(rewound)
        self._ledger.tell(Recall())

    def _enter(self, active: ActiveJob) -> None:
        record, job = active.record, active.job
        schedule = Schedule.of(job.when, seed=job.identifier, changed_at=record.changed_at)
        self._entries[job.identifier] = Entry(
            job=job,
            schedule=schedule,
            definition=record.definition,
            first_seen_at=record.first_seen_at,
            cursor_at=record.cursor_at,
            # The first tick evaluates what a job owes that is seen for the first time.
            next_due_at=record.first_seen_at if record.cursor_at is None else schedule.next_after(record.cursor_at),
            pauses=record.pauses,
        )
        self._agenda.put(job.identifier, self._entries[job.identifier].next_due_at)

    def _rank(self, order: tuple[str, ...]) -> None:
        """Have runs of one instant written down in the order in which they are to begin: claims end with their ids."""
        places = {identifier: place for place, identifier in enumerate(order)}
        self._agenda.rank(
            {
                identifier: (-entry.job.priority, places.get(identifier, len(places)))
                for identifier, entry in self._entries.items()
            }
        )

    def _go(self) -> None:
        """Do what is next: pass on a stop, evaluate a tick, or work on the backlog, which holds up neither."""
        if self._drain is not None and not (self._drain.finish and (self._backlog or self._recording)):
            self._pass_on_drain(self._drain)
            return
        if self._recording or not self._known:
            return
        if self._tick is not None:
            due = self._evaluate(self._tick.until_at).due()
            if due is not None:
                self._record(due)
                return
            self._end_tick(self._tick)
        if self._backlog and self._until_at is not None:
            due = self._work_off(self._until_at).due()
            self._ask_to_wake()  # a job that has caught up is on the agenda again
            if due is not None:
                self._record(due)

    def _record(self, due: Due) -> None:
        self._recording = True
        self._ledger.tell(replace(due, load=self._load_number))

    def _ask_to_wake(self) -> None:
        """Have the Timer tick at whatever comes first: an instant of the agenda, or one that a run waits for."""
        wishes = [at for at in (self._agenda.peek(), self._delayed_at) if at is not None]
        self._timer.tell(WakeAt(at=min(wishes, default=None)))

    def _promote(self, until_at: datetime) -> None:
        """Have made available what has waited for an instant of the window; the ledger then tells of the next one."""
        if self._delayed_at is not None and self._delayed_at <= until_at:
            self._delayed_at = None
            self._ledger.tell(Promote(until_at=until_at))

    def _end_tick(self, tick: Tick) -> None:
        self._tick, self._until_at = None, tick.until_at
        self._at_once = FIRST_RUNS
        self._newest_cursor_at = max(tick.until_at, self._newest_cursor_at or tick.until_at)
        self._ask_to_wake()
        self._timer.tell(Ticked(until_at=tick.until_at))

    def _pass_on_drain(self, drain: Drain) -> None:
        if not self._drained:
            self._drained = True
            self._ledger.tell(drain)

    def _evaluate(self, until_at: datetime) -> Batch:
        """Evaluate what the agenda says is due; a job far behind joins the backlog instead."""
        batch = Batch()
        while len(batch.runs) < self._at_once and (identifier := self._agenda.take(until_at)) is not None:
            entry = self._entries[identifier]
            if entry.lags(until_at):
                self._backlog.append(identifier)
            else:
                self._advance(entry, until_at, batch)
        self._at_once = min(2 * self._at_once, RUNS_AT_ONCE)
        return batch

    def _foresee(self, now: datetime) -> None:
        """Work out what becomes due next while there is time for it: when a herd is due there is none to spare."""
        due_at = self._agenda.peek()
        if due_at is not None and FORESEEN_FROM >= due_at - now >= FORESEEN_UNTIL:
            for identifier in self._agenda.first(FORESEEN_AT_ONCE):
                self._entries[identifier].foresee()

    def _work_off(self, until_at: datetime) -> Batch:
        """Evaluate as much of the backlog as one transaction takes, the jobs in turn."""
        batch = Batch()
        while self._backlog and batch.walked < INSTANTS_AT_ONCE and len(batch.runs) < RUNS_AT_ONCE:
            self._advance(self._entries[self._backlog.popleft()], until_at, batch)
        return batch

    def _advance(self, entry: Entry, until_at: datetime, batch: Batch) -> None:
        step = entry.advance(until_at, INSTANTS_AT_ONCE)
        batch.add(step)
        if step.complete:
            self._agenda.put(entry.job.identifier, step.move.next_due_at)
        else:
            self._backlog.append(entry.job.identifier)

    def _remember(self, run: ActiveRun) -> None:
        """Set the deadline of a run, with the next pulse, unless its beginning was told."""
        if run.timeout is not None and run.key not in self._deadlines:
            self._running[run.key] = (run.started_at, run.timeout)

    def _forget(self, key: AttemptKey) -> None:
        self._deadlines.drop(key)
        self._running.pop(key, None)

    def _expect(self, performing: Performing) -> None:
        if performing.timeout is None:
            return
        self._running.pop(performing.key, None)  # this beginning is known by the clock that never jumps
        self._deadlines.set(performing.key, performing.monotonic + performing.timeout.total_seconds())
        self._timer.tell(WakeBy(monotonic=self._deadlines.first()))

    def _look_after_deadlines(self, pulse: Pulse) -> None:
        for key, (started_at, timeout) in self._running.items():  # runs begun before this Scheduler was restarted
            self._deadlines.set(key, pulse.monotonic + (started_at + timeout - pulse.at).total_seconds())
        self._running.clear()
        for key in self._deadlines.passed(pulse.monotonic):
            self._queue.tell(TimeOut(key=key))
        first = self._deadlines.first()
        if first is not None:
            self._timer.tell(WakeBy(monotonic=first))
        self._watch_grace(pulse.monotonic)

    def _watch_grace(self, monotonic: float) -> None:
        if self._drain is None or self._drain.grace is None:
            return
        if self._interrupt_by is None:
            self._interrupt_by = monotonic + self._drain.grace.total_seconds()
        if monotonic >= self._interrupt_by:
            self._drain = replace(self._drain, grace=None)
            self._queue.tell(Interrupt())

    def _watch_clock(self, now: datetime) -> None:
        newest = self._newest_cursor_at
        behind = newest is not None and newest - now > CLOCK_BEHIND
        if behind and not self._clock_behind:
            text = f"the clock says {iso(now)}, but instants up to {iso(newest or now)} are accounted for"
            self._ledger.tell(Trouble(topic="clock", text=f"{text}; {CLOCK_ADVICE}"))
        elif self._clock_behind and not behind:
            self._ledger.tell(Trouble(topic="clock", text=None))
        self._clock_behind = behind
