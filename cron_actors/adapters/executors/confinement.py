"""What a child does to itself before its work begins: umask, niceness, limits, and in the end another account.

Limits come before the account, as only root may raise them, and after all that needs files and memory.
"""

from __future__ import annotations

import os
import resource

from cron_actors.adapters.executors.programs import StillbornError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cron_actors.adapters.executors.accounts import Account

CPU_SPARE_SECONDS = 5  # between SIGXCPU and SIGKILL
_MOST = (1 << 63) - 1


def confine(rights: Mapping[str, Any], account: Account | None) -> None:
    """Take over the rights: umask, nice, limits as ``memory``, ``cpu``, ``open_files``. Raises StillbornError."""
    if "umask" in rights:
        os.umask(rights["umask"])
    if "nice" in rights:
        _be_nice(rights["nice"])
    if "cpu" in rights:
        _limit("cpu", resource.RLIMIT_CPU, rights["cpu"], rights["cpu"] + CPU_SPARE_SECONDS)
    if "open_files" in rights:
        _limit("open_files", resource.RLIMIT_NOFILE, rights["open_files"], rights["open_files"])
    if "memory" in rights:
        # Not RLIMIT_AS: many runtimes reserve far more addresses than they ever fill.
        _limit("memory", resource.RLIMIT_DATA, rights["memory"], rights["memory"])
    if account is not None:
        _assume(account)


def _assume(account: Account) -> None:
    try:
        account.assume()
    except OSError as error:
        who = f"user {account.uid} with group {account.gid}"
        raise StillbornError(f"cannot become {who}: {error.strerror}; only root can") from error


def _be_nice(step: int) -> None:
    try:
        os.nice(step)
    except OSError as error:
        raise StillbornError(f"cannot add {step} to the niceness: {error.strerror}") from error


def _limit(name: str, kind: int, soft: int, hard: int) -> None:
    allowed = resource.getrlimit(kind)[1]
    if os.geteuid() != 0 and allowed != resource.RLIM_INFINITY:
        hard = min(hard, allowed)
    try:
        resource.setrlimit(kind, (min(soft, _MOST), min(hard, _MOST)))
    except (OSError, ValueError) as error:
        raise StillbornError(f"cannot set the limit {name} to {soft}: the daemon's own is {allowed}") from error
