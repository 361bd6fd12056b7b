"""What the user defined: a job, its work, its schedule and its policies, as values.

Every moment is an aware UTC ``datetime``; every length of time is a ``timedelta``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cron_actors.model.calendar import Calendar
from cron_actors.model.queue import DEFAULT_QUEUE, Backoff

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class CatchUpPolicy(StrEnum):
    """Which of the instants missed while no daemon ran are run after all."""

    LATEST = "latest"
    ALL = "all"
    SKIP = "skip"


class Overlap(StrEnum):
    """What happens to a due instant while an earlier run of the same job is busy."""

    ALLOW = "allow"
    SKIP = "skip"
    QUEUE_ONE = "queue_one"
    QUEUE_ALL = "queue_all"
    CANCEL_OTHER = "cancel_other"


class DstMissing(StrEnum):
    """What becomes of a time of day that the clock skips: it happens right after the gap, or not at all."""

    SHIFT = "shift"
    SKIP = "skip"


class DstRepeated(StrEnum):
    """Which of the two passes of a repeated time of day count."""

    FIRST = "first"
    LAST = "last"
    BOTH = "both"


class DayMatch(StrEnum):
    """How the two day fields of a cron expression go together where both are restricted."""

    EITHER = "either"
    ALL = "all"


class AtStartup(StrEnum):
    """When a job runs because something starts: once per boot of the machine, or at every start of a daemon."""

    BOOT = "boot"
    EVERY_START = "every_start"


class OnInterrupt(StrEnum):
    """What happens to a run that the daemon's own stop cut short."""

    RERUN = "rerun"
    DISCARD = "discard"


class AtLimit(StrEnum):
    """What happens to a run whose output reaches its limit."""

    TRUNCATE = "truncate"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """A Python function, named by module and attribute, and what it is called with.

    ``python`` is another interpreter's executable; None means the daemon's own.
    """

    path: str
    function_name: str
    args: tuple[Json, ...] = ()
    kwargs: Mapping[str, Json] = field(default_factory=dict)
    python: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: one string for the shell, or a list of words that is executed as it is."""

    line: str | tuple[str, ...]
    shell: str = "/bin/sh"


Work = FunctionCall | Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Dst:
    """What clock changes do to a job's cron; None is Debian's rule for its kind (fixed-time or wildcard)."""

    missing: DstMissing | None = None
    repeated: DstRepeated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """All that says when a job is due.

    ``periodicity`` lies on a grid from ``start_at`` (else the Unix epoch); nothing is due before ``start_at`` or after
    ``end_at``. ``cron`` expressions are read in ``timezone`` (an IANA name). ``run_in`` counts from the job's first
    sight or the last change of this. With ``manual`` alone the job is run by request only. An instant in a calendar of
    ``exclude`` is not run.
    """

    periodicity: timedelta | None = None
    cron: tuple[str, ...] = ()
    run_at: datetime | None = None
    run_in: timedelta | None = None
    at_startup: AtStartup | None = None
    manual: bool = False
    start_at: datetime | None = None
    end_at: datetime | None = None
    timezone: str = "UTC"
    dst: Dst = Dst()
    day_match: DayMatch = DayMatch.EITHER
    exclude: tuple[Calendar, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """How missed instants are treated: the policy, how old they may be, and how many of them run at most."""

    policy: CatchUpPolicy = CatchUpPolicy.LATEST
    within: timedelta = timedelta(days=1)
    cap: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process of the job may use: bytes of memory, time of computing, open files; ``nice`` adds to its niceness.

    None leaves what the daemon itself has.
    """

    memory: int | None = None
    cpu: timedelta | None = None
    open_files: int | None = None
    nice: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """The surroundings of the job's processes: variables on top of the daemon's own, folder, standard input, rights.

    ``env_file`` is read at each start; ``env`` goes before it. ``user`` and ``group`` are names or numbers as text.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    env_file: str | None = None
    working_directory: str | None = None
    stdin: str | None = None
    user: str | None = None
    group: str | None = None
    umask: int | None = None
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """What counts as success of a process that ended by itself.

    Its exit status is one of ``exit_codes``; with ``stderr_fails`` it wrote nothing to standard error; where
    ``output`` is given, that regular expression is found in its output, and ``output_not`` is not.
    """

    exit_codes: frozenset[int] = frozenset({0})
    stderr_fails: bool = False
    output: str | None = None
    output_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many log files of the job are kept, how old they may become, and how many bytes they may take together."""

    count: int = 100
    age: timedelta = timedelta(days=30)
    size: int = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLimit:
    """How many bytes of output a run may write to its log file, and what happens then."""

    size: int = 100_000_000
    at_limit: AtLimit = AtLimit.TRUNCATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a jobs file, checked and complete.

    ``folder`` is the absolute folder of the jobs file: modules are looked up there first, and a relative
    ``working_directory`` starts there. ``timeout`` None means no limit. ``kill_after`` is the time between SIGTERM
    and SIGKILL. An instant at most ``tolerance`` old when it is evaluated is due; an older one is caught up. Without a
    ``backoff`` that of its queue holds. ``on_success`` and ``on_failure`` are the jobs that the end of a run starts.
    """

    identifier: str
    work: Work
    when: When
    folder: Path
    timeout: timedelta | None = None
    kill_after: timedelta = timedelta(seconds=30)
    tolerance: timedelta = timedelta(seconds=10)
    catch_up: CatchUp = CatchUp()
    overlap: Overlap = Overlap.ALLOW
    on_interrupt: OnInterrupt = OnInterrupt.RERUN
    process: ProcessSettings = ProcessSettings()
    output_limit: OutputLimit = OutputLimit()
    success: Success = Success()
    retention: Retention = Retention()
    description: str | None = None
    owner: str | None = None
    calendar_id: str | None = None
    tags: tuple[str, ...] = ()
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    max_attempts: int = 1
    backoff: Backoff | None = None
    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A job as it is stored: the JSON mapping it was written as, and the job read from it.

    ``text`` is canonical JSON (sorted keys, no blanks) of ``{"folder": …, "job": {…}}``, and ``"calendars"`` with what
    they hold if the job names any; two definitions are the same if and only if their texts are. A run executes the
    definition that was in force when it became due.
    """

    text: str
    job: Job
