"""What jobs ask of their processes that this machine, or this daemon, cannot give them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cron_actors.adapters.executors.accounts import find_account, find_group
from cron_actors.adapters.executors.env_files import LARGEST, read_env_file
from cron_actors.adapters.executors.programs import StillbornError
from cron_actors.model.job import Job

_MOST_READ = 4 * LARGEST  # bytes of different env files


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessProblem:
    """A job that asks for something it cannot have, and the field in which it does."""

    job: str
    field: str
    message: str


def account_problems(jobs: Iterable[Job]) -> Iterator[ProcessProblem]:
    """Yield the users and groups that nobody knows here."""
    found: dict[tuple[str | None, str | None], tuple[str, str] | None] = {}
    for job in jobs:
        wanted = (job.process.user, job.process.group)
        if wanted != (None, None):
            if wanted not in found:
                found[wanted] = _unknown(*wanted)
            problem = found[wanted]
            if problem is not None:
                yield ProcessProblem(job=job.identifier, field=problem[0], message=problem[1])


def rights_problems(jobs: Iterable[Job]) -> Iterator[ProcessProblem]:
    """Yield what only root can give, unless this process is root's; accounts that nobody knows are passed over."""
    if os.geteuid() == 0:
        return
    for job in jobs:
        if job.process.user is not None or job.process.group is not None:
            yield from _another_account(job)
        if (job.process.limits.nice or 0) < 0:
            message = "a niceness below 0 needs root, which this process is not"
            yield ProcessProblem(job=job.identifier, field="limits", message=message)


def env_file_problems(jobs: Iterable[Job]) -> Iterator[ProcessProblem]:
    """Yield env files that cannot be read as they are now; each is read once, and of very many only the first."""
    found: dict[str, str | None] = {}
    left = _MOST_READ
    for job in jobs:
        if job.process.env_file is None:
            continue
        path = str(job.folder / job.process.env_file)
        if path not in found:
            left -= _size(path)
            found[path] = _unreadable(path) if left >= 0 else None
        problem = found[path]
        if problem is not None:
            message = f"{problem}; only a warning, as it is read at each start"
            yield ProcessProblem(job=job.identifier, field="env_file", message=message)


def _size(path: str) -> int:
    try:
        return min(Path(path).stat().st_size, LARGEST)
    except (OSError, ValueError):
        return 0


def _unreadable(path: str) -> str | None:
    try:
        read_env_file(path)
    except StillbornError as error:
        return error.text
    return None


def _unknown(user: str | None, group: str | None) -> tuple[str, str] | None:
    """Return the field that names what nobody knows, and what to say of it."""
    field = "group"
    try:
        if group is not None:
            find_group(group)
        field = "user"
        find_account(user, group)
    except LookupError as error:
        return field, str(error)
    return None


def _another_account(job: Job) -> Iterator[ProcessProblem]:
    user, group = job.process.user, job.process.group
    try:
        account = find_account(user, group)
    except LookupError:
        return
    if not account.is_ours:
        field = "user" if account.uid != os.geteuid() else "group"
        message = (
            f"only root can run as {field} {user if field == 'user' else group!r}; "
            f"this process is of user {os.geteuid()} and group {os.getegid()}"
        )
        yield ProcessProblem(job=job.identifier, field=field, message=message)
