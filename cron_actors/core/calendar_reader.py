"""The calendars of a jobs file, and those that a job leaves out, read from their mappings."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from cron_actors.core.calendar_days import joined, parse_days, parse_weekday
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.quotation import quote
from cron_actors.model.calendar import Calendar

T = TypeVar("T")

_PARTS = ("dates", "weekdays", "ics")
_LONGEST_GUESSED = 60
_MOST_NAMED = 20
_ENOUGH = 300  # faults of one job, more than are ever told


def read_calendar(name: str, mapping: Mapping[str, Any]) -> tuple[Calendar, list[Problem]]:
    """Return the days and weekdays that the mapping says, and its faults, with pointers that start at the calendar."""
    reader = FieldReader(mapping)
    days = joined(_each(reader, "dates", parse_days))
    weekdays = frozenset(_each(reader, "weekdays", parse_weekday))
    if not any(part in mapping for part in _PARTS):
        reader.refuse((), f"found a calendar of nothing; accepted: one or more of {', '.join(_PARTS)}")
    return Calendar(name=name, days=days, weekdays=weekdays), reader.problems


def read_exclude(reader: FieldReader, calendars: Mapping[str, Calendar]) -> tuple[Calendar, ...]:
    """Return the calendars that a job names in ``exclude``, in the order of their names, each once."""
    found = {}
    for pointer, name in one_or_more(reader.value(("exclude",)), "exclude"):
        if len(reader.problems) > _ENOUGH:
            break
        if isinstance(name, str) and name in calendars:
            found[name] = calendars[name]
        else:
            reader.refuse(pointer, _unknown(name, calendars))
    return tuple(found[name] for name in sorted(found))


def one_or_more(value: object, key: str) -> Iterator[tuple[Pointer, object]]:
    """Yield what is written under ``key``, one thing or a list, with where each of it stands."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield (key, index), item
    elif value is not None:
        yield (key,), value


def _each(reader: FieldReader, key: str, parse: Callable[[Any], T]) -> Iterator[T]:
    """Yield what ``parse`` makes of each thing under ``key``; what it refuses is among the reader's problems."""
    for pointer, value in one_or_more(reader.value((key,)), key):
        try:
            yield parse(value)
        except ValueError as error:
            reader.refuse(pointer, str(error))


def _unknown(name: object, calendars: Mapping[str, Calendar]) -> str:
    if not calendars:
        return f"found {quote(name)}; accepted: the name of a calendar, but this file has none"
    known = sorted(islice(calendars, _MOST_NAMED))  # of hundreds, nobody reads the list, and guessing takes its time
    more = f" and {len(calendars) - len(known)} more" if len(calendars) > len(known) else ""
    close = difflib.get_close_matches(str(name)[:_LONGEST_GUESSED], known, n=1)
    hint = f", did you mean {quote(close[0])}?" if close else ""
    return f"found {quote(name)}{hint}; accepted: a calendar of this file: {', '.join(known)}{more}"
