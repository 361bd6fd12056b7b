"""The process of a job in the foreground: what it is started as, and how its end is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cron_actors.adapters.executors import function_call
from cron_actors.adapters.executors.child import read_report
from cron_actors.adapters.executors.orders import order, status_text
from cron_actors.adapters.executors.output_search import begin_search, findings
from cron_actors.adapters.executors.records import sound
from cron_actors.cli.surroundings import Surroundings
from cron_actors.cli.watched_output import STDERR, STDOUT, WatchedOutput
from cron_actors.core.moments import iso
from cron_actors.core.success import ProcessEnd, judge_end
from cron_actors.model.job import Job
from cron_actors.model.run import AttemptKey
from cron_actors.ports.executor import Execution

NO_RUN = 0  # the store's runs count from 1
CONFINED_START = "cron_actors.adapters.executors.confined_start"
REPORT_BYTES = 2_000_000
BY_ITSELF = {"discarded": "discarded by itself: ", "snoozed": "snoozed: "}  # what no daemon goes on with


class ForegroundProcess:
    """A started process of the job, which leads a session of its own as it does under the daemon.

    Raises OSError if it cannot be started. Ctrl-C reaches it through us.
    """

    def __init__(self, job: Job, around: Surroundings, files: ExitStack) -> None:
        self._job = job
        self._report = _memory_file("", files)
        self.output = WatchedOutput(job.success, job.output_limit.size, files)
        made = order(_execution(job, around), str(Path.cwd()))
        confined = "rights" in made or "env_file" in made
        argv, inherited = self._confined(made, files) if confined else self._plain(made, files)
        stdin = subprocess.DEVNULL if made["stdin"] is None else _memory_file(made["stdin"], files)
        sys.stdout.flush()
        self.process = subprocess.Popen(  # noqa: S603 - running what the user wrote is the purpose
            argv,
            stdin=stdin,
            stdout=self.output.end_for(STDOUT),
            stderr=self.output.end_for(STDERR),
            cwd=None if confined else made["folder"],
            env=dict(around.environ) if confined else {**around.environ, **made["env"]},
            pass_fds=inherited,
            start_new_session=True,
        )
        self.output.begun()

    def unborn(self) -> str | None:
        """Return why the process came to nothing before the job's own work began, None if it did begin."""
        report = self._left()
        return report["error"] if report.get("unborn") else None

    @property
    def status_text(self) -> str:
        """The status of the ended process in words."""
        return status_text(self.process.returncode)

    def fault(self, cpu_seconds: float) -> str | None:
        """Return why an end by itself is no success; None if it is one."""
        record = sound(self._left().get("record", {}))
        if record.get("outcome") in BY_ITSELF:
            return f"{BY_ITSELF[record['outcome']]}{record.get('error') or 'nobody tries it again here'}"
        success, seen, status = self._job.success, {}, self.process.returncode
        if status in success.exit_codes and (success.output is not None or success.output_not is not None):
            seen = self._search()
        end = ProcessEnd(
            exit_code=status,
            error=self.status_text,
            cpu_seconds=cpu_seconds,
            wrote_stderr=self.output.wrote_stderr,
            **seen,
        )
        return judge_end(end, success, self._job.process.limits)

    def _left(self) -> dict[str, Any]:
        """Return what the process left in its report."""
        return read_report(os.pread(self._report, REPORT_BYTES, 0).decode("utf-8", "replace"))

    def _search(self) -> dict[str, Any]:
        success = self._job.success
        search = {"log": self.output.log, "start": 0, "output": success.output, "output_not": success.output_not}
        pid, watched = begin_search(search)
        os.close(watched)
        return findings(os.waitpid(pid, 0)[1])

    def _plain(self, made: dict[str, Any], files: ExitStack) -> tuple[list[str], tuple[int, ...]]:
        """Return the words to execute and the descriptors that they need."""
        if "argv" in made and "description" not in made:
            return made["argv"], ()
        description = _memory_file(made.get("description") or json.dumps(made["call"]), files)
        words = made.get("argv", [sys.executable, function_call.__file__])
        return [*words, str(description), str(self._report)], (description, self._report)

    def _confined(self, made: dict[str, Any], files: ExitStack) -> tuple[list[str], tuple[int, ...]]:
        """Return the words of the program that becomes what the order says."""
        described = _memory_file(json.dumps(made), files)
        words = [sys.executable, "-P", "-m", CONFINED_START, str(described), str(self._report)]
        return words, (described, self._report)


def _execution(job: Job, around: Surroundings) -> Execution:
    return Execution(
        key=AttemptKey(run_id=NO_RUN, attempt=1, token=""),
        work=job.work,
        process=job.process,
        folder=job.folder,
        log=os.devnull,
        success=job.success,
        variables={
            "CRON_ACTORS_JOB": job.identifier,
            "CRON_ACTORS_RUN_ID": str(NO_RUN),
            "CRON_ACTORS_ATTEMPT": "1",
            "CRON_ACTORS_MAX_ATTEMPTS": str(job.max_attempts),
            "CRON_ACTORS_DUE_AT": iso(around.now()),
        },
    )


def _memory_file(text: str, files: ExitStack) -> int:
    """Return the descriptor of a file in memory that holds the text, to be read from its start."""
    descriptor = os.memfd_create("cron-actors-exec")
    files.callback(os.close, descriptor)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.seek(0)
    return descriptor
