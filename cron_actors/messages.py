"""Everything the actors say to each other, in the order in which the data flows.

::

    Timer ─Tick─▶ Scheduler ─Due─▶ Ledger ─Available─▶ Queue ─Launch─▶ TaskMonitor ─Perform─▶ Task ─▶ executor
      ▲             │ ▲ ▲ ▲          │ ▲ ▲ ─Claimed──▶  │ ▲ │               │ │ │ ▲               │
      ├──WakeAt─────┤ │ │ └─Recorded─┤ │ └────Claim─────┘ │ └─TimeOut,Cancel,│ │ │ └Started, Ended─┘
      └──Ticked─────┘ │ │            │ │                  │   Interrupt ──▶ │ │ │
                      │ └─Changed────┤ └─FinishedExecution┼─────────────────┘ │ │
                      └──────────────┼───────────────────────Performing, FinishedExecution
                                     ▼                    └──────SlotFree─────┘
                                   Events                          every actor ─Crashed─▶ Supervisor

Every message is a frozen value: no references, callables, locks or files. A fact is a state (``Due``), a command an
imperative (``Launch``). Moments are aware UTC and end in ``_at``; ``monotonic`` is a reading of the monotonic clock
in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from cron_actors.model.callback import Callback
from cron_actors.model.construction import quickly_made
from cron_actors.model.job import Definition, Job
from cron_actors.model.queue import Queue, QueueDeclaration, QueueState
from cron_actors.model.records import CursorMove, JobRecord
from cron_actors.model.run import (
    Account,
    AttemptKey,
    Cause,
    Ending,
    Identity,
    NewRun,
    Outcome,
    Reason,
    Run,
    RunState,
)
from cron_actors.model.statistics import JobStatistics

M_contra = TypeVar("M_contra", contravariant=True)


class Address(Protocol[M_contra]):
    """Where messages of one type can be sent; telling never blocks and never raises."""

    def tell(self, message: M_contra) -> None:
        """Put the message into the mailbox."""


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """An alarm of the Timer rang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The window (since_at, until_at] has passed; ``number`` counts the ticks on granularity boundaries so far."""

    since_at: datetime
    until_at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A moment of real time has passed: look after deadlines, requests, heartbeats and room on the disk."""

    at: datetime
    monotonic: float
    ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAt:
    """The Timer is to tick at this instant even if it lies on no boundary; None takes the wish back."""

    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeBy:
    """The Timer is to pulse at this reading of the monotonic clock at the latest; None takes the wish back."""

    monotonic: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """Everything due up to ``until_at`` is written down; the Timer may go on."""

    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """The Scheduler is ready for ticks; ``until_at`` and ``number`` are of the last one it knows, if any."""

    until_at: datetime | None = None
    number: int = 0


# ── what is due ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """These are now the jobs of these sources, by source: write down what is new, changed or gone.

    Those named in ``unresolved`` call a function that there is not: their instants are missed, and written down so.
    At a start there are no files but these (``every_file``). ``begun`` says that a first part is written down already.
    ``queues`` are those that the sources declare.
    """

    jobs: dict[str, tuple[Definition, ...]]
    unresolved: frozenset[str] = frozenset()
    every_file: bool = False
    begun: bool = False
    queues: dict[str, tuple[QueueDeclaration, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The Scheduler asks to be told again what stands in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveJob:
    """A job in force: its row and its definition."""

    record: JobRecord
    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRun:
    """A run that is under way on this node, with the deadline its job gives it.

    It stands in what the Scheduler is told of the store, and is told alone of a run whose process goes on by itself.
    """

    key: AttemptKey
    job: str
    queue: str
    started_at: datetime
    timeout: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """All that the Scheduler needs from the store: the jobs in force, their figures, the runs under way.

    ``begun`` says of every run under way how it was begun; the figures do not count it before it has ended. They count
    what was changed up to the commit of this number. ``order`` holds the jobs as their sources name them.
    """

    jobs: tuple[ActiveJob, ...]
    statistics: dict[str, JobStatistics]
    running: tuple[ActiveRun, ...]
    begun: tuple[RunChanged, ...] = ()
    commit: int = 0
    load: int = 0
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A load changed these jobs and removed those; all others are as they were. ``load`` counts the loads.

    ``order`` holds all jobs as their sources name them.
    """

    jobs: tuple[ActiveJob, ...]
    removed: tuple[str, ...]
    load: int
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewound:
    """Somebody had cursors reset, and the clock says ``at``: go on from there, although later windows were closed."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """These instants became due, those were not run, and the cursors move with them: one transaction.

    ``load`` is the last load that the Scheduler has heard of.
    """

    runs: tuple[NewRun, ...]
    accounts: tuple[Account, ...]
    moves: tuple[CursorMove, ...]
    load: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The last ``Due`` is durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delayed:
    """The first run that waits for an instant becomes available at ``at``; None: none waits for one."""

    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """Every run that waits for an instant up to ``until_at`` is to become available."""

    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """Another process has left something, a request or runs: look for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something the operator must know about this node is the case; None: no longer. ``status`` shows it."""

    topic: str
    text: str | None


# ── who does it ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """Runs wait in the queue."""

    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """These are the queues in force; those not named have gone, or were never there."""

    queues: tuple[QueueState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weigh:
    """The Queue wants to know how many runs wait, to share out its workers anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """So many runs wait in each queue that has any, counted up to a limit."""

    waiting: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The workers were shared out among the queues like this; whoever looks at the queues wants to see it."""

    shares: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A queue could take up this many runs now."""

    queue: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """These queues have free slots and ask for as many runs."""

    wants: tuple[Want, ...]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Perform this claimed run; ``log`` is the absolute path of its file."""

    run: Run
    key: AttemptKey
    job: Job
    log: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchBatch:
    """Perform these claimed runs of one queue, one after the other, in a process that is used again."""

    launches: tuple[Launch, ...]
    queue: Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The answer to a ``Want``: fewer launches than were asked for mean that no more wait.

    With ``again_at`` more may wait, but the rate limit of the queue lets none begin before that.
    """

    queue: str
    asked: int
    launches: tuple[Launch, ...]
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The answer to a ``Claim``, each ``Want`` in its order."""

    granted: tuple[Granted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """Start the process of this attempt; with a ``callback``, the one in which its worker class is called back."""

    launch: Launch
    callback: Callback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformBatch:
    """Have these runs performed one after the other in a process that is used again."""

    launches: tuple[Launch, ...]
    queue: Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Take back what the process has not begun of the batch that begins with this attempt."""

    key: AttemptKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Look after a process that an attempt has left to go on by itself, and tell its end."""

    key: AttemptKey
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """End the process of this attempt: SIGTERM to its group now, SIGKILL ``kill_after`` later."""

    key: AttemptKey
    kill_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The process of the attempt runs, since the given reading of the monotonic clock."""

    key: AttemptKey
    identity: Identity
    monotonic: float


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The process of the attempt is over; ``identity`` is its own, where nobody was told of its start."""

    key: AttemptKey
    ending: Ending
    begun: bool = True
    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnded:
    """These attempts of a batch are over, in this order; without ``begun`` one was not begun."""

    ended: tuple[Ended, ...]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Performing:
    """A worker performs the attempt; its deadline, if it has one, is ``timeout`` after ``monotonic``."""

    key: AttemptKey
    job: str
    queue: str
    identity: Identity
    monotonic: float
    timeout: timedelta | None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedExecution:
    """The attempt ended this way; its output stands in ``log``. Without ``begun`` it is as if it had not been tried.

    ``identity`` is that of its process, where the ledger was not told of it before.
    """

    key: AttemptKey
    job: str
    ending: Ending
    log: str
    reason: str | None = None
    begun: bool = True
    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedBatch:
    """These attempts are over."""

    finished: tuple[FinishedExecution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftRunning:
    """The attempt has left a process to go on by itself: its run is launched, and keeps its slot."""

    key: AttemptKey
    job: str
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """A launched run that nobody looks after is yours: its process goes on, or has ended meanwhile.

    ``so_far`` is how long ago its attempt began, where that was under an earlier daemon.
    """

    launch: Launch
    identity: Identity
    so_far: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFree:
    """The worker can take other runs; ``hold`` says that it had no room to write to.

    The runs it has just performed took ``busy`` together.
    """

    worker: str
    hold: bool = False
    runs: int = 1
    busy: timedelta | None = None


# ── ending it early ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOut:
    """The deadline of the attempt has passed: end it and log that."""

    key: AttemptKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Somebody asked to cancel the run, or a newer one takes its place (the reason is overlap then)."""

    run_id: int
    reason: Reason = Reason.BY_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupt:
    """The daemon stops: end every attempt under way and report it as interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Somebody asked for the workers to be shared out anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """Look at the size of the output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandon:
    """The worker's actors were lost while they performed these; end them and report them as interrupted."""

    launches: tuple[Launch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """Say what you are performing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The worker performs these attempts, or none."""

    worker: str
    keys: tuple[AttemptKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """These runs are executing on this node, as far as the store knows, and those have left processes to go on."""

    launches: tuple[Launch, ...]
    launched: tuple[Adopt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallQueue:
    """The Queue asks for the queues in force, and which runs are under way on this node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Stop in order: no new ticks; with ``finish`` what is due is still performed, else no run is begun.

    What is under way may take ``grace`` longer; None means as long as it needs. The message goes down the same way as
    the data, so that nothing already on its way is overtaken.
    """

    finish: bool
    grace: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurry:
    """Do not wait any longer for what is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """The sender has nothing left to do."""


# ── what became of it ───────────────────────────────────────────────────────────────────────────────────────────────
@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class RunChanged:
    """A run went to ``state``; committed. ``count`` is more than 1 for a stretch of instants not run.

    ``attempt``, ``started_at`` and ``lateness`` are those of the attempt that begins or ends with the change. ``was``
    is the state before it, None for a run that is new.
    """

    run_id: int
    job: str
    due_at: datetime
    last_due_at: datetime
    count: int
    cause: Cause
    state: RunState
    reason: str | None
    attempt: int
    at: datetime
    outcome: Outcome | None = None
    error: str | None = None
    duration: timedelta | None = None
    started_at: datetime | None = None
    lateness: timedelta | None = None
    queue: str = ""
    was: RunState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """These changes were committed together; ``commit`` is the number of that commit, each higher than those before."""

    changes: tuple[RunChanged, ...]
    commit: int


# ── questions (only from the edges, by ask) ─────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class NumRuns:
    """Ask how many times the job was launched; the answer for an unknown job is 0."""

    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTicks:
    """Ask how many ticks on granularity boundaries there have been in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Ask for the statistics of all jobs."""


# ── supervision ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed:
    """The actor ended with this error."""

    actor: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A part that cannot be restarted is lost; the process must end."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """The actor of this name was started anew and knows nothing of what it did before."""

    actor: str


TimerMessage = Rung | WakeAt | WakeBy | Resume | Rewound | Ticked | Drain | Hurry
SchedulerMessage = (
    Tick
    | Pulse
    | Loaded
    | Revised
    | Rewound
    | Recorded
    | Performing
    | ActiveRun
    | FinishedExecution
    | FinishedBatch
    | Delayed
    | Changed
    | Drain
    | Hurry
    | Restarted
    | NumRuns
    | CurrentTicks
    | Figures
)
LedgerMessage = (
    Load
    | Recall
    | RecallQueue
    | Due
    | Promote
    | Claim
    | Weigh
    | Shares
    | Performing
    | LeftRunning
    | FinishedExecution
    | FinishedBatch
    | Trouble
    | Knock
    | Pulse
    | Drain
    | Drained
)
QueueMessage = (
    Available
    | Claimed
    | Queues
    | Backlog
    | Balance
    | Held
    | Present
    | LeftRunning
    | SlotFree
    | TimeOut
    | Cancel
    | Interrupt
    | Pulse
    | Drain
    | Restarted
)
MonitorMessage = (
    Launch
    | LaunchBatch
    | Adopt
    | Started
    | Ended
    | BatchEnded
    | TimeOut
    | Cancel
    | Interrupt
    | Inspect
    | Abandon
    | RollCall
)
TaskMessage = Perform | PerformBatch | TakeBack | Watch | End
EventsMessage = Changed | Drained
SupervisorMessage = Crashed | Broken | Pulse | Drained
