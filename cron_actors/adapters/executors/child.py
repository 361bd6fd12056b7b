"""A child of the template process, from its birth until it is reaped."""

from __future__ import annotations

import json
import os
import signal
from time import monotonic

from cron_actors.adapters.executors.birth import Birth, bear
from cron_actors.adapters.executors.function_call import RECORDS
from cron_actors.adapters.executors.newborn import UNBORN
from cron_actors.adapters.executors.process_groups import boot_ticks, start_time
from cron_actors.adapters.executors.warm_birth import bear_warm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REPORT_BYTES = 2_000_000


class Child:
    """A child that has not been reaped.

    ``search`` is what is to be looked for in its output once it is over, None for nothing. ``watched`` is the
    descriptor that tells the end of the leader or, after that, of a survivor of its group. ``act_at`` is when, on
    the monotonic clock, an end by request goes its next step; None if none was requested. ``told`` says that its
    start need not be told any more.
    """

    __slots__ = (
        "act_at",
        "began",
        "errors",
        "key",
        "killed",
        "leads",
        "pid",
        "report",
        "search",
        "start_time",
        "told",
        "watched",
    )

    def __init__(self, order: dict[str, Any], birth: Birth, earliest: int, began: float) -> None:
        """Note a child just born, not before the clock tick ``earliest``, whose start was begun at ``began``."""
        self.key: str = order["key"]
        self.search: dict[str, Any] | None = order.get("search")
        self.pid = birth.pid
        self.report = birth.report
        self.errors = birth.errors
        self.start_time = start_time(birth.pid, earliest)
        self.began = began
        self.watched = os.pidfd_open(birth.pid)
        self.act_at: float | None = None
        self.killed = False
        self.leads = True
        self.told = False


def born(order: dict[str, Any]) -> Child:
    """Start the child that the order describes; raises StillbornError, or OSError if it could not be watched."""
    before, began = boot_ticks(), monotonic()
    birth = bear_warm(order["files"]) if "files" in order else bear(order)
    try:
        return Child(order, birth, before, began)
    except OSError:
        # Out of descriptors: a child that cannot be watched must not live.
        os.kill(birth.pid, signal.SIGKILL)
        os.waitpid(birth.pid, 0)
        take_report(birth.report)
        wrote(birth.errors)
        raise


def signal_group(child: Child, number: int) -> None:
    """Signal the group; a child forked just now may not lead one yet, and then it is alone."""
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        os.kill(child.pid, number)
    except PermissionError:
        # Every member has changed its user; the leader's end is all that can still be waited for.
        return


def take_report(file: int) -> dict[str, Any]:
    """Return what a child left behind, as ``read_report`` does, and close the file; -1 is no file."""
    if file == -1:
        return {}
    content = os.pread(file, min(os.fstat(file).st_size, _REPORT_BYTES), 0)
    os.close(file)
    return read_report(content.decode("utf-8", "replace"))


def read_report(text: str) -> dict[str, Any]:
    """Return what a report says: ``error``, ``unborn`` if the work never began, ``record`` if there is one."""
    if text.startswith(UNBORN):
        return {"error": text.removeprefix(UNBORN), "unborn": True}
    if not text.startswith(RECORDS):
        return {"error": text or None}
    record: dict[str, Any] = {}
    for line in text.removeprefix(RECORDS).split("\n"):
        try:
            record.update(json.loads(line))
        except (TypeError, ValueError, RecursionError):  # user code can write there too
            continue
    return {"error": record.get("error"), "record": record}


def wrote(errors: int) -> bool:
    """Say whether anything was written by this descriptor of a log, and close it; -1 is none.

    Whatever writes by a descriptor moves its place in the file, and this one began at 0; a log is never empty.
    """
    if errors == -1:
        return False
    place = os.lseek(errors, 0, os.SEEK_CUR)
    os.close(errors)
    return place > 0
