"""The executor: starts the process of an attempt, ends it, and reports both; nothing here blocks for long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from cron_actors.model.callback import Callback
from cron_actors.model.construction import quickly_made
from cron_actors.model.job import ProcessSettings, Success, Work
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey, Ending, Identity

_USUAL_SUCCESS = Success()


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """All that is needed to perform one attempt.

    ``log`` is a path; the file exists and is appended to by the process itself. ``variables`` are put on top of
    ``process.env``, which is put on top of the daemon's environment. ``folder`` is the jobs file's folder, absolute.
    ``success`` says which end of a process counts as one. ``header`` begins the attempt in the log, where the process
    itself writes that. With a ``callback`` not the work is performed but what its worker class has for that case.
    ``keep_result`` says that what the function returns is wanted.
    """

    key: AttemptKey
    work: Work
    process: ProcessSettings
    folder: Path
    log: str
    variables: Mapping[str, str]
    success: Success = _USUAL_SUCCESS
    header: str = ""
    callback: Callback | None = None
    keep_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStarted:
    """The process of an attempt runs, for ``age`` already; it leads a process group and a session of its own."""

    key: AttemptKey
    identity: Identity
    age: timedelta = timedelta(0)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded:
    """The process of an attempt is over, or never came to be; comes exactly once for every ``start``.

    The outcome is success, failure or, when the executor itself was lost, interrupted; whether an ended process was
    timed out or cancelled is known only to whoever asked for its end. ``identity`` is that of a process whose start was
    not told before.
    """

    key: AttemptKey
    ending: Ending
    begun: bool = True
    identity: Identity | None = None


Report = Callable[[ChildStarted | ChildEnded], None]
BatchReport = Callable[[Sequence[ChildStarted | ChildEnded]], None]


class Executor(Protocol):
    """Performs attempts in child processes; methods may be called from any thread."""

    def open(self) -> None:
        """Get ready; raises StartError if that cannot be."""

    def start(self, execution: Execution, report: Report) -> None:
        """Start the attempt; ``report`` is called from another thread, first with ChildStarted, then ChildEnded.

        The start of a process that is over very soon is not told apart from its end.
        A process that cannot be started (no such program, no such folder) is a ChildEnded with outcome failure; so is
        an order that cannot be given (arguments that are no JSON), which is reported at once.
        """

    def start_batch(
        self, executions: Sequence[Execution], queue: str, recycling: Recycling, report: BatchReport
    ) -> None:
        """Have these Python functions called one after the other in a process of the queue that is used again.

        That process writes header and trailer of each log itself (``Ending.logged``). ``report`` is called from another
        thread with all there is to tell at that time, in its order. A begin is told only of what does not end at once.
        Of each execution the end is told exactly once; one that was not begun (the process died before, or it was taken
        back) is a ChildEnded without ``begun``.
        """

    def take_back(self, key: AttemptKey) -> None:
        """Take back what has not been begun of the batch that this attempt is in; each is reported as not begun."""

    def watch(self, key: AttemptKey, identity: Identity, report: Report) -> None:
        """Report the end of a process that is no child of the executor's: ChildEnded, without status or error.

        One that is not there any more is reported at once. ``end`` ends it as it does a child.
        """

    def end(self, key: AttemptKey, kill_after: timedelta) -> None:
        """Send SIGTERM to the group of the attempt and SIGKILL to what is left of it after ``kill_after``.

        Unknown or finished attempts are ignored. What a batch holds beside the attempt is reported as not begun, if it
        was not.
        """

    def end_survivors(self, identities: tuple[Identity, ...]) -> int:
        """Kill the groups led by these processes of an earlier daemon, if they still are the same; return how many."""

    def close(self) -> None:
        """Kill every group still running and free everything; after that nothing is reported."""
