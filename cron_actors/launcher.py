"""How a daemon is started: from a jobs file or a mapping, in the foreground or embedded in another program."""

from __future__ import annotations

import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from cron_actors.actors.timer import Timepieces
from cron_actors.adapters.clock import SystemAlarm, SystemClock, VirtualClock
from cron_actors.adapters.console_log import console_log
from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.adapters.processors import settle_down
from cron_actors.adapters.stores.urls import describe, open_store
from cron_actors.adapters.subscription import Subscription, call_back
from cron_actors.composition import Daemon, Parts
from cron_actors.core.durations import format_duration
from cron_actors.errors import StartError, UsageError
from cron_actors.loading import load, require_processes, unresolved
from cron_actors.messages import CurrentTicks, Figures, NumRuns
from cron_actors.model.event import Event, EventKind
from cron_actors.model.statistics import JobStatistics
from cron_actors.reloading import InForce, Reloader, watch_over
from cron_actors.settings import Settings

log = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_FAILURE = 1
IN_MEMORY = "sqlite://"
LOOK_FOR_SIGNALS = 0.2  # seconds


class RunningScheduler:
    """A daemon that runs in this process; get one from ``Scheduler.start``."""

    def __init__(self, daemon: Daemon, reloader: Reloader | None) -> None:
        self._daemon = daemon
        self._reloader = reloader
        self._stopping = False
        self._exit_code: int | None = None

    def num_runs(self, job: str) -> int:
        """Return how many times the job was launched; 0 for a job that is not known."""
        return cast("int", self._daemon.ask(NumRuns(job=job)))

    def current_ticks(self) -> int:
        """Return how many ticks on granularity boundaries there have been since the start."""
        return cast("int", self._daemon.ask(CurrentTicks()))

    def statistics(self) -> dict[str, JobStatistics]:
        """Return the figures of every job that has any."""
        return cast("dict[str, JobStatistics]", self._daemon.ask(Figures()))

    def subscribe(
        self,
        *,
        buffer: int = 1_000,
        kinds: Iterable[EventKind | str] | None = None,
        jobs: Iterable[str] | None = None,
        callback: Callable[[Event], object] | None = None,
    ) -> Subscription:
        """Return a subscription to what happens to runs from now on, each event after it was committed.

        At most ``buffer`` changes wait for their reader: the oldest are dropped then, and counted in ``missed``.
        Without ``kinds`` and ``jobs`` it is all events of all jobs. With a ``callback`` nobody else reads the
        subscription: it is called with every event in a thread of its own, and an exception costs it that event only.
        Raises InvalidValueError for an unknown kind or a buffer that holds nothing.
        """
        subscription = Subscription(buffer, kinds, jobs)
        self._daemon.subscribe(subscription)
        if callback is not None:
            call_back(subscription, callback)
        return subscription

    @property
    def stopping(self) -> bool:
        """Say whether the end was asked for."""
        return self._stopping

    def reload(self) -> bool:
        """Have the jobs files read again, changed or not; say whether there are any. Returns at once."""
        if self._reloader is None:
            return False
        self._reloader.request()
        return True

    def stop(self) -> None:
        """Ask for the end: the first call lets running jobs end within the grace period, the second ends them."""
        if self._stopping:
            self._daemon.hurry()
        else:
            self._stopping = True
            self._daemon.drain()

    def finished(self, seconds: float | None = None) -> bool:
        """Wait, at most ``seconds``, until there is nothing left to do; say whether that is so.

        The scheduler still answers questions then; ``wait`` takes it apart.
        """
        return self._daemon.wait(seconds)

    def wait(self) -> int:
        """Wait until the daemon has stopped or is out of ticks, free everything, return the exit code (0 or 1)."""
        if self._exit_code is None:
            self._daemon.wait()
            if self._reloader is not None:
                self._reloader.close()
            self._exit_code = EXIT_OK if self._daemon.stop() is None else EXIT_FAILURE
        return self._exit_code


class Scheduler:
    """A daemon that is not started yet.

    ``jobs`` is a mapping like a jobs file; without it the file of the settings is read. ``settings`` default to the
    environment variables. Jobs from a mapping are kept in memory unless DATABASE_URL, or the settings, name a database.
    After ``max_ticks`` ticks the daemon finishes what is due and stops. With ``wait=False`` the ticks follow each
    other without waiting, on a virtual clock that starts at midnight UTC; that needs ``max_ticks``.
    """

    def __init__(
        self,
        jobs: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
        max_ticks: int | None = None,
        *,
        wait: bool = True,
    ) -> None:
        if max_ticks is not None and max_ticks < 1:
            raise UsageError(f"max_ticks: found {max_ticks}; accepted: a whole number from 1")
        if not wait and max_ticks is None:
            raise UsageError("wait=False needs max_ticks: without waiting the ticks would never end")
        self._jobs = jobs
        self._settings = _settings(jobs, settings)
        self._max_ticks = max_ticks
        self._wait = wait

    def start(self) -> RunningScheduler:
        """Load the jobs, open everything and start the actors; return once the first tick is on its way.

        Raises JobsFileError and other UsageErrors for what the user wrote, StartError for what stands in the way.
        """
        settings = self._settings
        watch = watch_over(settings) if self._jobs is None and self._wait else None
        sources = load(self._jobs, settings)
        require_processes(sources)
        lost = unresolved(sources)
        with ExitStack() as undo:
            daemon: list[Daemon] = []
            executor = ZygoteExecutor(on_broken=lambda text: daemon[0].break_down(text) if daemon else None)
            executor.open()  # first of all: the template process must be made before there are threads
            undo.callback(executor.close)
            store = open_store(settings.database_url)
            store.open()
            undo.callback(store.close)
            store.make_ready()
            _make_folder(settings.logs_base_directory)
            for loaded in sources:
                log.info("jobs: %s (%d)", loaded.source, len(loaded.definitions))
            log.info("database: %s", describe(settings.database_url))
            log.info("logs: %s", settings.logs_base_directory.absolute())
            parts = Parts(
                store=store,
                executor=executor,
                timepieces=self._timepieces(),
                jobs={loaded.source: loaded.definitions for loaded in sources},
                unresolved=lost,
                database=_database_file(settings.database_url),
                queues={loaded.source: loaded.queues for loaded in sources},
            )
            daemon.append(Daemon(settings, parts, self._max_ticks))
            daemon[0].start()
            undo.pop_all()
        if watch is None:
            return RunningScheduler(daemon[0], None)
        reloader = Reloader(settings, watch, InForce.of(sources, lost), daemon[0].ledger)
        reloader.start()
        return RunningScheduler(daemon[0], reloader)

    def _timepieces(self) -> Timepieces:
        if self._wait:
            return Timepieces(clock=SystemClock(), wall_alarm=SystemAlarm, monotonic_alarm=SystemAlarm)
        midnight = SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0)
        clock = VirtualClock(midnight)
        return Timepieces(clock=clock, wall_alarm=clock.alarm, monotonic_alarm=SystemAlarm)


def launch_scheduler(
    jobs: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    max_ticks: int | None = None,
    *,
    wait: bool = True,
) -> int:
    """Run a daemon until it is stopped by a signal or out of ticks; return the exit code.

    The arguments are those of ``Scheduler``. SIGTERM and SIGINT stop it: the first lets running jobs end within the
    grace period, a second one hurries. SIGHUP has the jobs files read again; jobs of a mapping it stops. A SIGHUP that
    is ignored, as under nohup, stays ignored. Log lines go to standard error. The code is 0 after an orderly stop and 1
    if the daemon had to give up. Raises what ``Scheduler.start`` raises.
    """
    chosen = settings or Settings.from_environment(os.environ)
    scheduler = Scheduler(jobs, chosen, max_ticks, wait=wait)
    with console_log(chosen.log_level), _noted_signals() as noted:  # a signal may come while we start: it is kept
        running = scheduler.start()
        settle_down()
        while not running.finished(LOOK_FOR_SIGNALS):
            while noted:
                number = noted.popleft()
                if number != signal.SIGHUP or running.stopping or not running.reload():
                    _stop(running, number, format_duration(chosen.grace))
        return running.wait()


@contextmanager
def _noted_signals() -> Iterator[deque[int]]:
    """Note the signals to a daemon; what they mean is done outside the handler, which may come at any point."""
    noted: deque[int] = deque()
    try:
        numbers = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup: the end of the terminal is not ours
            numbers.remove(signal.SIGHUP)
        before = {number: signal.signal(number, lambda number, _: noted.append(number)) for number in numbers}
    except ValueError:  # not the main thread: whoever embeds us there stops us by other means
        before = {}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(running: RunningScheduler, number: int, grace: str) -> None:
    name = signal.Signals(number).name
    if running.stopping:
        log.info("%s: ending what still runs", name)
    else:
        log.info("%s: stopping; what still runs may go on for %s, a second signal ends it", name, grace)
    running.stop()


def _settings(jobs: Mapping[str, Any] | None, settings: Settings | None) -> Settings:
    chosen = settings or Settings.from_environment(os.environ)
    if jobs is None or chosen.database_url != Settings().database_url:
        return chosen
    return replace(chosen, database_url=os.environ.get("DATABASE_URL") or IN_MEMORY)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"LOGS_BASE_DIRECTORY: cannot make {folder.absolute()}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(f"LOGS_BASE_DIRECTORY: cannot write to {folder.absolute()}")


def _database_file(url: str) -> Path | None:
    path = Path(describe(url))
    return path if path.is_absolute() else None
