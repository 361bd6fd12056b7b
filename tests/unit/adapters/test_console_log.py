from __future__ import annotations

import logging
import queue
import re

import pytest

from cron_actors.adapters.console_log import LOGGERS, DroppingHandler, Lines, WaitingLines, console_log
from cron_actors.ports.many_lines import ManyLines

RUNS = logging.getLogger("cron_actors.runs")
PYKKA = logging.getLogger("pykka")


def test_a_line_begins_with_utc_time_and_level(capfd: pytest.CaptureFixture[str]) -> None:
    with console_log("INFO"):
        RUNS.info("run %d done", 7)
    [line] = capfd.readouterr().err.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO    run 7 done", line)


def test_the_time_is_that_of_greenwich_wherever_the_machine_stands(capfd: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("cron_actors", logging.INFO, "", 0, "text", None, None)
    record.created, record.msecs = 0.0, 5.0
    with console_log("INFO"):
        RUNS.handle(record)
    assert capfd.readouterr().err == "1970-01-01T00:00:00.005Z INFO    text\n"


def test_what_could_steer_a_terminal_is_not_written(capfd: pytest.CaptureFixture[str]) -> None:
    with console_log("INFO"):
        RUNS.info("nul\0 \x1b]0;title\x07 \x9b2J\ttab\nnext line")
    [first, second] = capfd.readouterr().err.splitlines()
    assert (first.partition("INFO    ")[2], second) == ("nul? ?]0;title? ?2J\ttab", "next line")


@pytest.mark.parametrize(
    ("level", "expected"), [("DEBUG", ["debug", "info", "error"]), ("INFO", ["info", "error"]), ("ERROR", ["error"])]
)
def test_the_level_decides_what_is_written(level: str, expected: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with console_log(level):
        RUNS.debug("debug")
        RUNS.info("info")
        RUNS.error("error")
    assert [line.split()[-1] for line in capfd.readouterr().err.splitlines()] == expected


def test_of_the_actor_library_only_errors_are_written(capfd: pytest.CaptureFixture[str]) -> None:
    with console_log("DEBUG"):
        PYKKA.debug("chatter")
        PYKKA.error("trouble")
    [line] = capfd.readouterr().err.splitlines()
    assert line.endswith("ERROR   trouble")


def test_all_lines_are_written_before_the_block_ends(capfd: pytest.CaptureFixture[str]) -> None:
    with console_log("INFO"):
        for number in range(500):
            RUNS.info("line %d", number)
    lines = capfd.readouterr().err.splitlines()
    assert [line.split()[-1] for line in lines] == [str(number) for number in range(500)]


def test_afterwards_the_loggers_are_as_they_were(capfd: pytest.CaptureFixture[str]) -> None:
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    with console_log("DEBUG"):
        assert [logger.propagate for logger in loggers] == [False, False]
    assert [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers] == before


def test_lines_that_find_no_place_are_dropped_counted_and_said_with_the_next_one() -> None:
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(1)
    handler = DroppingHandler(waiting)
    for number in range(4):
        handler.handle(logging.LogRecord("cron_actors", logging.INFO, "", 0, f"line {number}", None, None))
    assert waiting.get().getMessage() == "line 0"
    handler.handle(logging.LogRecord("cron_actors", logging.INFO, "", 0, "later", None, None))
    assert waiting.get().getMessage() == "(3 lines were dropped before this one) later"
    handler.handle(logging.LogRecord("cron_actors", logging.INFO, "", 0, "last", None, None))
    assert waiting.get().getMessage() == "last"


def test_saying_what_was_dropped_changes_no_record_that_others_read_too() -> None:
    handler = DroppingHandler(queue.Queue(1))
    records = [
        logging.LogRecord("cron_actors", logging.INFO, "", 0, f"line {number}", None, None) for number in range(3)
    ]
    for record in records:
        handler.handle(record)
    assert [record.getMessage() for record in records] == ["line 0", "line 1", "line 2"]


def test_many_lines_are_one_write_and_look_as_single_ones_do(capfd: pytest.CaptureFixture[str]) -> None:
    with console_log("INFO"):
        [handler] = logging.getLogger("cron_actors").handlers
        assert isinstance(handler, ManyLines)
        handler.emit_lines([(logging.INFO, "first"), (logging.WARNING, "second")])
    one, two = capfd.readouterr().err.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO    first", one)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING second", two)


def test_what_waits_is_bounded_by_lines_however_many_are_given_at_once() -> None:
    waiting = WaitingLines(5)
    handler = DroppingHandler(waiting)
    for _ in range(3):
        handler.emit_lines([(logging.INFO, "a"), (logging.INFO, "b"), (logging.INFO, "c")])
    first, second = waiting.get_nowait(), waiting.get_nowait()
    assert isinstance(first, Lines)
    assert isinstance(second, Lines)
    with pytest.raises(queue.Empty):
        waiting.get_nowait()
    handler.emit_lines([(logging.INFO, "d"), (logging.INFO, "e")])
    last = waiting.get_nowait()
    assert isinstance(last, Lines)
    assert last.lines == [(logging.INFO, "(3 lines were dropped before this one) d"), (logging.INFO, "e")]
