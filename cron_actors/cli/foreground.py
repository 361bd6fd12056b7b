"""The command that runs one job once, here, without a daemon: its output on this terminal, its exit code ours."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import FrameType

import click

from cron_actors.cli import exit_codes
from cron_actors.cli.console import complain
from cron_actors.cli.known_jobs import jobs_file, refuse_unknown
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.core.durations import format_duration
from cron_actors.core.moments import iso
from cron_actors.model.job import Command, FunctionCall, Job

NOT_FOUND = 127  # as a shell has it
NOT_RUNNABLE = 126
NO_RUN = "0"  # the store's runs count from 1
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StopSignals:
    """The signals that tell this command to stop, noted rather than raised: an error could hit a half-started job."""

    def __init__(self) -> None:
        self._count = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.first: int | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Note a signal; this is the handler."""
        del frame
        self.first = self.first or number
        os.eventfd_write(self._count, 1)

    def fileno(self) -> int:
        """Return the descriptor that can be read once a signal has come since the last ``take``."""
        return self._count

    def take(self) -> None:
        """Forget that a signal has come, but not which one came first."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._count)

    def close(self) -> None:
        """Free the descriptor."""
        os.close(self._count)


@click.command("exec")
@click.argument("job")
@click.pass_context
def execute(context: click.Context, job: str) -> int:
    """Run one job of the jobs file once, in the foreground, without a daemon and without a trace in the store.

    The exit code is the job's own; 124 if its timeout ended it.

    Example: cron-actors exec backup
    """
    around = surroundings(context)
    written = jobs_file(around)
    refuse_unknown(job, set(written), around.settings.jobs_file_path)
    return run_here(written[job].job, around)


def run_here(job: Job, around: Surroundings) -> int:
    """Run the job and return its exit code, 128 + n if the signal n ended it."""
    with ExitStack() as files, _told_to_stop() as signals:
        try:
            process = _start(job, around, files)
        except OSError as error:
            return _not_started(job, error)
        return _wait(process, job, signals)


def _start(job: Job, around: Surroundings, files: ExitStack) -> subprocess.Popen[bytes]:
    argv, inherited = _program(job, files)
    stdin = subprocess.DEVNULL if job.process.stdin is None else _memory_file(job.process.stdin, files)
    sys.stdout.flush()
    # The job leads a session of its own as it does under the daemon; Ctrl-C reaches it through us.
    return subprocess.Popen(  # noqa: S603 - running what the user wrote is the purpose
        argv,
        stdin=stdin,
        cwd=_folder(job),
        env={**around.environ, **job.process.env, **_variables(job, around)},
        pass_fds=inherited,
        start_new_session=True,
    )


def _program(job: Job, files: ExitStack) -> tuple[list[str], tuple[int, ...]]:
    """Return the words to execute and the descriptors that they need."""
    match job.work:
        case Command(line=str() as line, shell=shell):
            return [shell, "-c", line], ()
        case Command(line=words):
            return list(words), ()
        case FunctionCall() as call:
            from cron_actors.adapters.executors import function_call, orders  # noqa: PLC0415 - for functions only

            description = _memory_file(_description(call, job.folder), files)
            report = _memory_file("", files)
            python = sys.executable if call.python is None else orders.interpreter(call.python, job.folder)
            return [python, function_call.__file__, str(description), str(report)], (description, report)


def _description(call: FunctionCall, folder: Path) -> str:
    return json.dumps(
        {
            "path": call.path,
            "function_name": call.function_name,
            "args": list(call.args),
            "kwargs": dict(call.kwargs),
            "folders": [str(folder), str(Path.cwd())],
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


def _folder(job: Job) -> Path | None:
    return None if job.process.working_directory is None else job.folder / job.process.working_directory


def _variables(job: Job, around: Surroundings) -> dict[str, str]:
    return {
        "CRON_ACTORS_JOB": job.identifier,
        "CRON_ACTORS_RUN_ID": NO_RUN,
        "CRON_ACTORS_ATTEMPT": "1",
        "CRON_ACTORS_DUE_AT": iso(around.now()),
    }


def _not_started(job: Job, error: OSError) -> int:
    complain(f"job '{job.identifier}' cannot be started: {error.strerror}: {error.filename}")
    return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE


@contextmanager
def _told_to_stop() -> Iterator[_StopSignals]:
    """Note the signals that stop a program while the job runs, so that the job is stopped too."""
    signals = _StopSignals()
    before = {number: signal.signal(number, signals.note) for number in STOPPING}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signals.close()


def _wait(process: subprocess.Popen[bytes], job: Job, signals: _StopSignals) -> int:
    ended = _ends_within(process, job.timeout, signals)
    if not ended:
        stopped = signals.first
        _end(process, job.kill_after, signals)
        if stopped is not None:
            return exit_codes.SIGNAL_BASE + stopped
        complain(f"job '{job.identifier}' timed out after {format_duration(job.timeout or timedelta(0))}")
        return exit_codes.TIMED_OUT
    status = process.wait()
    return status if status >= 0 else exit_codes.SIGNAL_BASE - status


def _ends_within(process: subprocess.Popen[bytes], length: timedelta | None, signals: _StopSignals) -> bool:
    """Wait for the end of the process, the time or a signal; say whether it was the first.

    The process is left unreaped, so that its id cannot become another's.
    """
    descriptor = os.pidfd_open(process.pid)
    try:
        seconds = None if length is None else length.total_seconds()
        return descriptor in select.select([descriptor, signals.fileno()], [], [], seconds)[0]
    finally:
        os.close(descriptor)


def _end(process: subprocess.Popen[bytes], kill_after: timedelta, signals: _StopSignals) -> None:
    """End the job's group: SIGTERM, and SIGKILL to what is left when its leader is gone or the time is over.

    Being told to stop once more ends the waiting.
    """
    signals.take()
    os.killpg(process.pid, signal.SIGTERM)
    os.killpg(process.pid, signal.SIGCONT)
    _ends_within(process, kill_after, signals)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
