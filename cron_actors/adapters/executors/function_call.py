"""A program that performs one Python function and ends the process as a program of that function would.

The template process calls ``perform`` in a forked child. Another interpreter runs this file as a script, so it
needs nothing but the standard library of Python 3.8.

What a function can count on: ``sys.path`` begins with the jobs file's folder, then the daemon's working directory;
an awaitable result is awaited; output is written line by line; log records that no handler of the user takes go to
stderr, and the root logger's level is INFO unless the user sets it; ``sys.exit`` means what it means in a program; an
exception is shown from the user's own frames on; threads are waited for, exit handlers run and open files are
flushed before the process ends.
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
import sys
import threading
from collections.abc import Awaitable
from functools import reduce

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, NoReturn

_FAILED = 1
_OUTPUT_LOST = 120
_ERROR_LENGTH = 500
_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_libc = ctypes.CDLL(None)
_LIBRARY = os.__file__.rpartition("/")[0]
_MACHINERY = ("<frozen importlib", _LIBRARY + "/importlib/", _LIBRARY + "/asyncio/", __file__)


class Reporter:
    """The memory file by which the one-line error of this process, and of no child of it, gets home."""

    def __init__(self, file: int) -> None:
        """Take the descriptor; it stays open until the process ends."""
        self._file = file
        self._is = os.fstat(file)
        self._pid = os.getpid()

    def tell(self, text: str) -> None:
        """Leave the first line of the text, unless user code closed or replaced the descriptor."""
        line = text.strip().partition("\n")[0][:_ERROR_LENGTH]
        try:
            if os.getpid() == self._pid and os.path.samestat(os.fstat(self._file), self._is):
                os.write(self._file, line.encode("utf-8", "replace"))
        except OSError:
            pass


def perform(call: dict[str, Any], report: int) -> NoReturn:
    """Call the function and end the process: status 0, 1 for an exception, else what ``sys.exit`` was given.

    ``call`` holds path, function_name, args, kwargs and folders; ``report`` is the descriptor of a memory file.
    """
    status = _FAILED
    try:
        _furnish(call)
        status = _call(call, Reporter(report))
        status = _leave(status)
    finally:
        # Not sys.exit: the buffers and frames of the template process above this one must not be unwound.
        os._exit(status)


def _furnish(call: dict[str, Any]) -> None:
    sys.path[:] = [*call["folders"], *(entry for entry in sys.path if entry not in call["folders"])]
    sys.argv = [call["path"]]
    sys.modules["__main__"] = type(sys)("__main__")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    faulthandler.enable()
    # The handler of last resort gives way to any the user configures, before or during the call.
    if logging.lastResort is not None:
        logging.lastResort.setLevel(logging.INFO)
        logging.lastResort.setFormatter(logging.Formatter(_LOG_FORMAT))
    logging.getLogger().setLevel(logging.INFO)


def _call(call: dict[str, Any], reporter: Reporter) -> int:
    try:
        module = importlib.import_module(call["path"])
        function = reduce(getattr, call["function_name"].split("."), module)
        result = function(*call["args"], **call["kwargs"])  # type: ignore[operator]  # anything may stand there
        if isinstance(result, Awaitable):
            import asyncio  # noqa: PLC0415 - costs 8 MB, which the others need not pay

            asyncio.run(_awaited(result))
    except SystemExit as stop:
        return _exit_status(stop, reporter)
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises ends its own process only
        _show(error)
        reporter.tell(_one_line(error))
        return _FAILED
    return 0


async def _awaited(result: Awaitable[Any]) -> None:
    await result


def _exit_status(stop: SystemExit, reporter: Reporter) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    print(stop.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
    reporter.tell(str(stop.code))
    return _FAILED


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
    return f"{kind}: {text}" if text else kind


def _leave(status: int) -> int:
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
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    _libc.fflush(None)


def main() -> NoReturn:
    """Perform the call whose description and report file are the descriptors named on the command line."""
    own_folder = __file__.rpartition("/")[0]
    sys.path[:] = [entry for entry in sys.path if entry != own_folder]
    description, report = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(report, False)  # noqa: FBT003 - it takes no keyword
    with open(description, encoding="utf-8") as file:
        call = json.load(file)
    perform(call, report)


if __name__ == "__main__":
    main()
