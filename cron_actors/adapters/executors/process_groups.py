"""Process groups as the kernel shows them under /proc: who lives in one, and ending one that is surely ours.

Every child leads a session and a group of its own, both named by its process id. The kernel gives a process id to
nobody else while any process still has it as its id, group or session.
"""

from __future__ import annotations

import os
import select
import signal
from time import CLOCK_BOOTTIME, clock_gettime_ns, monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARK = b"CRON_ACTORS_RUN_ID="
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_NANOSECONDS_PER_TICK = 1_000_000_000 // _TICKS_PER_SECOND
_GONE = ("Z", "X", "x")


class ProcessStat:
    """What is needed of /proc/<pid>/stat; ``start_time`` in clock ticks since boot (field 22 in proc(5))."""

    __slots__ = ("group", "pid", "session", "start_time", "state")

    def __init__(self, pid: int, text: bytes) -> None:
        """Read the line; the name in it may hold blanks and parentheses."""
        fields = text[text.rindex(b")") + 2 :].split()
        self.pid = pid
        self.state = fields[0].decode()
        self.group = int(fields[2])
        self.session = int(fields[3])
        self.start_time = int(fields[19])

    @property
    def lives(self) -> bool:
        """Say whether it is more than an exit status that nobody has fetched."""
        return self.state not in _GONE


def process_stat(pid: int) -> ProcessStat | None:
    """Return what the kernel says of the process, None if there is none; an unreaped one still counts."""
    try:
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        return ProcessStat(pid, os.read(file, 4096))
    except OSError:
        return None
    finally:
        os.close(file)


def boot_ticks() -> int:
    """Return the clock ticks since boot, as the kernel counts them for start times."""
    return clock_gettime_ns(CLOCK_BOOTTIME) // _NANOSECONDS_PER_TICK


def start_time(child: int, earliest: int) -> int:
    """Return the start time of an unreaped child born just now, not before the tick ``earliest``.

    The kernel is asked only where a tick passed in between: reading /proc while the child is busy with its first
    steps costs more than all the rest of a start.
    """
    if boot_ticks() == earliest:
        return earliest
    stat = process_stat(child)
    return stat.start_time if stat is not None else earliest


def processes() -> Iterator[ProcessStat]:
    """Yield every process there is."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double the memory of the template
        if name.isdigit() and (stat := process_stat(int(name))) is not None:
            yield stat


def live_members(group: int) -> list[ProcessStat]:
    """Return the processes of the group that are still running."""
    return [stat for stat in processes() if stat.group == group and stat.lives]


def boot_id() -> str:
    """Return the identity of this boot of the machine."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - as above
        return file.read().strip()


def boot_identity() -> str:
    """Return what tells this boot from others, also that of a container: the boot id and the start of process 1.

    Where process 1 is hidden, it is the boot id alone.
    """
    first = process_stat(1)
    return boot_id() if first is None else f"{boot_id()}:{first.start_time}"


def environment(pid: int) -> bytes:
    """Return the variables the program was started with, each ended by a NUL; empty if they cannot be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 - as above
            return file.read()
    except OSError:
        return b""


def kill_group(leader: int, start_time: int, *, marked_only: bool, wait: float = 2.0) -> bool:
    """Kill the group that this leader led, if that is what the group still is; say whether anything was killed.

    The leader is itself if its start time is. If it is gone, what is left must be of its own session and not older
    than it; with ``marked_only`` (the process id may have been used again since) it must also have been started with
    the variable CRON_ACTORS_RUN_ID, which no stranger has. In doubt nothing is killed. Wait up to ``wait`` seconds
    for the dead to be gone.
    """
    now = process_stat(leader)
    if now is not None and now.start_time != start_time:
        return False
    members = live_members(leader)
    if now is None and not all(_descends(member, leader, start_time, marked_only=marked_only) for member in members):
        return False
    if not members:
        return False
    watched = [_watch(member.pid) for member in members]
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        _await_ends([file for file in watched if file is not None], wait)
    return True


def find_leader(variables: Mapping[str, str]) -> ProcessStat | None:
    """Return the session leader started with all of these variables; None if CRON_ACTORS_RUN_ID is not among them.

    A program shows no variables for the first moments of its life; one younger than a second is looked at again.
    """
    wanted = {f"{name}={value}".encode() for name, value in variables.items()}
    candidates = any(entry.startswith(_MARK) for entry in wanted)
    while candidates:
        candidates = False
        for stat in processes():
            if stat.pid == stat.session and stat.lives:
                shown = environment(stat.pid)
                if wanted <= set(shown.split(b"\0")):
                    return stat
                candidates |= not shown and boot_ticks() - stat.start_time < _TICKS_PER_SECOND
    return None


def _descends(member: ProcessStat, leader: int, start_time: int, *, marked_only: bool) -> bool:
    if member.session != leader or member.start_time < start_time:
        return False
    return not marked_only or any(entry.startswith(_MARK) for entry in environment(member.pid).split(b"\0"))


def _watch(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _await_ends(files: list[int], wait: float) -> None:
    deadline = monotonic() + wait
    for file in files:
        poll = select.poll()
        poll.register(file, select.POLLIN)
        poll.poll(max(0.0, deadline - monotonic()) * 1000)
        os.close(file)
