"""A program that performs one Python function and ends the process as a program of that function would.

The template process calls ``perform`` in a forked child. Another interpreter runs this file as a script, so it
needs nothing but the standard library of Python 3.8.

What a function can count on: ``sys.path`` begins with the jobs file's folder, then the daemon's working directory;
an awaitable result is awaited; output is written line by line; log records that no handler of the user takes go to
stderr, and the root logger's level is INFO unless the user sets it; ``sys.exit`` means what it means in a program; an
exception is shown from the user's own frames on; threads are waited for, exit handlers run and open files are
flushed before the process ends.

What a call came to is a *record*, a mapping for JSON: ``exit_code``; ``outcome`` (success, failure, discarded,
snoozed, launched), unless it ended as a program does, by ``sys.exit``; ``error`` (one line), ``snooze`` (seconds),
``launched`` (pid, start_time, boot_id), ``result`` (JSON text), ``callbacks`` (methods of the worker class that are
still to be called, should that be), ``callback_error``. Only what differs from nothing need be there. The classes of
``cron_actors.work`` are known only if user code imported them.
"""

from __future__ import annotations

import atexit
import ctypes
import faulthandler
import gc
import importlib
import io
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable
from functools import reduce

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any, NoReturn

RECORDS = "\1"  # before what is left in a report, if that is records
CALLBACK_SECONDS = 30.0
_WORDS = "cron_actors.work"
_RESULT_BYTES = 65_536
_TAIL_CHARACTERS = 2_000
_UNENDED = "after_error did not come to its end"
_FAILED = 1
_OUTPUT_LOST = 120
_ERROR_LENGTH = 500
_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_fflush = ctypes.CDLL(None).fflush  # looked up once, in the template, not in every child of it
_LIBRARY = os.__file__.rpartition("/")[0]
_MACHINERY = ("<frozen importlib", _LIBRARY + "/importlib/", _LIBRARY + "/asyncio/", __file__)


class Reporter:
    """The memory file by which the records of this process, and of no child of it, get home, one a line."""

    def __init__(self, file: int) -> None:
        """Take the descriptor; it stays open until the process ends."""
        self._file = file
        self._is = os.fstat(file)
        self._pid = os.getpid()
        self._told = False

    def tell(self, record: Mapping[str, Any]) -> None:
        """Leave what goes before anything left earlier, unless user code closed or replaced the descriptor."""
        line = ("" if self._told else RECORDS) + json.dumps(record) + "\n"
        try:
            if os.getpid() == self._pid and os.path.samestat(os.fstat(self._file), self._is):
                os.write(self._file, line.encode())
                self._told = True
        except OSError:
            pass


def perform(call: dict[str, Any], report: int) -> NoReturn:
    """Call the function and end the process: status 0, 1 for an exception, else what ``sys.exit`` was given.

    ``call`` is as for ``perform_call``, with the ``folders`` that modules are looked up in; ``report`` is the
    descriptor of a memory file.
    """
    status = _FAILED
    try:
        furnish(call)
        reporter = Reporter(report)
        record = perform_call(call, reporter.tell)
        reporter.tell(record)
        status = leave(record["exit_code"])
    finally:
        # Not sys.exit: the buffers and frames of the template process above this one must not be unwound.
        os._exit(status)


def perform_call(call: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Call the function, or the worker class, that ``call`` describes and return the record of what it came to.

    ``call`` holds path, function_name, args, kwargs; for worker classes ``attempt`` (run_id, attempt, max_attempts);
    ``keep_result`` if what is returned is wanted; ``log`` and ``log_start``, the file and place of the output; and
    ``callback`` (kind, error, output_tail, pid) if not the work is to be performed but what its class has for that.
    ``tell`` is given records that count should the process die: each goes before those told earlier. Raises nothing.
    """
    work = None
    try:
        module = importlib.import_module(call["path"])
        work = reduce(getattr, call["function_name"].split("."), module)
        record = _work_record(work, call, tell)
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises ends its own process only
        record = error_record(error)
    return record


def _work_record(
    work: Any,  # noqa: ANN401 - anything may stand there
    call: Mapping[str, Any],
    tell: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    words = sys.modules.get(_WORDS)
    if words is None or not (isinstance(work, type) and issubclass(work, words.Worker)):
        return _called(lambda: work(*call["args"], **call["kwargs"]), call)
    attempt = {**call["attempt"], "args": call["args"], "kwargs": call["kwargs"]}
    callbacks = words.callbacks(work)
    callback = call.get("callback")
    if callback is not None and callback["kind"] == "after_error":
        error = words.AttemptError(attempt, callback["error"], callback["output_tail"])
        return {"exit_code": 0, "callback_error": _callback_error(work().after_error, error)}
    tell({"callbacks": callbacks})
    worker = work()
    if callback is None:
        record = _called(lambda: worker.perform(*call["args"], **call["kwargs"]), call)
    else:
        with _Alarm():
            record = _called(lambda: worker.after_async(words.ProcessEnded(attempt, callback["pid"])), call)
    record["callbacks"] = callbacks
    if record.get("outcome") == "failure" and "after_error" in callbacks:
        # Told before, as whoever is called may end this process.
        record["callbacks"] = [name for name in callbacks if name != "after_error"]
        tell({**record, "callback_error": _UNENDED})
        error = words.AttemptError(attempt, record["error"], _output_tail(call))
        record["callback_error"] = _callback_error(worker.after_error, error)
    return record


def _called(function: Callable[[], Any], call: Mapping[str, Any]) -> dict[str, Any]:
    """Call the function and return the record of what it returned or raised."""
    try:
        value = _waited_for(function())
    except BaseException as error:  # noqa: BLE001 - as above
        return error_record(error)
    words = sys.modules.get(_WORDS)
    if words is not None and isinstance(value, words.Result):
        return _said(value.record())
    record: dict[str, Any] = {"outcome": "success", "exit_code": 0}
    if call.get("keep_result") and value is not None:
        record.update(_result(value))
    return record


def _waited_for(value: Any) -> Any:  # noqa: ANN401 - as above
    if not isinstance(value, Awaitable):
        return value
    import asyncio  # noqa: PLC0415 - costs 8 MB, which the others need not pay

    return asyncio.run(_awaited(value))


def _result(value: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Return what a value is kept as, or why it is not."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        trouble = _one_line(error)
    else:
        if size <= _RESULT_BYTES:
            return {"result": text}
        trouble = f"it takes {size} bytes as JSON, more than {_RESULT_BYTES}"
    return {"error": _printed("the result was not kept: " + trouble)}


def _said(record: dict[str, Any]) -> dict[str, Any]:
    """Show a failure that left no traceback."""
    if record["outcome"] == "failure":
        _printed(record["error"])
    return record


def _printed(line: str) -> str:
    print(line, file=sys.stderr)  # noqa: T201 - it belongs into the log
    return line


def error_record(error: BaseException) -> dict[str, Any]:
    """Show what user code raised, and return the record of it; ``shaken``: nothing may be performed here after it."""
    words = sys.modules.get(_WORDS)
    if words is not None and isinstance(error, words.Result):
        return _said(error.record())
    if isinstance(error, SystemExit):
        return _exit_record(error)
    _show(error)
    record: dict[str, Any] = {"outcome": "failure", "exit_code": _FAILED, "error": _one_line(error)}
    if isinstance(error, MemoryError) or not isinstance(error, Exception):
        record["shaken"] = True
    return record


def _exit_record(stop: SystemExit) -> dict[str, Any]:
    """Return the record of an end as of a program: what it means is for whoever knows which statuses are success."""
    if stop.code is None:
        return {"exit_code": 0}
    if isinstance(stop.code, int):
        return {"exit_code": stop.code & 0xFF}
    return {"exit_code": _FAILED, "error": _cut(_printed(str(stop.code)))}  # as the interpreter does


class _Alarm:
    """Ends this process if what is called in it takes longer than a callback may."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, CALLBACK_SECONDS)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)


def _callback_error(method: Callable[[Any], Any], argument: object) -> str | None:
    """Call back a method of a worker and return what went wrong with that, in one line."""
    try:
        with _Alarm():
            _waited_for(method(argument))
    except BaseException as error:  # noqa: BLE001 - recorded, never fatal
        _show(error)
        return "after_error: " + _one_line(error)
    return None


def _output_tail(call: Mapping[str, Any]) -> str:
    """Return the last output of this attempt, empty if it cannot be read."""
    try:
        _flush()
        with open(call["log"], "rb") as file:  # noqa: PTH123 - pathlib costs memory
            end = file.seek(0, os.SEEK_END)
            file.seek(max(call["log_start"], end - 4 * _TAIL_CHARACTERS))
            return file.read().decode("utf-8", "replace")[-_TAIL_CHARACTERS:]
    except (OSError, ValueError, KeyError):
        return ""


def prepare() -> None:
    """Do to this process what it, or a copy of it that is forked, needs before it can be furnished for a call."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    faulthandler.enable()
    # The handler of last resort gives way to any the user configures, before or during the call.
    if logging.lastResort is not None:
        logging.lastResort.setLevel(logging.INFO)
        logging.lastResort.setFormatter(logging.Formatter(_LOG_FORMAT))
    logging.getLogger().setLevel(logging.INFO)


def furnish(call: Mapping[str, Any]) -> None:
    """Make this process one in which user code finds what it can count on."""
    sys.path[:] = [*call["folders"], *(entry for entry in sys.path if entry not in call["folders"])]
    sys.argv = [call["path"]]
    sys.modules["__main__"] = type(sys)("__main__")


async def _awaited(result: Awaitable[Any]) -> Any:  # noqa: ANN401 - as above
    return await result


def _show(error: BaseException) -> None:
    shown = error.with_traceback(_user_frames(error.__traceback__))
    try:
        sys.excepthook(type(shown), shown, shown.__traceback__)
    except BaseException:  # noqa: BLE001 - a hook of the user's, which may fail as any of their code
        sys.__excepthook__(type(shown), shown, shown.__traceback__)


def _user_frames(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames before the first one that is the user's."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_MACHINERY):
        trace = trace.tb_next
    return trace


def _one_line(error: BaseException) -> str:
    kind = type(error).__qualname__
    try:
        text = str(error).strip()
    except Exception:  # noqa: BLE001 - the user's own __str__
        text = ""
    return _cut(f"{kind}: {text}" if text else kind)


def _cut(text: str) -> str:
    return text.strip().partition("\n")[0][:_ERROR_LENGTH]


def leave(status: int) -> int:
    """Do what an interpreter does at its end, as far as a forked one can; return the status to leave with."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for threads, as at a normal end
        atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way that does not end the interpreter
    except BaseException as error:  # noqa: BLE001 - the user's exit handlers
        _show(error)
    try:
        _flush()
    except (OSError, ValueError):
        return status or _OUTPUT_LOST
    return status


def _flush() -> None:
    for item in gc.get_objects():
        if issubclass(type(item), (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)) and not item.closed:
            item.flush()
    flush_streams()


def flush_streams() -> None:
    """Write out what went to standard output and error, by Python or by C; raises OSError or ValueError."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    _fflush(None)


def main() -> NoReturn:
    """Perform the call whose description and report file are the descriptors named on the command line."""
    own_folder = __file__.rpartition("/")[0]
    sys.path[:] = [entry for entry in sys.path if entry != own_folder]
    description, report = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(report, False)  # noqa: FBT003 - it takes no keyword
    with open(description, encoding="utf-8") as file:
        call = json.load(file)
    prepare()
    perform(call, report)


if __name__ == "__main__":
    main()
