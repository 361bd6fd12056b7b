"""A bench on which an executor is tried: starts attempts, collects the reports, waits for them with a limit."""

from __future__ import annotations

import os
import queue
import select
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

from cron_actors.model.job import Command, FunctionCall, Json, ProcessSettings, Success, Work
from cron_actors.model.run import AttemptKey, Ending, Identity, Outcome
from cron_actors.ports.executor import ChildEnded, ChildStarted, Execution, Executor

LIMIT_SECONDS = 20.0
FOREVER = Command(line=("sleep", "600"))


@dataclass(slots=True)
class Bench:
    """``folder`` stands for the folder of the jobs file; modules are written and logs are kept there."""

    executor: Executor
    folder: Path
    reports: queue.SimpleQueue[ChildStarted | ChildEnded] = field(default_factory=queue.SimpleQueue)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _heard: dict[AttemptKey, list[ChildStarted | ChildEnded]] = field(default_factory=dict)

    def start(
        self,
        work: Work,
        process: ProcessSettings | None = None,
        variables: Mapping[str, str] | None = None,
        success: Success | None = None,
    ) -> AttemptKey:
        key = AttemptKey(run_id=next(self._numbers), attempt=1, token="token")  # noqa: S106 - not a password
        self.log(key).touch()
        self._heard[key] = []
        execution = Execution(
            key=key,
            work=work,
            process=process or ProcessSettings(),
            folder=self.folder,
            log=str(self.log(key)),
            success=success or Success(),
            variables=variables or {},
        )
        self.executor.start(execution, self.reports.put)
        return key

    def run(self, work: Work, process: ProcessSettings | None = None) -> Ending:
        return self.ending(self.start(work, process))

    def execution(self, number: int, work: Work) -> Execution:
        """Return an execution as the one that ``start`` makes, for a test to change."""
        return Execution(
            key=AttemptKey(run_id=number, attempt=1, token="token"),  # noqa: S106 - not a password
            work=work,
            process=ProcessSettings(),
            folder=self.folder,
            log=str(self.log_of(number)),
            variables={},
        )

    def execute(self, execution: Execution) -> Ending:
        Path(execution.log).touch()
        self._heard[execution.key] = []
        self.executor.start(execution, self.reports.put)
        return self.ending(execution.key)

    def judged(self, line: str, success: Success) -> tuple[Outcome, str | None]:
        """Return what the end of a shell's line is taken for, and why."""
        ending = self.ending(self.start(Command(line=line), success=success))
        return ending.outcome, ending.error

    def output(self, work: Work, process: ProcessSettings | None = None) -> str:
        key = self.start(work, process)
        ending = self.ending(key)
        text = self.text(key)
        assert ending.exit_code == 0, (ending, text)
        return text

    def identity(self, key: AttemptKey) -> Identity:
        for report in self._until(key, ChildStarted):
            if isinstance(report, ChildStarted):
                return report.identity
        raise AssertionError(key)

    def ending(self, key: AttemptKey) -> Ending:
        for report in self._until(key, ChildEnded):
            if isinstance(report, ChildEnded):
                return report.ending
        raise AssertionError(key)

    def end(self, key: AttemptKey, kill_after: float = 60.0) -> None:
        self.executor.end(key, timedelta(seconds=kill_after))

    def log(self, key: AttemptKey) -> Path:
        return self.log_of(key.run_id)

    def log_of(self, number: int) -> Path:
        """Return the log of the attempt of this number, counted from 1."""
        return self.folder / f"{number}.txt"

    def text(self, key: AttemptKey) -> str:
        return self.log(key).read_text(encoding="utf-8")

    def module(self, name: str, text: str) -> str:
        (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        return name

    def function(self, body: str, *args: Json, python: str | None = None, **kwargs: Json) -> FunctionCall:
        """Write a module around ``body``, which defines ``job``, and return the call of it."""
        name = self.module(f"module_{next(self._numbers)}", body)
        return FunctionCall(path=name, function_name="job", args=args, kwargs=kwargs, python=python)

    def _until(self, key: AttemptKey, kind: type[ChildStarted | ChildEnded]) -> list[ChildStarted | ChildEnded]:
        while not any(isinstance(report, kind) for report in self._heard[key]):
            report = self.reports.get(timeout=LIMIT_SECONDS)
            self._heard[report.key].append(report)
        return self._heard[key]


class Whistle:
    """A FIFO by which a job says a line to the test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "whistle"
        os.mkfifo(self.path)
        self._file = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def hear(self) -> str:
        """Return the next thing that is said."""
        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        assert poll.poll(LIMIT_SECONDS * 1000), "the job said nothing"
        return os.read(self._file, 1000).decode().strip()

    def close(self) -> None:
        os.close(self._file)


def is_gone(pid: int, within: float = LIMIT_SECONDS) -> bool:
    """Wait for the end of a process that need not be a child; False if it still runs then."""
    try:
        file = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(file, select.POLLIN)
    ended = bool(poll.poll(within * 1000))
    os.close(file)
    return ended


def lives(pid: int) -> bool:
    """Say whether the process runs now."""
    return not is_gone(pid, within=0)
