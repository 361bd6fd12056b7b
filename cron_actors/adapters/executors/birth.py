"""How the template process brings a child into the world: a program by posix_spawn, a Python function by fork.

posix_spawn does not copy the template's memory and is more than twice as fast, but can only start a program as it is:
one that needs an env file, other rights or limits is forked too, and executed by the child. Either
way the child leads its own session and group, has default signal handling, an empty signal mask, its log as
standard output and error, and none of the template's descriptors. The template keeps SIGTERM and its like blocked,
so that one sent to a newborn child waits until the child can die of it.
"""

from __future__ import annotations

import os

from cron_actors.adapters.executors.newborn import IGNORED_BY_PYTHON, Streams, live
from cron_actors.adapters.executors.programs import StillbornError, enter, find_program, not_started
from cron_actors.adapters.executors.wire import memory_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# A plain copy: the template's own never changes, and os.environ decodes every variable at every look.
_ENVIRONMENT = dict(os.environ)
_FORKED = ("call", "env_file", "rights")  # what only a forked child can do
_NONE = -1


class Birth:
    """A new child: its process id, the memory file in which it may leave a one-line error (-1: none).

    ``errors`` is its standard error, where that is to be watched, else -1: opened apart from its standard output, it
    tells whether anything was written by it.
    """

    __slots__ = ("errors", "pid", "report")

    def __init__(self, pid: int, report: int = _NONE) -> None:
        """Keep both; ``errors`` is noted later."""
        self.pid = pid
        self.report = report
        self.errors = _NONE


def bear(order: Mapping[str, Any]) -> Birth:
    """Start the child that the order describes; raises StillbornError."""
    log = errors = _open_log(order["log"])
    stdin = _NONE
    try:
        if "errors" in order:
            errors = _open_log(order["log"])
        if order["stdin"] is not None:
            stdin = memory_file("stdin", order["stdin"].encode("utf-8", "surrogateescape"))
        start = _fork if any(key in order for key in _FORKED) else _spawn
        birth = start(order, Streams(log, errors, stdin))
        if errors != log:
            birth.errors, errors = errors, log
        return birth
    finally:
        for file in {log, errors, stdin} - {_NONE}:
            os.close(file)


def _open_log(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise StillbornError(f"cannot open the log {path!r}: {error.strerror}") from error


def _spawn(order: Mapping[str, Any], streams: Streams) -> Birth:
    """Start a program, in its folder: a template process has one thread, so its own folder can change meanwhile."""
    folder = order["folder"]
    start = _spawn_interpreter if "description" in order else _spawn_words
    if folder is None:
        return start(order, streams)
    home = os.open(".", os.O_PATH)
    try:
        enter(folder)
        return start(order, streams)
    finally:
        os.fchdir(home)
        os.close(home)


def _spawn_words(order: Mapping[str, Any], streams: Streams) -> Birth:
    return Birth(_spawn_program(order["argv"], order["env"], streams))


def _spawn_interpreter(order: Mapping[str, Any], streams: Streams) -> Birth:
    """Start another interpreter on ``function_call.py``, the call and the report as inherited descriptors."""
    description = memory_file("call", order["description"].encode())
    report = os.memfd_create("report")
    try:
        os.set_inheritable(description, True)  # noqa: FBT003 - it takes no keyword
        os.set_inheritable(report, True)  # noqa: FBT003 - as above
        argv = [*order["argv"], str(description), str(report)]
        pid = _spawn_program(argv, order["env"], streams)
        os.set_inheritable(report, False)  # noqa: FBT003 - as above
    except BaseException:
        os.close(report)
        raise
    finally:
        os.close(description)
    return Birth(pid, report)


def _spawn_program(argv: list[str], overlay: Mapping[str, str], streams: Streams) -> int:
    env = {**_ENVIRONMENT, **overlay}
    actions = [(os.POSIX_SPAWN_DUP2, streams.log, 1), (os.POSIX_SPAWN_DUP2, streams.errors, 2)]
    if streams.stdin != _NONE:
        actions.append((os.POSIX_SPAWN_DUP2, streams.stdin, 0))
    try:
        return os.posix_spawn(
            find_program(argv[0], env.get("PATH", os.defpath)),
            argv,
            env,
            file_actions=actions,
            setsid=True,
            setsigmask=(),
            setsigdef=IGNORED_BY_PYTHON,
        )
    except (OSError, ValueError) as error:
        raise not_started(argv[0], error) from error


def _fork(order: Mapping[str, Any], streams: Streams) -> Birth:
    """Start a copy of the template that becomes what the order says."""
    streams.report = os.memfd_create("report")
    template = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        os.close(streams.report)
        raise
    if pid == 0:
        live(order, streams, template)
    return Birth(pid, streams.report)
