"""The settings of a daemon, read from environment variables."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from cron_actors.errors import InvalidValueError, SettingsError

FILE_TYPES = ("json", "yaml", "yml")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
PROCESSES_PER_CORE = 32
MOST_SECONDS = 31_536_000
MOST_COUNTED = 1_000_000


class Granularity(StrEnum):
    """How often the Timer ticks, on boundaries aligned to UTC."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"


def default_max_processes() -> int:
    """Return how many child processes this machine's daemon may have at once."""
    return PROCESSES_PER_CORE * (os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that is set for a daemon; every value has a default.

    ``jobs_file_path`` is text, because an address that is no path must arrive unchanged at the place that refuses it.
    ``grace`` is how long running jobs are waited for at a stop. ``supported_extensions`` are without dots, lower case.
    """

    granularity: Granularity = Granularity.MINUTE
    supported_extensions: tuple[str, ...] = FILE_TYPES
    log_level: str = "INFO"
    logs_base_directory: Path = Path("logs")
    jobs_file_path: str = "jobs.json"
    database_url: str = "sqlite:///cron_actors.db"
    grace: timedelta = timedelta(seconds=30)
    max_workers: int = 200
    max_processes: int = field(default_factory=default_max_processes)
    balance_interval: timedelta = timedelta(seconds=10)
    poll_interval: timedelta = timedelta(seconds=0.5)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables of ``VARIABLES``; an unset, empty or blank one means its default.

        Raises SettingsError, which names the variable, what was found and what is accepted.
        """
        values: dict[str, Any] = {}
        for variable in VARIABLES:
            text = environ.get(variable.name, "").strip()
            if not text:
                continue
            try:
                values[variable.field] = variable.read(text)
            except InvalidValueError as error:
                raise SettingsError(f"{variable.name}: found {json.dumps(text)}; accepted: {error}") from None
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable: its default as text, one line of help, and how its text is read.

    ``read`` raises InvalidValueError with what is accepted.
    """

    name: str
    field: str
    default: str
    help: str
    read: Callable[[str], object]


def _granularity(text: str) -> Granularity:
    word = text.lower()
    for granularity in Granularity:
        if word in (granularity.value, granularity.value[0]):
            return granularity
    raise InvalidValueError("second, minute, hour (or s, m, h)")


def _extensions(text: str) -> tuple[str, ...]:
    """Read a JSON list or words parted by commas; a file type named twice counts once."""
    accepted = "a JSON list or a comma-separated list of " + ", ".join(FILE_TYPES)
    items: object = text.split(",")
    if text.startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidValueError(accepted) from None
    if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
        raise InvalidValueError(accepted)
    extensions = tuple(dict.fromkeys(item.strip().lower().removeprefix(".") for item in items))
    if not set(extensions) <= set(FILE_TYPES):
        raise InvalidValueError(accepted)
    return extensions


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise InvalidValueError(", ".join(LOG_LEVELS))
    return text.upper()


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MOST_COUNTED:
        raise InvalidValueError(f"a whole number from 1 to {MOST_COUNTED}")
    return int(text)


def _seconds(text: str) -> timedelta:
    """Read a number of seconds, zero allowed."""
    accepted = f"a number of seconds from 0 to {MOST_SECONDS}, such as 30 or 0.5"
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        raise InvalidValueError(accepted)
    seconds = float(text)
    if seconds > MOST_SECONDS:
        raise InvalidValueError(accepted)
    return timedelta(seconds=seconds)


def _pause(text: str) -> timedelta:
    """Read a number of seconds that something waits for again and again: never zero."""
    accepted = "a number of seconds from 0.01 to 3600, such as 10 or 0.5"
    try:
        pause = _seconds(text)
    except InvalidValueError:
        raise InvalidValueError(accepted) from None
    if not timedelta(seconds=0.01) <= pause <= timedelta(hours=1):
        raise InvalidValueError(accepted)
    return pause


VARIABLES: tuple[Variable, ...] = (
    Variable(
        name="GRANULARITY",
        field="granularity",
        default="minute",
        help="How often the timer ticks: second, minute or hour (s, m, h).",
        read=_granularity,
    ),
    Variable(
        name="SUPPORTED_EXTENSIONS",
        field="supported_extensions",
        default="json,yaml,yml",
        help="Which file types a jobs file may have: a JSON list or comma-separated.",
        read=_extensions,
    ),
    Variable(
        name="LOG_LEVEL",
        field="log_level",
        default="INFO",
        help="How much the daemon says: DEBUG, INFO, WARNING, ERROR or CRITICAL.",
        read=_log_level,
    ),
    Variable(
        name="LOGS_BASE_DIRECTORY",
        field="logs_base_directory",
        default="logs",
        help="The folder of the runs' log files.",
        read=Path,
    ),
    Variable(
        name="JOBS_FILE_PATH",
        field="jobs_file_path",
        default="jobs.json",
        help="The jobs file, a directory of them, or several paths parted by colons.",
        read=str,
    ),
    Variable(
        name="DATABASE_URL",
        field="database_url",
        default="sqlite:///cron_actors.db",
        help="The store: sqlite:///relative.db, sqlite:////absolute.db or sqlite:///:memory:.",
        read=str,
    ),
    Variable(
        name="GRACE_SECONDS",
        field="grace",
        default="30",
        help="How long a stop waits for running jobs before it ends them.",
        read=_seconds,
    ),
    Variable(
        name="MAX_WORKERS",
        field="max_workers",
        default="200",
        help="How many workers all queues share.",
        read=_count,
    ),
    Variable(
        name="MAX_PROCESSES",
        field="max_processes",
        default=f"{PROCESSES_PER_CORE} x cores",
        help="How many child processes run at once.",
        read=_count,
    ),
    Variable(
        name="BALANCE_SECONDS",
        field="balance_interval",
        default="10",
        help="How often workers are shared out among the queues.",
        read=_pause,
    ),
    Variable(
        name="POLL_INTERVAL",
        field="poll_interval",
        default="0.5",
        help="How often, in seconds, the daemon looks for what other processes left without ringing.",
        read=_pause,
    ),
)
