"""How the template process brings a child into the world: a program by posix_spawn, a Python function by fork.

posix_spawn does not copy the template's memory and is more than twice as fast, but can only start a program. Either
way the child leads its own session and group, has default signal handling, an empty signal mask, its log as
standard output and error, and none of the template's descriptors. The template keeps SIGTERM and its like blocked,
so that one sent to a newborn child waits until the child can die of it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time

from cron_actors.adapters.executors import function_call
from cron_actors.adapters.executors.wire import memory_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

NOT_FOUND = 127
NOT_RUNNABLE = 126
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_LAST_DESCRIPTOR = 1 << 20
_REPORT = 3
# A plain copy: the template's own never changes, and os.environ decodes every variable at every look.
_ENVIRONMENT = dict(os.environ)
_libc = ctypes.CDLL(None)


class StillbornError(Exception):
    """The child cannot be started: one line for people, and the status that a shell would give."""

    def __init__(self, text: str, status: int = NOT_RUNNABLE) -> None:
        """Keep both."""
        super().__init__(text)
        self.text = text
        self.status = status


class Birth:
    """A new child: its process id, and the memory file in which it may leave a one-line error (-1: none)."""

    __slots__ = ("pid", "report")

    def __init__(self, pid: int, report: int = -1) -> None:
        """Keep both."""
        self.pid = pid
        self.report = report


def bear(order: Mapping[str, Any]) -> Birth:
    """Start the child that the order describes; raises StillbornError."""
    log = _open_log(order["log"])
    stdin = -1 if order["stdin"] is None else memory_file("stdin", order["stdin"].encode("utf-8", "surrogateescape"))
    try:
        if "argv" in order:
            return _spawn(order, log, stdin)
        return _fork(order, log, stdin)
    finally:
        os.close(log)
        if stdin != -1:
            os.close(stdin)


def _open_log(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise StillbornError(f"cannot open the log {path!r}: {error.strerror}") from error


def _spawn(order: Mapping[str, Any], log: int, stdin: int) -> Birth:
    """Start a program, in its folder: a template process has one thread, so its own folder can change meanwhile."""
    folder = order["folder"]
    start = _spawn_interpreter if "description" in order else _spawn_words
    if folder is None:
        return start(order, log, stdin)
    home = os.open(".", os.O_PATH)
    try:
        _enter(folder)
        return start(order, log, stdin)
    finally:
        os.fchdir(home)
        os.close(home)


def _spawn_words(order: Mapping[str, Any], log: int, stdin: int) -> Birth:
    return Birth(_spawn_program(order["argv"], order["env"], log, stdin))


def _spawn_interpreter(order: Mapping[str, Any], log: int, stdin: int) -> Birth:
    """Start another interpreter on ``function_call.py``, the call and the report as inherited descriptors."""
    description = memory_file("call", order["description"].encode())
    report = os.memfd_create("report")
    try:
        os.set_inheritable(description, True)  # noqa: FBT003 - it takes no keyword
        os.set_inheritable(report, True)  # noqa: FBT003 - as above
        argv = [*order["argv"], str(description), str(report)]
        pid = _spawn_program(argv, order["env"], log, stdin)
        os.set_inheritable(report, False)  # noqa: FBT003 - as above
    except BaseException:
        os.close(report)
        raise
    finally:
        os.close(description)
    return Birth(pid, report)


def _spawn_program(argv: list[str], overlay: Mapping[str, str], log: int, stdin: int) -> int:
    env = {**_ENVIRONMENT, **overlay}
    actions = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    if stdin != -1:
        actions.append((os.POSIX_SPAWN_DUP2, stdin, 0))
    try:
        return os.posix_spawn(
            _program(argv[0], env.get("PATH", os.defpath)),
            argv,
            env,
            file_actions=actions,
            setsid=True,
            setsigmask=(),
            setsigdef=_IGNORED_BY_PYTHON,
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        where = "no such program" if "/" in argv[0] else "no such program in PATH"
        raise StillbornError(f"cannot run {argv[0]!r}: {where}", NOT_FOUND) from error
    except OSError as error:
        raise StillbornError(f"cannot run {argv[0]!r}: {error.strerror}") from error
    except ValueError as error:
        raise StillbornError(f"cannot run {argv[0]!r}: {error}") from error


def _program(name: str, path: str) -> str:
    """Find the program as execvp(3) does: the first that can be executed, else the first that exists."""
    if "/" in name:
        return name
    candidates = [f"{folder or '.'}/{name}" for folder in path.split(":")]
    files = [candidate for candidate in candidates if os.path.isfile(candidate)]  # noqa: PTH113 - pathlib costs memory
    if not files:
        raise FileNotFoundError(name)
    return next((file for file in files if os.access(file, os.X_OK)), files[0])


def _fork(order: Mapping[str, Any], log: int, stdin: int) -> Birth:
    """Start a Python function in a copy of the template."""
    report = os.memfd_create("report")
    template = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        os.close(report)
        raise
    if pid == 0:
        _live(order, log, stdin, report, template)
    return Birth(pid, report)


def _live(order: Mapping[str, Any], log: int, stdin: int, report: int, template: int) -> NoReturn:
    """Become the child; whatever happens, never return to the template's loop."""
    status = NOT_RUNNABLE
    try:
        os.setsid()
        _libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != template:
            os._exit(status)
        _rearrange_descriptors(log, stdin, report)
        if order["folder"] is not None:
            _enter(order["folder"])
        os.environ.update(order["env"])
        if "TZ" in order["env"]:
            time.tzset()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        function_call.perform(order["call"], _REPORT)
    except (StillbornError, OSError, ValueError) as error:
        os.write(_REPORT, str(error).encode("utf-8", "replace"))
    finally:
        os._exit(status)


def _rearrange_descriptors(log: int, stdin: int, report: int) -> None:
    os.dup2(log, 1)
    os.dup2(log, 2)
    if stdin != -1:
        os.dup2(stdin, 0)
    if report == _REPORT:
        os.set_inheritable(report, False)  # noqa: FBT003 - it takes no keyword
    else:
        os.dup2(report, _REPORT, inheritable=False)
    os.closerange(_REPORT + 1, _LAST_DESCRIPTOR)


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        raise StillbornError(f"cannot enter the working directory {folder!r}: {error.strerror}") from error
