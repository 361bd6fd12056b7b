"""Whether the Python functions of jobs can be imported, found out in throw-away processes (A11, A17)."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from cron_actors.adapters.executors.orders import interpreter, status_text
from cron_actors.model.job import FunctionCall

_PROBE = str(Path(__file__).with_name("executors") / "import_probe.py")
_TRIALS_AT_ONCE = 16
_SPARE_SECONDS = 20.0
_MAYBE = "; only a warning, as it may pass"
NamedCall = tuple[str, FunctionCall, Path]
_Module = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProblem:
    """A job whose function may not be there; ``fatal`` if it surely is not, else it may be a passing trouble."""

    job: str
    field: Literal["path", "function_name", "python"]
    message: str
    fatal: bool


def check_imports(
    calls: Sequence[NamedCall], *, cwd: Path, timeout: timedelta = timedelta(seconds=10)
) -> list[ImportProblem]:
    """Import every module as a run would and look its functions up; return what is wrong, in the order of the calls.

    ``calls`` are (job identifier, call, folder of the jobs file); ``cwd`` is the daemon's working directory and
    ``timeout`` what one module may take. A missing module, a missing function, something that cannot be called and an
    interpreter that cannot be run are fatal; a module that raises, hangs, exits or crashes is not. No code of the user
    runs in this process, and each module is imported in a process of its own, whose output is dropped.
    """
    groups: dict[str, list[int]] = {}
    for position, (_, call, folder) in enumerate(calls):
        program = sys.executable if call.python is None else interpreter(call.python, folder)
        groups.setdefault(program, []).append(position)
    problems: dict[int, ImportProblem] = {}
    for program, positions in groups.items():
        group = _Group(program, [calls[position] for position in positions], cwd, timeout)
        problems |= {positions[place]: problem for place, problem in group.problems()}
    return [problems[position] for position in sorted(problems)]


class _Group:
    """The calls for one interpreter."""

    def __init__(self, program: str, calls: Sequence[NamedCall], cwd: Path, timeout: timedelta) -> None:
        self._program = program
        self._calls = calls
        self._cwd = cwd
        self._timeout = timeout
        functions: dict[_Module, dict[str, None]] = {}
        for _, call, folder in calls:
            functions.setdefault((str(folder), call.path), {})[call.function_name] = None
        self._functions = functions

    def problems(self) -> Iterator[tuple[int, ImportProblem]]:
        """Yield what is wrong, at most one thing for each call, with the call's place."""
        try:
            output, status = self._probe()
        except OSError as error:
            yield from self._all("python", f"{self._program!r} cannot be run: {error.strerror}", fatal=True)
            return
        if status != 0 and not output:
            found = f"{self._program!r} cannot check imports ({status_text(status)})"
            wanted = "; an interpreter of Python 3.8 or later is accepted"
            yield from self._all("python", found + (wanted if status > 0 else _MAYBE), fatal=status > 0)
            return
        findings = self._by_function([json.loads(line) for line in output.splitlines()])
        for place, (job, call, folder) in enumerate(self._calls):
            module = (str(folder), call.path)
            finding = findings.get((module, None)) or findings.get((module, call.function_name))
            if finding is not None:
                yield place, self._problem(job, call, folder, finding)

    def _probe(self) -> tuple[str, int]:
        """Run the probe and return what it wrote, as far as it came, and its exit status."""
        modules = [
            {"folder": folder, "path": path, "functions": list(functions)}
            for (folder, path), functions in self._functions.items()
        ]
        seconds = self._timeout.total_seconds()
        order = {"cwd": str(self._cwd), "timeout": seconds, "modules": modules}
        patience = seconds * math.ceil(len(modules) / _TRIALS_AT_ONCE) + _SPARE_SECONDS
        with subprocess.Popen(  # noqa: S603 - the interpreter that the jobs file names, as its runs will use it
            [self._program, _PROBE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._cwd,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(json.dumps(order), patience)
            except BaseException as error:
                process.kill()
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                output, _ = process.communicate()
            return output, process.returncode

    def _by_function(
        self, findings: Sequence[Mapping[str, Any]]
    ) -> dict[tuple[_Module, str | None], Mapping[str, Any]]:
        modules = list(self._functions)
        return {(modules[finding["index"]], finding["function"]): finding for finding in findings}

    def _problem(self, job: str, call: FunctionCall, folder: Path, finding: Mapping[str, Any]) -> ImportProblem:
        fatal: bool = finding["fatal"]
        if finding["function"] is not None:
            message = f"{call.function_name!r} of module {call.path!r} {finding['text']}"
            return ImportProblem(
                job=job, field="function_name", message=message + ("" if fatal else _MAYBE), fatal=fatal
            )
        where = f"; looked in {self._searched(folder)} and the packages of {self._program}" if fatal else _MAYBE
        return ImportProblem(
            job=job, field="path", message=f"module {call.path!r} {finding['text']}{where}", fatal=fatal
        )

    def _searched(self, folder: Path) -> str:
        return str(folder) if folder == self._cwd else f"{folder}, {self._cwd}"

    def _all(
        self, field: Literal["path", "python"], message: str, *, fatal: bool
    ) -> Iterator[tuple[int, ImportProblem]]:
        for place, (job, _, _) in enumerate(self._calls):
            yield place, ImportProblem(job=job, field=field, message=message, fatal=fatal)
