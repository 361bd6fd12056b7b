"""The executor: starts the process of an attempt, ends it, and reports both; nothing here blocks for long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from cron_actors.model.job import ProcessSettings, Success, Work
from cron_actors.model.run import AttemptKey, Ending, Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """All that is needed to perform one attempt.

    ``log`` is a path; the file exists and is appended to by the process itself. ``variables`` are put on top of
    ``process.env``, which is put on top of the daemon's environment. ``folder`` is the jobs file's folder, absolute.
    ``success`` says which end of a process counts as one.
    """

    key: AttemptKey
    work: Work
    process: ProcessSettings
    folder: Path
    log: str
    success: Success = field(default_factory=Success)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStarted:
    """The process of an attempt runs; it leads a process group and a session of its own."""

    key: AttemptKey
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded:
    """The process of an attempt is over, or never came to be; comes exactly once for every ``start``.

    The outcome is success, failure or, when the executor itself was lost, interrupted; whether an ended process was
    timed out or cancelled is known only to whoever asked for its end.
    """

    key: AttemptKey
    ending: Ending


Report = Callable[[ChildStarted | ChildEnded], None]


class Executor(Protocol):
    """Performs attempts in child processes; methods may be called from any thread."""

    def open(self) -> None:
        """Get ready; raises StartError if that cannot be."""

    def start(self, execution: Execution, report: Report) -> None:
        """Start the attempt; ``report`` is called from another thread, first with ChildStarted, then ChildEnded.

        A process that cannot be started (no such program, no such folder) is a ChildEnded with outcome failure.
        """

    def end(self, key: AttemptKey, kill_after: timedelta) -> None:
        """Send SIGTERM to the group of the attempt and SIGKILL to what is left of it after ``kill_after``.

        Unknown or finished attempts are ignored.
        """

    def end_survivors(self, identities: tuple[Identity, ...]) -> int:
        """Kill the groups led by these processes of an earlier daemon, if they still are the same; return how many."""

    def close(self) -> None:
        """Kill every group still running and free everything; after that nothing is reported."""
