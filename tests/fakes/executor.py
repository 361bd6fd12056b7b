"""An executor without processes: programs are a table, and whatever runs on runs until the test ends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cron_actors.core.success import ProcessEnd, judge_end
from cron_actors.model.job import Command, FunctionCall, Work
from cron_actors.model.run import AttemptKey, Ending, Identity, Outcome
from cron_actors.ports.executor import ChildEnded, ChildStarted, Execution, Report


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

    def end(self, key: AttemptKey, kill_after: timedelta) -> None:
        self.end_requests.append((key, kill_after))
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
        report(
            ChildEnded(
                key=key, ending=Ending(outcome=outcome, exit_code=exit_code, error=error, output_tail=output_tail)
            )
        )

    def lose(self, key: AttemptKey) -> None:
        """Let a running attempt be interrupted, as when the executor itself is lost."""
        ending = Ending(outcome=Outcome.INTERRUPTED, error="the process template died")
        _, report = self._running.pop(key)
        report(ChildEnded(key=key, ending=ending))


def program_name(work: Work) -> str:
    """Return the name by which the table of programs knows the work."""
    match work:
        case FunctionCall():
            return work.function_name
        case Command(line=str(line)):
            return line.split()[0]
        case Command(line=words):
            return words[0]
