"""Whether a process that ended by itself was a success, by what its job says of success (D7).

Its exit status is looked at first, then standard error, then the output: the first that fails is the error.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cron_actors.core.durations import format_duration
from cron_actors.core.quotation import quote
from cron_actors.model.construction import quickly_made
from cron_actors.model.job import Limits, Success

_ONLY_ZERO = Success().exit_codes
_ALMOST = 0.9  # of a limit, as the kernel counts for limits otherwise than for what it tells afterwards
_SIGKILL, _SIGXCPU = 9, 24  # as Linux numbers them, for the core knows no signals
_SHELL_BASE = 128  # a shell tells the death of its command by a signal as a status above this


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEnd:
    """What was seen of a process that ended: ``exit_code`` is negative for a signal, ``error`` one line for people.

    ``output_found`` and ``output_not_found`` say whether a line of the output matches the patterns of these names,
    None if nobody looked; ``unread`` is why the output could not be searched.
    """

    exit_code: int
    error: str
    cpu_seconds: float | None = None
    wrote_stderr: bool = False
    output_found: bool | None = None
    output_not_found: bool | None = None
    unread: str | None = None


def judge_end(end: ProcessEnd, success: Success, limits: Limits = Limits()) -> str | None:  # noqa: B008 - frozen
    """Return why the end is no success, in one line; None if it is one."""
    if end.exit_code not in success.exit_codes:
        return _cpu_limit(end, limits) or _status(end, success)
    if success.stderr_fails and end.wrote_stderr:
        return "it wrote to standard error, which counts as failure"
    if end.unread is not None:
        return f"the output could not be searched: {end.unread}"
    if success.output_not is not None and end.output_not_found is True:
        return f"a line of the output matches {quote(success.output_not)}"
    if success.output is not None and end.output_found is False:
        return f"no line of the output matches {quote(success.output)}"
    return None


def statuses(codes: Collection[int]) -> str:
    """Return exit statuses as a user writes them.

    >>> statuses({0, 3, 10, 11, 12})
    '0, 3, 10-12'
    """
    parts: list[tuple[int, int]] = []
    for code in sorted(codes):
        if parts and parts[-1][1] == code - 1:
            parts[-1] = (parts[-1][0], code)
        else:
            parts.append((code, code))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _status(end: ProcessEnd, success: Success) -> str:
    own = success.exit_codes != _ONLY_ZERO
    return f"{end.error}; success is {statuses(success.exit_codes)}" if own else end.error


def _cpu_limit(end: ProcessEnd, limits: Limits) -> str | None:
    """Return the text for a process that computed too long: by its signal, or by SIGKILL after enough time."""
    if limits.cpu is None:
        return None
    used_up = end.cpu_seconds is not None and end.cpu_seconds >= _ALMOST * limits.cpu.total_seconds()
    killed = end.exit_code in (-_SIGKILL, _SHELL_BASE + _SIGKILL)
    if end.exit_code in (-_SIGXCPU, _SHELL_BASE + _SIGXCPU) or (killed and used_up):
        return f"CPU limit of {format_duration(limits.cpu)} reached"
    return None
