"""What stands in the log file of a run besides its output, and what the file is called."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from cron_actors.core.durations import format_duration
from cron_actors.core.moments import iso
from cron_actors.model.run import Ending, Outcome, Run

LATEST = "latest.txt"
_MICROSECOND = timedelta(microseconds=1)
TIMED_OUT = "Task Execution Timed Out"
_LOG_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}(\.[0-9]{6})?Z_[0-9]+\.txt")


def log_name(job: str, due_at: datetime, run_id: int) -> str:
    """Return the path of the run's log file below the folder of all logs: no blanks, no colons.

    >>> from datetime import UTC
    >>> log_name("backup", datetime(2026, 11, 21, 3, 0, tzinfo=UTC), 17)
    'backup/2026-11-21T03-00-00Z_17.txt'
    """
    fraction = f".{due_at.microsecond:06}" if due_at.microsecond else ""
    return f"{job}/{_to_the_second(due_at).replace(':', '-')}{fraction}Z_{run_id}.txt"


def is_log_name(name: str) -> bool:
    """Say whether this is the name of a run's log file in the folder of its job.

    >>> is_log_name("2026-11-21T03-00-00Z_17.txt"), is_log_name("latest.txt")
    (True, False)
    """
    return _LOG_NAME.fullmatch(name) is not None


def header(run: Run) -> str:
    """Return the line that begins an attempt and parts it from the one before."""
    started = f", started {_to_the_second(run.started_at)}Z" if run.started_at else ""
    due = _to_the_second(run.due_at)
    return f"=== run {run.run_id} of {run.job}, due {due}Z, attempt {run.attempt}{started} ===\n"


def trailer(ending: Ending, note: str | None = None) -> str:
    """Return the lines that end an attempt: notes, what went wrong, how long it took.

    >>> print(trailer(Ending(outcome=Outcome.FAILURE, error="exit status 3", duration=timedelta(seconds=61))), end="")
    exit status 3
    Execution Time = 0:01:01.000000
    """
    last = f"Execution Time = {execution_time(ending.duration)}\n"
    words = None if ending.outcome is Outcome.SUCCESS else _last_words(ending)
    if note is None and words is None and ending.callback_error is None:  # as of most
        return last
    return "".join(f"{line}\n" for line in (note, words, ending.callback_error) if line is not None) + last


def _last_words(ending: Ending) -> str | None:
    words = None
    match ending.outcome:
        case Outcome.TIMEOUT:
            words = TIMED_OUT
        case Outcome.CANCELLED:
            words = "Task Execution Cancelled"
        case Outcome.INTERRUPTED | Outcome.LOST:
            words = interruption(ending.error or "the daemon stopped").rstrip()
        case Outcome.FAILURE:
            error = ending.error or "failed"
            words = None if ending.output_tail.rstrip().endswith(error) else error  # a traceback has said it already
        case Outcome.DISCARDED:
            words = f"Discarded: {ending.error or 'without a reason'}"
        case Outcome.SNOOZED:
            words = f"Snoozed for {format_duration(ending.snooze or timedelta(0))}"
        case Outcome.LAUNCHED:
            words = f"Left running: process {ending.launched.pid if ending.launched else 'unknown'}"
    return words


def interruption(reason: str) -> str:
    r"""Return the line that ends an attempt that was cut short; how long it took may not be known.

    >>> interruption("the daemon died")
    'Task Execution Interrupted: the daemon died\n'
    """
    return f"Task Execution Interrupted: {reason}\n"


def execution_time(duration: timedelta) -> str:
    """Return a length of time as ``H:MM:SS.ffffff``, hours without an upper end.

    >>> execution_time(timedelta(hours=30, microseconds=5))
    '30:00:00.000005'
    """
    seconds, microseconds = divmod(duration // _MICROSECOND, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{microseconds:06}"


def _to_the_second(moment: datetime) -> str:
    # strftime takes five times as long, and this is called several times a run.
    return iso(moment)[: len("YYYY-MM-DDTHH:MM:SS")]
