"""The look through all folders of logs: at the start of the daemon and once a day, also for jobs that no longer run."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from cron_actors.adapters.log_retention import LogRetention, latest_of
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.process_reader import read_retention
from cron_actors.core.run_log import LATEST
from cron_actors.model.job import Retention
from cron_actors.ports.store import Reader

EVERY = timedelta(days=1)
SETTLED_AFTER = 1.0  # seconds from the start: by then the store usually knows which jobs are gone
STOP_WITHIN = 2.0  # seconds
PAUSE = 0.01  # seconds between two folders, so that ten thousand of them take nothing away from the daemon
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownJob:
    """A job of the store, with the retention that it has or last had; ``removed`` if no jobs file holds it any more."""

    identifier: str
    retention: Retention
    removed: bool


class LogSweep:
    """A thread of low demands; of removed jobs it deletes every log that is beyond the retention, then the folder.

    Only folders of jobs that the store knows are touched: another daemon may keep its logs beside them.
    """

    def __init__(self, base: Path, retention: LogRetention, open_reader: Callable[[], Reader | None]) -> None:
        self._base = base
        self._retention = retention
        self._open_reader = open_reader
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-sweep", daemon=True)

    def start(self) -> None:
        """Begin the first look in a moment."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the folder that is being looked at; may be called before ``start`` and again."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN)  # a disk that hangs must not keep the daemon from its end

    def sweep(self) -> None:
        """Look through the folders of all known jobs once, unless stopped."""
        reader = self._open_reader()
        if reader is None:
            return
        try:
            jobs = list(known_jobs(reader, {entry.name for entry in os.scandir(self._base)}))
        finally:
            reader.close()
        for job in jobs:
            if self._stopped.wait(PAUSE):
                return
            self._look(job)

    def _run(self) -> None:
        self._stopped.wait(SETTLED_AFTER)
        while not self._stopped.is_set():
            try:
                self.sweep()
            except Exception:  # a folder that cannot be looked through must not end the looking for good
                log.exception("the old logs cannot be looked through; this is tried again in a day")
            self._stopped.wait(EVERY.total_seconds())

    def _look(self, job: KnownJob) -> None:
        folder = str(self._base / job.identifier)
        try:
            self._retention.prune(folder, job.retention, kept=tuple if job.removed else partial(latest_of, folder))
            if job.removed and os.listdir(folder) in ([], [LATEST]):  # noqa: PTH208 # one word for both
                with suppress(FileNotFoundError):
                    (self._base / job.identifier / LATEST).unlink()
                (self._base / job.identifier).rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("cannot delete old logs in %s: %s", folder, error.strerror)


def known_jobs(reader: Reader, folders: set[str]) -> Iterator[KnownJob]:
    """Yield the jobs of the store that have one of these folders."""
    records = [record for record in reader.jobs() if record.identifier in folders]
    texts = reader.definitions({record.definition for record in records})
    for record in records:
        mapping = json.loads(texts[record.definition])["job"]
        yield KnownJob(
            identifier=record.identifier,
            retention=read_retention(FieldReader(mapping)),
            removed=record.removed_at is not None,
        )
