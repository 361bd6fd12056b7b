"""The command that runs one job once, here, without a daemon: its output on this terminal, its exit code ours."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

import click

from cron_actors.adapters.executors.programs import NOT_FOUND, NOT_RUNNABLE
from cron_actors.cli import exit_codes
from cron_actors.cli.console import complain
from cron_actors.cli.known_jobs import jobs_file, refuse_unknown
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.core.durations import format_duration
from cron_actors.model.job import Job

if TYPE_CHECKING:
    from cron_actors.cli.foreground_process import ForegroundProcess

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

    The exit code is 0 for what the job counts as success, else the job's own; 124 if its timeout ended it.

    Example: cron-actors exec backup
    """
    around = surroundings(context)
    written = jobs_file(around)
    refuse_unknown(job, set(written), around.settings.jobs_file_path)
    return run_here(written[job].job, around)


def run_here(job: Job, around: Surroundings) -> int:
    """Run the job and return its exit code, 128 + n if the signal n ended it."""
    from cron_actors.cli.foreground_process import ForegroundProcess  # noqa: PLC0415 - the help needs no processes

    with ExitStack() as files, _told_to_stop() as signals:
        try:
            started = ForegroundProcess(job, around, files)
        except OSError as error:
            return _not_started(job, error)
        return _wait(started, job, signals)


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


def _wait(started: ForegroundProcess, job: Job, signals: _StopSignals) -> int:
    if not _ends_within(started, job.timeout, signals):
        stopped = signals.first
        _end(started, job.kill_after, signals)
        if stopped is not None:
            return exit_codes.SIGNAL_BASE + stopped
        complain(f"job '{job.identifier}' timed out after {format_duration(job.timeout or timedelta(0))}")
        return exit_codes.TIMED_OUT
    started.output.pass_on_rest()
    _, reaped, usage = os.wait4(started.process.pid, 0)
    started.process.returncode = os.waitstatus_to_exitcode(reaped)
    return _judged(started, job, usage.ru_utime + usage.ru_stime)


def _judged(started: ForegroundProcess, job: Job, cpu_seconds: float) -> int:
    """Return the exit code of a job that ended by itself: 0 for a success, and never 0 for what is none."""
    status: int = started.process.returncode
    code = status if status >= 0 else exit_codes.SIGNAL_BASE - status
    unborn = started.unborn()
    if unborn is not None:
        complain(f"job '{job.identifier}' cannot be started: {unborn}")
        return code
    fault = started.fault(cpu_seconds)
    if fault is None:
        return exit_codes.OK
    if fault != started.status_text:  # a plain status speaks for itself
        complain(f"job '{job.identifier}' failed: {fault}")
    return code or exit_codes.FAILURE


def _ends_within(started: ForegroundProcess, length: timedelta | None, signals: _StopSignals) -> bool:
    """Wait for the end of the process, the time or a signal; say whether it was the first.

    The process is left unreaped, so that its id cannot become another's.
    """
    descriptor = os.pidfd_open(started.process.pid)
    until = None if length is None else monotonic() + length.total_seconds()
    try:
        while True:
            seconds = None if until is None else max(0.0, until - monotonic())
            ready = select.select([descriptor, signals.fileno(), *started.output.files], [], [], seconds)[0]
            if descriptor in ready or signals.fileno() in ready or not ready:
                return descriptor in ready
            for pipe in ready:
                started.output.pass_on(pipe)
    finally:
        os.close(descriptor)


def _end(started: ForegroundProcess, kill_after: timedelta, signals: _StopSignals) -> None:
    """End the job's group: SIGTERM, and SIGKILL to what is left when its leader is gone or the time is over.

    Being told to stop once more ends the waiting.
    """
    group = started.process.pid
    signals.take()
    os.killpg(group, signal.SIGTERM)
    os.killpg(group, signal.SIGCONT)
    _ends_within(started, kill_after, signals)
    os.killpg(group, signal.SIGKILL)
    started.process.wait()
    started.output.pass_on_rest()
