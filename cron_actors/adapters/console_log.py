"""The daemon's own log: readable lines on standard error, written by a thread of their own.

Whoever reads them slowly, or not at all, must not hold up an actor: lines that find no place are counted and dropped.
"""

from __future__ import annotations

import logging
import logging.handlers
import queue
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

WAITING_LINES = 10_000
LOGGERS = ("cron_actors", "pykka")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tabs and the ends of lines


class Lines(logging.LogRecord):
    """Several lines of one moment, each with its level."""

    def __init__(self, lines: Sequence[tuple[int, str]]) -> None:
        super().__init__(LOGGERS[0], max(level for level, _ in lines), "", 0, "", None, None)
        self.lines = lines


class LineFormatter(logging.Formatter):
    """``2026-11-21T03:00:00.123Z INFO text``: UTC, so that lines of all nodes and zones can be compared.

    Control characters, which may come from a job's error, are shown as question marks: they could steer a terminal.
    """

    converter = staticmethod(time.gmtime)  # UTC

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, or as those it holds."""
        return _CONTROL.sub("?", self._whole(record))

    def _whole(self, record: logging.LogRecord) -> str:
        if not isinstance(record, Lines):
            return super().format(record)
        moment = f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03d}Z"
        levels = {level for level, _ in record.lines}
        begins = {level: f"{moment} {logging.getLevelName(level):<7} " for level in levels}
        return "\n".join([begins[level] + text for level, text in record.lines])


class WaitingLines(queue.Queue[logging.LogRecord]):
    """Records that wait to be written; it is full by the number of their lines, not by that of the records."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._lines = 0

    def _qsize(self) -> int:
        return self._lines

    def _put(self, item: logging.LogRecord) -> None:
        super()._put(item)
        self._lines += _number_of_lines(item)

    def _get(self) -> logging.LogRecord:
        item = super()._get()
        self._lines -= _number_of_lines(item)
        return item


class DroppingHandler(logging.handlers.QueueHandler):
    """Puts records into a bounded queue; what finds no place is counted and said later."""

    def __init__(self, waiting: queue.Queue[logging.LogRecord]) -> None:
        super().__init__(waiting)
        self._dropped = 0

    def emit_lines(self, lines: Sequence[tuple[int, str]]) -> None:
        """Put the lines into the queue as one record, or count them."""
        with self.lock or nullcontext():
            if self._dropped:
                (level, text), *others = lines
                lines = [(level, self._after_a_gap(text)), *others]
            self.enqueue(Lines(lines))

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put the record into the queue, or count it."""
        try:
            if self._dropped:
                record.msg = self._after_a_gap(record.msg)
            self.queue.put_nowait(record)
            self._dropped = 0
        except queue.Full:
            self._dropped += _number_of_lines(record)

    def _after_a_gap(self, text: str) -> str:
        return f"({self._dropped} lines were dropped before this one) {text}"


@contextmanager
def console_log(level: str) -> Iterator[None]:
    """Write the log of this package to standard error while the block runs; ``level`` is a level's name."""
    waiting = WaitingLines(WAITING_LINES)
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


def _number_of_lines(record: logging.LogRecord | None) -> int:
    return len(record.lines) if isinstance(record, Lines) else 1
