"""An executor without processes: programs are a table, and whatever runs on runs until the test ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cron_actors.core.success import ProcessEnd, judge_end
from cron_actors.model.job import Command, FunctionCall, Work
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey, Ending, Identity, Outcome
from cron_actors.ports.executor import BatchReport, ChildEnded, ChildStarted, Execution, Report


@dataclass(slots=True, kw_only=True)
class FakeExecutor:
    """Performs a program by looking its exit status up; None means that it runs on until it is finished or ended.

    A program is known by the first word of its command or by the name of its function; an unknown one cannot be
    started. Unlike the real thing it reports within the call that causes the report, in the caller's thread.
    ``started`` holds every execution asked for, ``end_requests`` every end asked for.
    """

    programs: Mapping[str, int | None] = field(default_factory=dict)
    started: list[Execution] = field(default_factory=list)
    end_requests: list[tuple[AttemptKey, timedelta]] = field(default_factory=list)
    watched: list[tuple[AttemptKey, Identity]] = field(default_factory=list)
    survivors: set[Identity] = field(default_factory=set)
    is_open: bool = False
    _running: dict[AttemptKey, tuple[Execution, Report]] = field(default_factory=dict)
    _behind: dict[AttemptKey, tuple[list[Execution], BatchReport]] = field(default_factory=dict)

    def open(self) -> None:
        self.is_open = True

    def start(self, execution: Execution, report: Report) -> None:
        if not self.is_open:
            return
        self.started.append(execution)
        name = program_name(execution.work)
        if name not in self.programs:
            error = f"cannot run {name!r}: no such program in PATH"
            report(ChildEnded(key=execution.key, ending=Ending(outcome=Outcome.FAILURE, exit_code=127, error=error)))
            return
        self._running[execution.key] = (execution, report)
        identity = Identity(pid=len(self.started), start_time=len(self.started), boot_id="fake")
        report(ChildStarted(key=execution.key, identity=identity))
        status = self.programs[name]
        if status is not None:
            self.finish(execution.key, status)

    def start_batch(
        self, executions: Sequence[Execution], queue: str, recycling: Recycling, report: BatchReport
    ) -> None:
        if not all(isinstance(execution.work, FunctionCall) for execution in executions):
            raise ValueError(f"only functions share a process of {queue}, for {recycling.runs} runs")
        if self.is_open:
            self._go_on(list(executions), report)

    def take_back(self, key: AttemptKey) -> None:
        for first, (line, report) in self._behind.items():
            if line and key in (first, *(execution.key for execution in line)):
                taken = [_not_begun(execution) for execution in line]
                line.clear()
                report(taken)

    def end(self, key: AttemptKey, kill_after: timedelta) -> None:
        self.end_requests.append((key, kill_after))
        self.take_back(key)
        if key in self._running:
            self.finish(key, -15)

    def watch(self, key: AttemptKey, identity: Identity, report: Report) -> None:
        """Report the end at once: no process of an identity made up for a test is ever there."""
        self.watched.append((key, identity))
        report(ChildEnded(key=key, ending=Ending(outcome=Outcome.SUCCESS, by_itself=True)))

    def end_survivors(self, identities: tuple[Identity, ...]) -> int:
        found = self.survivors.intersection(identities)
        self.survivors -= found
        return len(found)

    def close(self) -> None:
        self.is_open = False
        self._running.clear()
        self._behind.clear()

    @property
    def running(self) -> tuple[AttemptKey, ...]:
        """Return the attempts that run now, oldest first."""
        return tuple(self._running)

    def finish(self, key: AttemptKey, exit_code: int = 0, output_tail: str = "") -> None:
        """Let a running attempt end by itself."""
        execution, report = self._running.pop(key)
        text = f"exit status {exit_code}" if exit_code >= 0 else "killed by SIGTERM"
        error = judge_end(ProcessEnd(exit_code=exit_code, error=text), execution.success)
        outcome = Outcome.SUCCESS if error is None else Outcome.FAILURE
        line, report_all = self._behind.pop(key, ([], None))
        logged = report_all is not None and error is None
        ending = Ending(outcome=outcome, exit_code=exit_code, error=error, output_tail=output_tail, logged=logged)
        report(ChildEnded(key=key, ending=ending))
        if report_all is not None:
            self._go_on(line, report_all)

    def lose(self, key: AttemptKey) -> None:
        """Let a running attempt be interrupted, as when the executor itself is lost."""
        ending = Ending(outcome=Outcome.INTERRUPTED, error="the process template died")
        self.take_back(key)
        self._behind.pop(key, None)
        _, report = self._running.pop(key)
        report(ChildEnded(key=key, ending=ending))

    def _go_on(self, line: list[Execution], report: BatchReport) -> None:
        """Perform what is in the line, up to the first that runs on."""
        news: list[ChildStarted | ChildEnded] = []
        while line:
            execution = line.pop(0)
            self.started.append(execution)
            status = self.programs.get(program_name(execution.work), 1)
            if status is None:
                self._running[execution.key] = (execution, lambda child: report([child]))
                self._behind[execution.key] = (line, report)
                identity = Identity(pid=len(self.started), start_time=len(self.started), boot_id="fake")
                news.append(ChildStarted(key=execution.key, identity=identity))
                break
            ok = status == 0
            outcome, error = (Outcome.SUCCESS, None) if ok else (Outcome.FAILURE, f"exit status {status}")
            ending = Ending(outcome=outcome, exit_code=status, error=error, by_itself=True, logged=ok)
            news.append(ChildEnded(key=execution.key, ending=ending))
        if news:
            report(news)


def _not_begun(execution: Execution) -> ChildEnded:
    return ChildEnded(key=execution.key, ending=Ending(outcome=Outcome.INTERRUPTED), begun=False)


def program_name(work: Work) -> str:
    """Return the name by which the table of programs knows the work."""
    match work:
        case FunctionCall():
            return work.function_name
        case Command(line=str(line)):
            return line.split()[0]
        case Command(line=words):
            return words[0]
