"""A process that performs Python functions one after the other, and keeps the log of each; forked by the template.

It ends by itself when the daemon closes its end of the socket, after so many runs, beyond so much memory, and after a
run that left something behind which the next one must not meet: threads that are no daemons, child processes, closed
output streams, an exception that is meant to end a process. It also ends where it cannot begin a run any more, as when
all descriptors are in use; another process performs that run. CPU time of a run is what process and waited-for children
used meanwhile; peak memory is that of the process so far, not of the run alone.
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import threading
from time import monotonic_ns

from cron_actors.adapters.executors.function_call import (
    CALLBACK_SECONDS,
    error_record,
    flush_streams,
    furnish,
    leave,
    perform_call,
)
from cron_actors.adapters.executors.programs import NOT_RUNNABLE, StillbornError
from cron_actors.adapters.executors.warm_log import WarmLog
from cron_actors.adapters.executors.warm_surroundings import Surroundings
from cron_actors.adapters.executors.warm_usage import Usage
from cron_actors.adapters.executors.warm_wire import GOES_ON, IDLE, LEAVES, SO_FAR, ChildWire, LostError, runs_of
from cron_actors.adapters.log_links import point

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_FAILED = 1
_OUTPUT_LOST = 120
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # no process has more of it than another
_PLAIN = ({"outcome": "success", "exit_code": 0}, {"exit_code": 0})


def serve(end: int, permits: int) -> NoReturn:
    """Perform batches until there are no more, and end the process; the descriptors are as ``ChildWire`` takes them."""
    child = WarmChild(ChildWire(end, permits))
    try:
        child.work()
    except LostError:  # the status is all that can still be told
        pass
    except BaseException as error:  # noqa: BLE001 - shown in the log, as the process ends of it
        child.status = child.status or _FAILED
        sys.__excepthook__(type(error), error, error.__traceback__)
    finally:
        # Whatever it was, the loop of the template process above this must not go on in this process.
        os._exit(child.status)


class UnfitError(Exception):
    """What earlier runs did to this process, such as using up its descriptors, keeps it from beginning another."""


class WarmChild:
    """Performs one run at a time; ``status`` is what the process is to end with, should it have to end now."""

    def __init__(self, wire: ChildWire) -> None:
        """Serve the daemon at the other end of the wire."""
        self.status = 0
        self._wire = wire
        self._pid = os.getpid()
        self._surroundings: Surroundings | None = None
        self._pristine = True  # no user code was called here
        self._runs = 0
        self._spent = False
        self._usage = Usage()

    def work(self) -> None:
        """Perform batches until the daemon wants no more or the process is spent."""
        while not self._spent:
            batch = self._wire.receive()
            if batch is None:
                break
            self._perform_batch(batch)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, CALLBACK_SECONDS)  # exit handlers may not keep it longer
        leave(0)

    def _perform_batch(self, batch: dict[str, Any]) -> None:
        runs = runs_of(batch)
        if not self._wire.may_begin():
            self._wire.tell([IDLE])
            return
        for number, run in enumerate(runs):
            following = runs[number + 1] if number + 1 < len(runs) else None
            late = following is not None and _folder(following) == _folder(run)
            try:
                told, log = self._perform(run, None if late else batch["latest"])
            except UnfitError:
                self._spent = True
                self._wire.tell([LEAVES])
                return
            self._runs += 1
            self._spent |= self._runs >= batch["most_runs"] or self._usage.is_beyond(batch["most_memory"])
            if self._spent:
                told[0] = LEAVES
            elif following is not None and self._wire.may_begin():
                told[0] = GOES_ON
            if late and told[0] != GOES_ON and log is not None:
                _point_at(run, batch["latest"], log)
            self._tell(told)
            if told[0] != GOES_ON:
                return

    def _perform(self, run: dict[str, Any], latest: str | None) -> tuple[list[Any], WarmLog | None]:
        """Perform the run and return the line on it, and its log; the link of this name is to point at that.

        Raises UnfitError, before anything of it is begun, if that is for another process to do.
        """
        call = run["call"]
        began = monotonic_ns()
        try:
            stillborn = self._enter(run)
            log = WarmLog(call["log"], run["header"])
        except OSError as error:
            if not self._pristine and error.errno not in _NO_ROOM:
                raise UnfitError from error
            text = f"cannot write {call['log']}: {error.strerror}"
            unborn = {"exit_code": NOT_RUNNABLE, "unborn": True, "errno": error.errno, "error": text}
            return [IDLE, monotonic_ns(), 0, 0, 0, False, "", unborn], None
        if latest is not None:
            _point_at(run, latest, log)
        log.take_over()
        call["log_start"] = log.start
        record = stillborn or self._called(call)
        self._settle(record)
        self.status = record["exit_code"]
        tail = log.tail()
        cpu, memory = self._usage.since_last()
        ended = monotonic_ns()
        duration = (ended - began) // 1_000
        plain = record in _PLAIN
        logged = (plain or record.get("outcome") == "success") and record["exit_code"] == 0
        logged = logged and log.finish(_trailer(duration))
        log.close()
        return [IDLE, ended, duration, cpu, memory, logged, tail, None if plain else record], log

    def _enter(self, run: dict[str, Any]) -> dict[str, Any] | None:
        """Make the surroundings those of the run; return the record of one that has none. Raises OSError."""
        call = run["call"]
        if self._surroundings is None:
            furnish(call)
            self._surroundings = Surroundings()
        try:
            self._surroundings.enter(call, run["env"], run["folder"])
        except StillbornError as error:
            return {"exit_code": error.status, "error": error.text, "unborn": True}
        return None

    def _called(self, call: dict[str, Any]) -> dict[str, Any]:
        """Call the function and return the record of what it came to."""
        self._pristine = False
        self.status = _FAILED
        if call["path"] not in sys.modules:
            try:
                importlib.import_module(call["path"])
            except BaseException as error:  # noqa: BLE001 - whatever the user's code raises ends its own run only
                return error_record(error)
            if self._surroundings is not None:
                self._surroundings.settle()
        return perform_call(call, self._tell_so_far)

    def _tell_so_far(self, record: dict[str, Any]) -> None:
        if os.getpid() == self._pid and record != {"callbacks": []}:
            self._wire.tell([SO_FAR, record])

    def _settle(self, record: dict[str, Any]) -> None:
        """Bring the run to its end, as if the process ended; a copy of it that user code has forked does end here."""
        if os.getpid() != self._pid:
            os._exit(leave(record["exit_code"]))
        usable = self._surroundings is None or self._surroundings.calm()
        try:
            flush_streams()
        except (OSError, ValueError):
            usable = False
            record["exit_code"] = record["exit_code"] or _OUTPUT_LOST
        launched = record.get("outcome") == "launched"  # it keeps its slot, in which nothing else may be performed
        self._spent |= record.pop("shaken", False) or launched or not usable or _has_children()
        if _has_threads():
            self._spent = True
            record["exit_code"] = leave(record["exit_code"])

    def _tell(self, told: list[Any]) -> None:
        if told[-1] is None and not told[-2]:
            self._wire.tell_raw(b'[%d,%d,%d,%d,%d,%d,"",null]\n' % tuple(told[:6]))
        else:
            self._wire.tell(told)
        self.status = 0


def _folder(run: dict[str, Any]) -> str:
    folder: str = run["call"]["log"].rpartition("/")[0]
    return folder


def _point_at(run: dict[str, Any], link: str, log: WarmLog) -> None:
    folder, _, name = run["call"]["log"].rpartition("/")
    try:
        point(folder, link, name, is_new=log.is_first)
    except OSError:  # a run is worth more than the link to its log
        return


def _trailer(microseconds: int) -> str:
    """Return what ends the log of a success, as ``core/run_log.py`` has it, whose imports are too many here."""
    seconds, rest = divmod(microseconds, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"Execution Time = {hours}:{minutes:02}:{seconds:02}.{rest:06}\n"


def _has_threads() -> bool:
    return threading.active_count() > 1 and any(
        not thread.daemon for thread in threading.enumerate() if thread is not threading.current_thread()
    )


def _has_children() -> bool:
    """Say whether a process is left that was begun here: also a grandchild, as this process adopts them."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
