"""A program that imports modules, each in a child of its own, and says what became of it.

Any Python from 3.8 on runs it as a script with nothing but its standard library. It reads one JSON object from
standard input: ``cwd``, ``timeout`` (seconds per module) and ``modules``, a list of {folder, path, functions}. It
writes one JSON object a line: ``index`` (of the module), ``function`` (None: the module itself), ``fatal``, ``text``.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
from contextlib import suppress
from functools import reduce
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_AT_ONCE = 16
_POLL_SECONDS = 0.05
_RESULT_BYTES = 60_000  # less than a pipe takes without being read
_TEXT_LENGTH = 300


class Trial:
    """One module being imported in a child; the result comes through a pipe, in one piece."""

    def __init__(self, index: int, module: dict[str, Any], cwd: str, deadline: float) -> None:
        """Start the child; it is killed at ``deadline``."""
        self.index = index
        self.deadline = deadline
        self.pipe, end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            # Outlives the probe by little, should the probe be killed.
            signal.setitimer(signal.ITIMER_REAL, deadline - monotonic() + 1)
            _try_module(module, cwd, end)
        os.close(end)

    def findings(self) -> list[dict[str, Any]] | None:
        """Return what was found out, None while the child is still at it."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0 and monotonic() < self.deadline:
            return None
        _kill_group(self.pid)
        if pid == 0:
            os.waitpid(self.pid, 0)
        written = self._written()
        if written is not None:
            return written
        return [_finding(None, "is still not imported after the time allowed" if pid == 0 else _end_text(status))]

    def _written(self) -> list[dict[str, Any]] | None:
        os.set_blocking(self.pipe, False)
        try:
            text = os.read(self.pipe, _RESULT_BYTES)
        except BlockingIOError:
            text = b""
        os.close(self.pipe)
        findings: list[dict[str, Any]] | None = json.loads(text) if text else None
        return findings


def _try_module(module: dict[str, Any], cwd: str, end: int) -> NoReturn:
    os.setsid()
    silence = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        os.dup2(silence, file)
    sys.path[:] = [module["folder"], cwd, *sys.path]
    sys.argv = [module["path"]]
    sys.modules["__main__"] = type(sys)("__main__")
    findings = _import(module)
    text = json.dumps(findings).encode()
    if len(text) > _RESULT_BYTES:
        text = json.dumps(findings[:1]).encode()
    os.write(end, text)
    os._exit(0)


def _import(module: dict[str, Any]) -> list[dict[str, Any]]:
    path = module["path"]
    if not all(path.split(".")):
        return [_finding(None, "is no module's name; write it with dots, without .py", fatal=True)]
    try:
        imported = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name is not None and (path + ".").startswith(error.name + "."):
            return [_finding(None, "was not found", fatal=True)]
        return [_finding(None, f"imports {error.name!r}, which was not found")]
    except SystemExit as stop:
        return [_finding(None, f"calls sys.exit({stop.code!r}) when it is imported")]
    except BaseException as error:  # noqa: BLE001 - whatever the module raises is what is to be told
        text = f"{type(error).__qualname__}: {error}".strip().partition("\n")[0][:_TEXT_LENGTH]
        return [_finding(None, f"raises {text} when it is imported")]
    found = [_look(imported, function) for function in module["functions"]]
    return [finding for finding in found if finding is not None]


def _look(module: object, function: str) -> dict[str, Any] | None:
    try:
        value = reduce(getattr, function.split("."), module)
    except AttributeError:
        return _finding(function, "was not found", fatal=True)
    except BaseException as error:  # noqa: BLE001 - a module may have its own __getattr__
        return _finding(function, f"raises {type(error).__qualname__} when it is looked up")
    return (
        None
        if callable(value)
        else _finding(function, f"is of type {type(value).__name__}, not a function", fatal=True)
    )


def _finding(function: str | None, text: str, *, fatal: bool = False) -> dict[str, Any]:
    return {"function": function, "text": text, "fatal": fatal}


def _end_text(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"is killed by {signal.Signals(os.WTERMSIG(status)).name} when it is imported"
    return f"ends its process with status {os.WEXITSTATUS(status)} when it is imported"


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Try all modules, some of them at once."""
    own_folder = __file__.rpartition("/")[0]
    sys.path[:] = [entry for entry in sys.path if entry != own_folder]
    order = json.load(sys.stdin)
    waiting = list(enumerate(order["modules"]))[::-1]
    trials: list[Trial] = []
    while waiting or trials:
        while waiting and len(trials) < _AT_ONCE:
            index, module = waiting.pop()
            trials.append(Trial(index, module, order["cwd"], monotonic() + order["timeout"]))
        select.select([trial.pipe for trial in trials], [], [], _POLL_SECONDS)
        trials = [trial for trial in trials if not _settled(trial)]


def _settled(trial: Trial) -> bool:
    findings = trial.findings()
    for finding in findings or ():
        sys.stdout.write(json.dumps({"index": trial.index, **finding}) + "\n")
    sys.stdout.flush()
    return findings is not None


if __name__ == "__main__":
    main()
