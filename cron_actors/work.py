"""What a Python function or a worker class is written with: the class to inherit from, and the results it can give.

User code imports this in its own process, so it loads nothing of the daemon, and little of the standard library.
"""

from __future__ import annotations

import math
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Any, ClassVar

LONGEST_SNOOZE = 366 * 86_400
UNKNOWN_START = 0  # in the place of a start time: the process was over before anybody looked
_ERROR_LENGTH = 500
_MOST_PROCESSES = 1 << 22  # the greatest id that Linux gives (proc(5), pid_max)


class Result(Exception):  # noqa: N818 - most of them are no errors
    """What a function says of how it went; it may return it or raise it, which comes to the same."""

    def record(self) -> dict[str, Any]:
        """Return it as the report of an attempt has it."""
        raise NotImplementedError


class Error(Result):
    """The attempt failed, for the reason given; it is tried again as long as attempts are left.

    Any other exception means the same, but leaves a traceback in the log.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def record(self) -> dict[str, Any]:
        return {"outcome": "failure", "exit_code": 1, "error": one_line(self.message) or "failed"}


class Discard(Result):
    """The run is over and is not to be tried again, however many attempts are left; the reason stands in its error."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def record(self) -> dict[str, Any]:
        return {"outcome": "discarded", "exit_code": 0, "error": one_line(self.reason) or "discarded"}


class Snooze(Result):
    """It is too early: perform this again after so many seconds, or a ``timedelta``. The attempt does not count.

    Accepted is a length of time from 0 to 366 days; anything else raises ValueError or TypeError.
    """

    def __init__(self, duration: float | timedelta) -> None:
        super().__init__(duration)
        seconds = duration.total_seconds() if hasattr(duration, "total_seconds") else duration
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise TypeError(f"Snooze takes seconds or a timedelta, not {duration!r}")
        if not (math.isfinite(seconds) and 0 <= seconds <= LONGEST_SNOOZE):
            raise ValueError(f"Snooze takes 0 seconds to 366 days, not {duration!r}")
        self.seconds = float(seconds)

    def record(self) -> dict[str, Any]:
        return {"outcome": "snoozed", "exit_code": 0, "snooze": self.seconds}


class Launched(Result):
    """The work goes on in the process ``pid``, which was started and left running.

    The run is ``launched`` and keeps its place in its queue until that process ends; then ``after_async`` of the worker
    class says what became of it, and without one it is completed. The process may be over already. It is watched by its
    id and start time, also by the next daemon.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        if isinstance(pid, bool) or not isinstance(pid, int):
            raise TypeError(f"Launched takes the id of a process, not {pid!r}")
        if not 1 <= pid <= _MOST_PROCESSES:
            raise ValueError(f"Launched takes the id of a process, a number from 1 to {_MOST_PROCESSES}, not {pid}")
        if pid == 1 or pid in _ancestors():  # they would be signalled when the time of the run is up
            raise ValueError(f"Launched takes the id of a process that was left running, not {pid}, which runs this")
        self.pid = pid

    def record(self) -> dict[str, Any]:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs memory
            boot_id = file.read().strip()
        launched = {"pid": self.pid, "start_time": _start_time(self.pid), "boot_id": boot_id}
        return {"outcome": "launched", "exit_code": 0, "launched": launched}


class AttemptError:
    """A failed attempt, as ``after_error`` is told of it.

    ``attempt`` counts from 1; when it is ``max_attempts`` there is no other. ``error`` is one line, ``output_tail`` the
    last 2,000 characters of the output. ``args`` and ``kwargs`` are what ``perform`` was called with.
    """

    def __init__(self, attempt: Mapping[str, Any], error: str, output_tail: str) -> None:
        self.run_id: int = attempt["run_id"]
        self.attempt: int = attempt["attempt"]
        self.max_attempts: int = attempt["max_attempts"]
        self.args: tuple[Any, ...] = tuple(attempt["args"])
        self.kwargs: dict[str, Any] = dict(attempt["kwargs"])
        self.error = error
        self.output_tail = output_tail

    def __repr__(self) -> str:
        where = f"run_id={self.run_id}, attempt={self.attempt}, max_attempts={self.max_attempts}"
        return f"AttemptError({where}, args={self.args}, kwargs={self.kwargs}, error={self.error!r})"


class ProcessEnded:
    """The process that an attempt left running is over, as ``after_async`` is told; nobody knows its exit status.

    ``args`` and ``kwargs`` are what ``perform`` was called with.
    """

    def __init__(self, attempt: Mapping[str, Any], pid: int) -> None:
        self.run_id: int = attempt["run_id"]
        self.attempt: int = attempt["attempt"]
        self.max_attempts: int = attempt["max_attempts"]
        self.args: tuple[Any, ...] = tuple(attempt["args"])
        self.kwargs: dict[str, Any] = dict(attempt["kwargs"])
        self.pid = pid

    def __repr__(self) -> str:
        where = f"run_id={self.run_id}, attempt={self.attempt}, max_attempts={self.max_attempts}"
        return f"ProcessEnded({where}, args={self.args}, kwargs={self.kwargs}, pid={self.pid})"


class Worker:
    """Inherit from this for work that is submitted, and write ``perform``.

    Every run gets an instance of its own, made without arguments. The class says where and how its work is done:
    ``queue`` must be given; ``max_attempts`` is how often a run is tried; of those that wait in a queue the higher
    ``priority`` (-1000 to 1000) goes first; ``backoff`` is the wait between attempts, a name (``"none"``, ``"linear"``,
    ``"exponential"``) or a mapping as in the jobs file, that of the queue without one; ``timeout`` is seconds, a
    ``timedelta`` or a text like ``"90s"``, no limit without one. ``submit`` takes others for a single run.
    """

    queue: ClassVar[str]
    max_attempts: ClassVar[int] = 50
    priority: ClassVar[int] = 0
    backoff: ClassVar[str | Mapping[str, Any] | None] = None
    timeout: ClassVar[int | str | timedelta | None] = None

    def perform(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function of the user's
        """Do the work; what it was submitted with are its arguments. May be ``async``.

        An ordinary value is success, an exception or the end of the process is failure; Error, Discard, Snooze and
        Launched say something else.
        """
        raise NotImplementedError(f"{type(self).__qualname__} has no method perform")

    def after_error(self, error: AttemptError) -> Any:  # noqa: ANN401 - may be async
        """Be told of a failed attempt, of each one, in at most 30 seconds; what it returns changes nothing.

        After an exception that is on the same instance, after a crash or a time-out on a new one, in a new process.
        """

    def after_async(self, ended: ProcessEnded) -> Any:  # noqa: ANN401 - as perform
        """Say, in at most 30 seconds, what became of a run whose process is over, with the results of ``perform``."""


CALLBACKS = ("after_error", "after_async")


def callbacks(work: object) -> list[str]:
    """Return which methods to call back the worker class has of its own; nothing for what is no worker class."""
    if not (isinstance(work, type) and issubclass(work, Worker)):
        return []
    return [name for name in CALLBACKS if getattr(work, name) is not getattr(Worker, name)]


def one_line(text: object) -> str:
    """Return the first line of the text, not too long."""
    return str(text).strip().partition("\n")[0][:_ERROR_LENGTH]


def _ancestors() -> list[int]:
    """Return this process and those it comes from, as far as they can be seen."""
    found, pid = [], os.getpid()
    while pid > 0:
        found.append(pid)
        fields = _stat(pid)
        pid = int(fields[1]) if fields else 0
    return found


def _start_time(pid: int) -> int:
    """Return field 22 of /proc/<pid>/stat (proc(5)): clock ticks since boot."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in (b"Z", b"X") else UNKNOWN_START


def _stat(pid: int) -> list[bytes]:
    """Return /proc/<pid>/stat from field 3 on, nothing if there is no such process."""
    try:
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return []
    try:
        return os.read(file, 4096).rpartition(b")")[2].split()
    except OSError:
        return []
    finally:
        os.close(file)
