"""The executor that performs attempts as children of a template process (the zygote)."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from cron_actors.adapters.executors.attempts import Attempt
from cron_actors.adapters.executors.bystanders import Bystanders
from cron_actors.adapters.executors.orders import UNORDERABLE, end_order, ending, start_order, wire_key
from cron_actors.adapters.executors.outbox import Orders, Outbox, Post
from cron_actors.adapters.executors.output_tail import log_size
from cron_actors.adapters.executors.process_groups import boot_id, kill_group
from cron_actors.adapters.executors.template import Template
from cron_actors.adapters.executors.vigil import Vigil
from cron_actors.adapters.executors.warm_ends import unborn
from cron_actors.adapters.executors.warm_pool import WarmPool
from cron_actors.adapters.executors.wire import Channel
from cron_actors.adapters.processors import present_placement
from cron_actors.errors import StartError
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey, Ending, Identity
from cron_actors.ports.executor import BatchReport, ChildEnded, ChildStarted, Execution, Report

_DEATHS_ALLOWED = 5
_WITHIN_SECONDS = 60.0
_MESSAGES_AT_ONCE = 64
_DIED = "the process template died"
_logger = logging.getLogger(__name__)


class ZygoteExecutor:
    """Performs attempts through a template process, which is replaced when it dies.

    One thread of its own reads what the template tells and calls the reports; whoever orders something never waits for
    the template. When the template dies, the groups of its children are ended and their attempts are interrupted. At
    the fifth death within 60 seconds there is no new one: every attempt, also each one started later, is interrupted
    at once, and ``on_broken`` is called, once, from the thread of the reports, with a line that says so.
    """

    def __init__(
        self,
        *,
        on_broken: Callable[[str], None] = _logger.critical,
        monotonic: Callable[[], float] = time.monotonic,
        keep_warm: timedelta = timedelta(minutes=1),
    ) -> None:
        """Make an executor that is not yet open; ``monotonic`` is seconds on a clock that never goes back.

        ``keep_warm`` is how long a process that is used again waits for its next batch before it is let go.
        """
        self._on_broken = on_broken
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._attempts: dict[str, Attempt] = {}
        self._outbox = Outbox()
        self._deaths: deque[float] = deque()
        self._closed = False
        self._keep_warm = keep_warm
        self._bystanders = Bystanders(monotonic, self._guard, lambda: (1, os.getpid(), self.template_pid))

    def open(self) -> None:
        """Start the template in the present working directory and the thread of the reports."""
        try:
            self._working_directory = Path.cwd()
        except OSError as error:
            raise StartError(f"the working directory cannot be used: {error.strerror}") from error
        self._boot_id = boot_id()
        self._placement = present_placement()
        self._template = Template(self._working_directory, self._placement)
        self._outbox.channel = self._template.channel
        self._wakeup = os.eventfd(0)
        self._warm = WarmPool(Orders(self._order, self._wake), self._keep_warm)
        self._vigil = Vigil(self._wakeup, self._warm.fileno())
        self._thread = threading.Thread(target=self._serve, name="executor-reports", daemon=True)
        self._thread.start()

    @property
    def template_pid(self) -> int:
        """Return the process id of the present template process."""
        return self._template.pid

    def start(self, execution: Execution, report: Report) -> None:
        """Order the start; a call after ``close`` is ignored. What cannot be ordered is reported as failed at once."""
        key = wire_key(execution.key)
        try:
            log_start = log_size(execution.log)
            packet = start_order(execution, str(self._working_directory), log_start)
        except UNORDERABLE as error:
            self._guard(report, unborn(execution, str(error)))
            return
        attempt = Attempt(execution=execution, report=report, log_start=log_start, began=self._monotonic())
        with self._lock:
            if not self._closed:
                self._attempts[key] = attempt
                self._post(Post(key, packet))

    def start_batch(
        self, executions: Sequence[Execution], queue: str, recycling: Recycling, report: BatchReport
    ) -> None:
        """Have the batch performed by a warm child; raises ValueError for what needs a process of its own."""
        self._warm.begin(executions, queue, recycling, report)

    def take_back(self, key: AttemptKey) -> None:
        """Take back what has not been begun of the batch of the attempt."""
        self._warm.take_back(key)

    def end(self, key: AttemptKey, kill_after: timedelta) -> None:
        """Order the end of the attempt, if it is known."""
        if self._bystanders.end(key, kill_after) or self._warm.end(key, kill_after):
            return
        name = wire_key(key)
        with self._lock:
            if name in self._attempts and not self._closed:
                self._post(Post(None, end_order(name, kill_after)))

    def watch(self, key: AttemptKey, identity: Identity, report: Report) -> None:
        """Report the end of a process that is no child of ours."""
        self._bystanders.watch(key, identity, report)

    def end_survivors(self, identities: tuple[Identity, ...]) -> int:
        """Kill groups of an earlier daemon; ``kill_group`` says what counts as proof that they are."""
        boot = boot_id()
        return sum(
            kill_group(identity.pid, identity.start_time, marked_only=True)
            for identity in identities
            if identity.boot_id == boot
        )

    def close(self) -> None:
        """Kill what runs, wait for the template and the thread; may be called again, and from a report."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._bystanders.close()
        self._warm.stop()
        self._wake()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._template.stop()
        for attempt in self._attempts.values():
            attempt.kill()
        self._attempts.clear()
        self._warm.close()
        os.close(self._wakeup)

    def _post(self, post: Post) -> None:
        """Send an order now if that is possible, else leave it to the thread; the lock is held."""
        if not self._outbox.post(post):
            self._wake()

    def _order(self, post: Post) -> None:
        with self._lock:
            if not self._closed:
                self._post(post)

    def _wake(self) -> None:
        os.eventfd_write(self._wakeup, 1)

    def _serve(self) -> None:
        try:
            self._serve_until_closed()
        except Exception as error:
            _logger.exception("the reports of the process template cannot be read any more")
            self._guard(self._on_broken, f"the thread of the executor's reports failed: {error!r}")

    def _serve_until_closed(self) -> None:
        while not self._closed:
            channel = self._outbox.channel
            if channel is None:
                self._interrupt(self._take_all())
                self._warm.lose(_DIED, set)
                self._tell_all()
                self._vigil.wait(None, for_room=False, seconds=self._warm.wait_seconds())
            else:
                alive = self._exchange(channel)
                self._tell_all()
                if not alive and not self._closed:
                    self._replace_template()

    def _exchange(self, channel: Channel) -> bool:
        """Wait, then send and receive what there is; False when the template is dead."""
        told = self._vigil.wait(channel, for_room=bool(self._outbox), seconds=self._warm.wait_seconds())
        if self._outbox:
            with self._lock:
                self._outbox.send_waiting()
        if not told:  # a process that is used again woke us: a look would find nothing, and let go of the interpreter
            return True
        for _ in range(_MESSAGES_AT_ONCE):
            if self._closed:
                return True
            try:
                message = channel.receive()
            except BlockingIOError:
                return True
            except OSError:
                return False
            if message is None:
                return False
            self._hear(message)
        return True

    def _hear(self, message: dict[str, Any]) -> None:
        if self._warm.hears(message):
            return
        if "started" in message:
            attempt = self._attempts.get(message["started"])
            if attempt is not None:
                identity = attempt.identity = self._identity(message)
                age = timedelta(seconds=message["age"])
                self._tell(attempt, ChildStarted(key=attempt.execution.key, identity=identity, age=age))
        else:
            with self._lock:
                attempt = self._attempts.pop(message["ended"], None)
            if attempt is not None:
                found = self._identity(message) if "pid" in message else None
                self._tell_end(attempt, ending(message, attempt.tail(), attempt.execution), found)

    def _identity(self, message: dict[str, Any]) -> Identity:
        return Identity(pid=message["pid"], start_time=message["start_time"], boot_id=self._boot_id)

    def _replace_template(self) -> None:
        """Account for the dead template's attempts and start another, as long as that makes sense."""
        with self._lock:
            self._outbox.channel = None
        status = self._template.stop()
        _logger.error("%s (exit status %s)", _DIED, status)
        self._interrupt(self._take_lost())
        self._warm.lose(_DIED, self._to_be_started)
        while not self._closed and self._may_restart():
            try:
                self._template = Template(self._working_directory, self._placement)
            except StartError as error:
                _logger.error("%s", error)  # noqa: TRY400 - the line says all that a reader can use
                continue
            with self._lock:
                self._outbox.channel = self._template.channel
            self._wake()
            return
        if not self._closed:
            self._guard(
                self._on_broken, f"{_DIED} {_DEATHS_ALLOWED} times within {_WITHIN_SECONDS:.0f} seconds: giving up"
            )

    def _may_restart(self) -> bool:
        now = self._monotonic()
        self._deaths.append(now)
        while now - self._deaths[0] > _WITHIN_SECONDS:
            self._deaths.popleft()
        return len(self._deaths) < _DEATHS_ALLOWED

    def _to_be_started(self) -> set[str | None]:
        with self._lock:
            return self._outbox.starts()

    def _take_lost(self) -> list[Attempt]:
        """Take the attempts of which the dead template knew; the others are still to be sent."""
        with self._lock:
            waiting = self._outbox.starts()
            lost = [
                key for key, attempt in self._attempts.items() if attempt.identity is not None or key not in waiting
            ]
            return [self._attempts.pop(key) for key in lost]

    def _take_all(self) -> list[Attempt]:
        with self._lock:
            taken = list(self._attempts.values())
            self._attempts.clear()
            self._outbox.clear()
            return taken

    def _interrupt(self, attempts: list[Attempt]) -> None:
        for attempt in attempts:
            attempt.kill()
            self._tell_end(attempt, attempt.interrupted(_DIED, self._monotonic()))

    def _tell_all(self) -> None:
        """Tell what there is to tell of batches."""
        for report, news in self._warm.attend():
            if not self._closed:
                self._guard(report, news)

    def _tell_end(self, attempt: Attempt, how: Ending, identity: Identity | None = None) -> None:
        self._tell(attempt, ChildEnded(key=attempt.execution.key, ending=how, identity=identity))

    def _tell(self, attempt: Attempt, news: ChildStarted | ChildEnded) -> None:
        if not self._closed:
            self._guard(attempt.report, news)

    def _guard(self, call: Callable[..., None], argument: object) -> None:
        try:
            call(argument)
        except Exception:
            _logger.exception("a listener of the executor failed")
