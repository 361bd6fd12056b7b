"""Whether lines of an attempt's output match the patterns of its job, found out in a process of its own.

Some patterns take for ever on some lines, and nobody can tell which; so the search is a fork of its own, which an
alarm ends. Patterns are held against each line by itself, as grep does, and so need not hold the output in memory.
"""

from __future__ import annotations

import os
import re
import signal

from cron_actors.adapters.executors.newborn import die_with_parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, NoReturn

SECONDS = 10.0
LONGEST_LINE = 1_000_000  # bytes; a longer one is looked at in pieces
_FOUND = 1
_NOT_FOUND = 2
_UNREADABLE = 4
_LAST_DESCRIPTOR = 1 << 20


def begin_search(search: Mapping[str, Any]) -> tuple[int, int]:
    """Start to look for ``output`` and ``output_not`` in the file ``log`` from the byte ``start`` on.

    Returns the id of a process, whose status ``findings`` understands, and a descriptor that tells its end. Raises
    OSError. Only a process without threads may call this.
    """
    pid = os.fork()
    if pid == 0:
        _search(search)
    try:
        return pid, os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def findings(status: int) -> dict[str, Any]:
    """Return what a search found, by its status as waitpid(2) gives it; raises nothing."""
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGALRM:
        return {"unread": f"it took longer than {SECONDS:.0f} seconds"}
    if not 0 <= code <= _FOUND + _NOT_FOUND:
        return {"unread": "the log cannot be read" if code == _UNREADABLE else f"the search ended with status {code}"}
    return {"output_found": bool(code & _FOUND), "output_not_found": bool(code & _NOT_FOUND)}


def matches(search: Mapping[str, Any]) -> int:
    """Return 1 if a line matches ``output``, plus 2 if one matches ``output_not``; stop when that is clear."""
    file = os.open(search["log"], os.O_RDONLY)
    try:
        wanted, unwanted = (re.compile(search[key]) if search[key] else None for key in ("output", "output_not"))
        found = 0
        for line in _lines(file, search["start"], os.fstat(file).st_size):
            if unwanted is not None and unwanted.search(line):
                return found | _NOT_FOUND
            if wanted is not None and wanted.search(line):
                found, wanted = _FOUND, None
            if wanted is None and unwanted is None:
                break
        return found
    finally:
        os.close(file)


def _search(search: Mapping[str, Any]) -> NoReturn:
    status = _UNREADABLE
    try:
        die_with_parent()
        os.closerange(3, _LAST_DESCRIPTOR)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        status = matches(search)
    finally:
        os._exit(status)


def _lines(file: int, start: int, end: int) -> Iterator[str]:
    """Yield the lines between two places of the file, without their ends."""
    rest = b""
    while start < end and (piece := os.pread(file, min(LONGEST_LINE, end - start), start)):
        start += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) >= LONGEST_LINE:
            lines.append(rest)
            rest = b""
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
    if rest:
        yield rest.removesuffix(b"\r").decode("utf-8", "replace")
