"""Answers to questions for next instants, one JSON object a line: for programs that ask by the thousand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NoReturn

from cron_actors.cli.whats import reading_of
from cron_actors.core.moments import parse_instant
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

KEYS = ("id", "expr", "tz", "after", "n", "dst_missing", "dst_repeated", "day_match", "job_id")
MOST = 100_000


def answers(lines: Iterable[bytes], now: Callable[[], datetime], count: int) -> Iterator[str]:
    """Yield one line of JSON for each line, an error for one that is no request; no line ends the conversation.

    ``count`` is the number of instants for requests without ``n``; ``after`` is the present if it is missing.
    """
    for line in lines:
        try:
            request = _request(line)
        except InvalidValueError as error:
            yield json.dumps({"id": None, "error": str(error)})
            continue
        try:
            answer = _answer(request, now, count)
        except InvalidValueError as error:
            answer = {"error": str(error)}
        yield json.dumps({"id": request.get("id")} | answer)


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(request)  # an id is answered as it came, so it must be possible to write it
    except (ValueError, RecursionError):
        raise InvalidValueError(f"not JSON: {quote(line.decode('utf-8', 'replace').strip())}") from None
    if not isinstance(request, dict):
        raise InvalidValueError(f"found {quote(request)}; accepted: an object with {', '.join(KEYS)}")
    return request


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _answer(request: dict[str, Any], now: Callable[[], datetime], count: int) -> dict[str, Any]:
    unknown = [key for key in request if key not in KEYS]
    if unknown:
        raise InvalidValueError(f"unknown key {quote(unknown[0])}; accepted: {', '.join(KEYS)}")
    if "expr" not in request:
        raise InvalidValueError("expr is missing; accepted: a cron expression")
    number = count if request.get("n") is None else request["n"]
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST:
        raise InvalidValueError(f"n: found {quote(number)}; accepted: a whole number from 1 to {MOST}")
    what = reading_of({**request, "timezone": request.get("tz")}).what(request["expr"])
    after = now() if request.get("after") is None else parse_instant(request["after"], what.zone)
    instants = [at.astimezone(what.zone).isoformat() for at in islice(what.schedule(after).after(after), number)]
    if what.when.at_startup is not None:  # @reboot: nobody knows when, but it is not never
        return {"next": instants, "at_startup": what.when.at_startup.value}
    return {"next": instants} | ({} if instants else {"never": True})
