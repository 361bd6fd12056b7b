"""A bench on which batches are performed by processes that are used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from queue import Empty

from cron_actors.model.job import FunctionCall, Json, ProcessSettings, Work
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey, Ending
from cron_actors.ports.executor import ChildEnded, ChildStarted, Execution
from tests.integration.executor_bench import Bench

QUIET = 0.3  # seconds that a test waits for what must not come


class BatchBench(Bench):
    """A bench whose functions all stand in the module ``jobs``, and whose batches all go into one queue."""

    def jobs(self, text: str) -> None:
        """Write the module; before the first batch, as a process that is used again imports it once."""
        self.module("jobs", text)

    def made(self, function: str, *args: Json, process: ProcessSettings | None = None) -> Execution:
        """Return an execution of a function of the module; its log does not exist yet, nor the folder of that."""
        number = next(self._numbers)
        execution = self.execution(number, FunctionCall(path="jobs", function_name=function, args=args))
        return replace(
            execution,
            header=f"=== run {number} ===\n",
            process=process or ProcessSettings(),
            log=str(self.log_of(number)),
            variables={"CRON_ACTORS_RUN_ID": str(number)},
        )

    def share(self, executions: Sequence[Execution], recycling: Recycling | None = None) -> list[AttemptKey]:
        """Have the executions performed as one batch."""
        for execution in executions:
            self._heard[execution.key] = []
        self.executor.start_batch(executions, "reuse", recycling or Recycling(), self._take)
        return [execution.key for execution in executions]

    def batch(self, *functions: str, recycling: Recycling | None = None) -> list[AttemptKey]:
        """Have these functions called, without arguments, as one batch."""
        return self.share([self.made(function) for function in functions], recycling)

    def call(self, function: str, *args: Json) -> Ending:
        """Have the function called as a batch of its own and return how that ended."""
        return self.ending(self.share([self.made(function, *args)])[0])

    def said(self, function: str, *args: Json) -> str:
        """Return the output of a function that is called as a batch of its own and must succeed."""
        ending = self.call(function, *args)
        assert ending.error is None, ending
        return ending.output_tail

    def alone(self, work: Work, **settings: object) -> Execution:
        """Return an execution that cannot share a process."""
        return replace(self.made("unused"), work=work, **settings)  # type: ignore[arg-type] # whatever the test is about

    def end_of(self, key: AttemptKey) -> ChildEnded:
        """Return the report of the end, also of one that was not begun."""
        for report in self._until(key, ChildEnded):
            if isinstance(report, ChildEnded):
                return report
        raise AssertionError(key)

    def begun(self, keys: Sequence[AttemptKey]) -> list[bool]:
        """Wait for all ends and return which of them were begun."""
        return [self.end_of(key).begun for key in keys]

    def hears_nothing(self) -> bool:
        """Say whether no report comes any more."""
        try:
            self.reports.get(timeout=QUIET)
        except Empty:
            return True
        return False

    def _take(self, reports: Sequence[ChildStarted | ChildEnded]) -> None:
        for report in reports:
            self.reports.put(report)
