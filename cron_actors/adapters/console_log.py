"""The daemon's own log: readable lines on standard error, written by a thread of their own.

Whoever reads them slowly, or not at all, must not hold up an actor: lines that find no place are counted and dropped.
"""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WAITING_LINES = 10_000
LOGGERS = ("cron_actors", "pykka")


class LineFormatter(logging.Formatter):
    """``2026-11-21T03:00:00.123Z INFO text``: UTC, so that lines of all nodes and zones can be compared."""

    converter = staticmethod(time.gmtime)  # UTC

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S")


class DroppingHandler(logging.handlers.QueueHandler):
    """Puts records into a bounded queue; what finds no place is counted and said later."""

    def __init__(self, waiting: queue.Queue[logging.LogRecord]) -> None:
        super().__init__(waiting)
        self._dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put the record into the queue, or count it."""
        try:
            if self._dropped:
                record.msg = f"({self._dropped} lines were dropped before this one) {record.msg}"
            self.queue.put_nowait(record)
            self._dropped = 0
        except queue.Full:
            self._dropped += 1


@contextmanager
def console_log(level: str) -> Iterator[None]:
    """Write the log of this package to standard error while the block runs; ``level`` is a level's name."""
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(WAITING_LINES)
    target = logging.StreamHandler(sys.stderr)
    target.setFormatter(LineFormatter())
    listener = logging.handlers.QueueListener(waiting, target)
    handler = DroppingHandler(waiting)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(level if logger.name == LOGGERS[0] else logging.ERROR)
        logger.propagate = False
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        for logger, (old_level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(old_level)
            logger.propagate = propagate
