"""The template process: starts, signals and reaps every child, and reports to the daemon; one thread, one loop.

The daemon keeps it small and single-threaded so that a start costs little and no lock of the daemon's is ever copied
into a child. It never imports user modules. Order of things in an end by request: SIGTERM and SIGCONT to the group;
once the leader is over it stays unreaped, so that no signal can hit a reused id, until the group is empty or the time
is up; SIGKILL to the group; reap; report. Where something is looked for in the output, that comes before the report.
A child that ends by itself is reaped at once and what it leaves running is
left alone. When the daemon's end of the socket closes, every group is killed and the process exits.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from collections import deque
from time import monotonic

from cron_actors.adapters.executors.child import Child, born, signal_group, take_report, wrote
from cron_actors.adapters.executors.function_call import prepare
from cron_actors.adapters.executors.output_search import begin_search, findings
from cron_actors.adapters.executors.process_groups import live_members, process_stat
from cron_actors.adapters.executors.programs import NOT_RUNNABLE, StillbornError
from cron_actors.adapters.executors.wire import Channel, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLOCKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_BYTES_PER_KILOBYTE = 1024
# Twice as long as the shortest runs take among many others; to tell their start costs the daemon as much as their end.
_UNTOLD_SECONDS = 0.05
_ORDERS_AT_ONCE = 16  # between two looks at what has ended
Search = tuple[int, "dict[str, Any]"]  # of an output: its process, and the message that waits for it
# A process in uninterruptible sleep dies when the kernel lets it; nobody waits for it longer than this.
_PATIENCE_SECONDS = 2.0


class Zygote:
    """The loop over the daemon's orders, the ends of children and the deadlines of those being ended."""

    def __init__(self, channel: Channel) -> None:
        """Serve the daemon at the other end of the channel."""
        self._channel = channel
        self._epoll = select.epoll()
        self._epoll.register(channel.fileno(), select.EPOLLIN)
        self._children: dict[str, Child] = {}
        self._watched: dict[int, Child] = {}
        self._ending: dict[str, Child] = {}
        self._searches: dict[int, Search] = {}
        self._untold: deque[Child] = deque()  # in the order of their starts, some of them over
        self._outbox: deque[bytes] = deque()
        self._stuck = False

    def serve(self) -> None:
        """Work until the daemon is gone; then kill what is left."""
        self._send({"ready": os.getpid()})
        while True:
            for file, events in self._epoll.poll(self._until_next_act()):
                if file in self._watched:
                    self._note_end(self._watched[file])
                elif file in self._searches:
                    self._note_findings(file)
                elif events & select.EPOLLHUP or not self._converse(events):
                    self._kill_everything()
                    return
            self._tell_starts()
            self._act_on_overdue()

    def _converse(self, events: int) -> bool:
        """Send and receive what can be; False when the daemon is gone."""
        if events & select.EPOLLOUT:
            self._empty_outbox()
        return not events & select.EPOLLIN or self._obey()

    def _obey(self) -> bool:
        """Do what the daemon has ordered; False when it is gone.

        All orders are read before the first is obeyed: whatever this process touches after a fork is copied for it.
        """
        orders: list[dict[str, Any]] = []
        while len(orders) < _ORDERS_AT_ONCE:
            try:
                order = self._channel.receive()
            except BlockingIOError:
                break
            if order is None:
                return False  # what it has ordered last would be killed at once
            orders.append(order)
        for order in orders:
            if "kill_after" in order:
                self._end(order["key"], order["kill_after"])
            else:
                self._start(order)
        return True

    def _start(self, order: dict[str, Any]) -> None:
        key = order["key"]
        try:
            child = born(order)
        except StillbornError as error:
            self._send({"ended": key, "exit_code": error.status, "error": error.text, "unborn": True})
            return
        except Exception as error:  # noqa: BLE001 - an attempt that cannot start costs itself and nobody else
            text = f"cannot start: {getattr(error, 'strerror', None) or error}"
            self._send({"ended": key, "exit_code": NOT_RUNNABLE, "error": text, "unborn": True})
            return
        self._children[key] = child
        self._watch(child)
        if "files" in order:
            self._tell_start(child, child.began)
        else:
            self._untold.append(child)

    def _tell_start(self, child: Child, now: float) -> None:
        child.told = True
        age = now - child.began
        self._send({"started": child.key, "pid": child.pid, "start_time": child.start_time, "age": age})

    def _tell_starts(self) -> None:
        """Tell of the children that are not over so soon that one message does for start and end."""
        now = monotonic()
        while self._untold and (self._untold[0].told or self._untold[0].began + _UNTOLD_SECONDS <= now):
            child = self._untold.popleft()
            if not child.told:
                self._tell_start(child, now)

    def _end(self, key: str, kill_after: float) -> None:
        child = self._children.get(key)
        if child is None:
            return
        act_at = monotonic() + kill_after
        if child.act_at is None:
            self._ending[key] = child
            child.act_at = act_at
            signal_group(child, signal.SIGTERM)
            signal_group(child, signal.SIGCONT)
        elif not child.killed:
            child.act_at = min(child.act_at, act_at)

    def _note_end(self, child: Child) -> None:
        """Go on after the end of the leader or of a survivor that was waited for."""
        self._unwatch(child)
        child.leads = False
        if child.act_at is None or not self._watch_survivor(child):
            self._reap(child)

    def _watch_survivor(self, child: Child) -> bool:
        for member in live_members(child.pid):
            try:
                file = os.pidfd_open(member.pid)
            except OSError:
                continue
            now = process_stat(member.pid)
            if now is not None and now.group == child.pid:
                child.watched = file
                self._watch(child)
                return True
            os.close(file)
        return False

    def _act_on_overdue(self) -> None:
        now = monotonic()
        for child in [child for child in self._ending.values() if child.act_at is not None and child.act_at <= now]:
            if not child.killed:
                child.killed = True
                child.act_at = now + _PATIENCE_SECONDS
                signal_group(child, signal.SIGKILL)
            elif child.leads:
                child.act_at = now + _PATIENCE_SECONDS
            else:
                self._unwatch(child)
                self._reap(child)

    def _until_next_act(self) -> float:
        """Return the seconds until an end by request goes its next step, or a start is to be told; -1 for no limit."""
        moments = [child.act_at for child in self._ending.values() if child.act_at is not None]
        if self._untold:
            moments.append(self._untold[0].began + _UNTOLD_SECONDS)
        return max(0.0, min(moments) - monotonic()) if moments else -1

    def _reap(self, child: Child) -> None:
        duration = monotonic() - child.began
        _, status, usage = os.wait4(child.pid, 0)
        del self._children[child.key]
        self._ending.pop(child.key, None)
        message: dict[str, Any] = {
            "ended": child.key,
            "exit_code": os.waitstatus_to_exitcode(status),
            "error": None,
            "unborn": False,
            "duration": duration,
            "by_itself": child.act_at is None,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_memory": usage.ru_maxrss * _BYTES_PER_KILOBYTE,
            "wrote_stderr": wrote(child.errors),
            **take_report(child.report),
        }
        if not child.told:
            child.told = True
            message |= {"pid": child.pid, "start_time": child.start_time}
        if child.search is None or child.act_at is not None or message["unborn"]:
            self._send(message)
        else:
            self._search(child.search, message)

    def _search(self, search: dict[str, Any], message: dict[str, Any]) -> None:
        """Have the output searched; the message that tells the end waits for it."""
        try:
            pid, watched = begin_search(search)
        except OSError as error:
            self._send({**message, "unread": error.strerror})
            return
        self._searches[watched] = (pid, message)
        self._epoll.register(watched, select.EPOLLIN)

    def _note_findings(self, watched: int) -> None:
        self._epoll.unregister(watched)
        os.close(watched)
        pid, message = self._searches.pop(watched)
        self._send(message | findings(os.waitpid(pid, 0)[1]))

    def _watch(self, child: Child) -> None:
        self._watched[child.watched] = child
        self._epoll.register(child.watched, select.EPOLLIN)

    def _unwatch(self, child: Child) -> None:
        # Closing alone would not do: a child just forked may hold a copy, and the kernel would go on telling.
        self._epoll.unregister(child.watched)
        del self._watched[child.watched]
        os.close(child.watched)

    def _send(self, message: dict[str, Any]) -> None:
        self._outbox.append(encode(message))
        if len(self._outbox) == 1:
            self._empty_outbox()

    def _empty_outbox(self) -> None:
        try:
            while self._outbox and self._channel.send(self._outbox[0]):
                self._outbox.popleft()
        except OSError:
            # The daemon is gone; the loop reads that from the socket next.
            self._outbox.clear()
        if self._stuck != bool(self._outbox):
            self._stuck = bool(self._outbox)
            waiting = select.EPOLLOUT if self._stuck else 0
            self._epoll.modify(self._channel.fileno(), select.EPOLLIN | waiting)

    def _kill_everything(self) -> None:
        for child in self._children.values():
            signal_group(child, signal.SIGKILL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_SECONDS)
        for child in self._children.values():
            os.waitpid(child.pid, 0)


def _forget_ignored_signals() -> None:
    """Let children have what is usual, whatever the daemon was started with (nohup); Python keeps its own two."""
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ, signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    # As in any program of Python: here it is blocked, a forked child has it at once, and exec(2) makes it the usual.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _move(processors: set[int], policy: int) -> None:
    """Be placed as the daemon was at its start: where it has put its threads since, the jobs must not be as well."""
    os.sched_setaffinity(0, processors)
    if os.sched_getscheduler(0) != policy:
        os.sched_setscheduler(0, policy, os.sched_param(0))


def main() -> None:
    """Serve the daemon whose socket is the first argument, on the processors and by the policy that come next."""
    signal.pthread_sigmask(signal.SIG_SETMASK, _BLOCKED)
    _forget_ignored_signals()
    end = socket.socket(fileno=int(sys.argv[1]))
    end.set_inheritable(False)
    _move(set(map(int, sys.argv[2].split(","))), int(sys.argv[3]))
    zygote = Zygote(Channel(end))
    prepare()  # once: whatever a child touches is copied for it
    gc.collect()
    gc.freeze()
    zygote.serve()
    os._exit(0)


if __name__ == "__main__":
    main()
