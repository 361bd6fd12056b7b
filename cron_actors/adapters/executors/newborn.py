"""What a forked child does until it is what it was ordered to be: a function of the user's, or another program."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what signal itself returns it makes enums of, at many times the cost
import ctypes
import os
import signal
import sys
import time

from cron_actors.adapters.executors import function_call
from cron_actors.adapters.executors.accounts import find_account
from cron_actors.adapters.executors.confinement import confine
from cron_actors.adapters.executors.env_files import read_env_file
from cron_actors.adapters.executors.programs import NOT_RUNNABLE, StillbornError, enter, find_program, not_started
from cron_actors.adapters.executors.wire import memory_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
UNBORN = "\0"  # before an error in a report: the work was never begun
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_LAST_DESCRIPTOR = 1 << 20
_REPORT = 3
_ACCOUNT = ("user", "group")
# Looked up once, in the template: whatever Python makes at the first use, each child would make for itself.
_prctl = ctypes.CDLL(None).prctl
_ENCODING = sys.getfilesystemencoding()


class Streams:
    """The descriptors of a child: log for its output, the same or another for errors, input and report (-1: none)."""

    __slots__ = ("errors", "log", "report", "stdin")

    def __init__(self, log: int, errors: int, stdin: int, report: int = -1) -> None:
        """Keep them."""
        self.log = log
        self.errors = errors
        self.stdin = stdin
        self.report = report


def live(order: Mapping[str, Any], streams: Streams, template: int) -> NoReturn:
    """Become the child; whatever happens, never return to the loop of the template, whose process id is given."""
    status = NOT_RUNNABLE
    try:
        os.setsid()
        die_with_parent()
        if os.getppid() != template:
            os._exit(status)
        _rearrange_descriptors(streams)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
        become(order, _REPORT)
    except StillbornError as error:
        status = error.status
        _tell(error.text)
    except MemoryError:
        _tell("cannot start: the memory limit is too low for it")
    except (OSError, ValueError) as error:
        _tell(f"cannot start: {error}")
    finally:
        os._exit(status)


def become(order: Mapping[str, Any], report: int) -> NoReturn:
    """Read the env file, take over rights, enter the folder, then perform the call or execute the program.

    Raises StillbornError, OSError, ValueError or MemoryError if it does not come to that.
    """
    rights = order.get("rights", {})
    try:
        account = find_account(rights.get("user"), rights.get("group")) if rights.keys() & _ACCOUNT else None
    except LookupError as error:
        raise StillbornError(str(error)) from error
    overlay = dict(account.variables) if account is not None else {}
    if "env_file" in order:
        overlay |= read_env_file(order["env_file"])
    overlay |= order["env"]
    confine(rights, account)
    if order["folder"] is not None:
        enter(order["folder"])
    if "argv" in order:
        _execute(order, overlay, report)
    die_with_parent()  # again: a change of account has made the kernel forget it
    _set_variables(overlay)
    function_call.perform(order["call"], report)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send the signal when the parent dies, 0 for none; a change of account makes it forget."""
    _prctl(_DIE_WITH_PARENT, number)


def _set_variables(overlay: Mapping[str, str]) -> None:
    """Set variables as os.environ.update does, in a fifth of the time; raises ValueError for impossible ones."""
    kept: dict[bytes, bytes] = os.environb._data  # type: ignore[attr-defined]  # noqa: SLF001 - for its speed
    for name, value in overlay.items():
        key, content = name.encode(_ENCODING, "surrogateescape"), value.encode(_ENCODING, "surrogateescape")
        os.putenv(key, content)
        kept[key] = content
    if "TZ" in overlay:
        time.tzset()


def _execute(order: Mapping[str, Any], overlay: Mapping[str, str], report: int) -> NoReturn:
    argv = order["argv"]
    if "description" in order:
        description = memory_file("call", order["description"].encode())
        for file in (description, report):
            os.set_inheritable(file, True)  # noqa: FBT003 - it takes no keyword
        argv = [*argv, str(description), str(report)]
    env = {**os.environ, **overlay}
    for number in IGNORED_BY_PYTHON:
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(0)
    try:
        os.execve(find_program(argv[0], env.get("PATH", os.defpath)), argv, env)  # noqa: S606 - no shell is meant
    except (OSError, ValueError) as error:
        raise not_started(argv[0], error) from error


def _tell(text: str) -> None:
    os.write(_REPORT, (UNBORN + text).encode("utf-8", "replace"))


def _rearrange_descriptors(streams: Streams) -> None:
    os.dup2(streams.log, 1)
    os.dup2(streams.errors, 2)
    if streams.stdin != -1:
        os.dup2(streams.stdin, 0)
    if streams.report == _REPORT:
        os.set_inheritable(streams.report, False)  # noqa: FBT003 - it takes no keyword
    else:
        os.dup2(streams.report, _REPORT, inheritable=False)
    os.closerange(_REPORT + 1, _LAST_DESCRIPTOR)
