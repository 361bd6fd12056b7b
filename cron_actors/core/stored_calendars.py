"""Calendars as they stand in a stored definition: resolved, as plain values that need no other file."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cron_actors.core.calendar_days import WEEKDAYS, Days, days_text
from cron_actors.core.recurrence import Recurrence
from cron_actors.core.recurrence_rule import parse_rule
from cron_actors.errors import InvalidValueError
from cron_actors.model.calendar import Calendar, CalendarEvent
from cron_actors.model.job import Json

_SECOND = timedelta(seconds=1)


def stored(calendars: Iterable[Calendar]) -> dict[str, Json]:
    """Return the calendars by name, as values of JSON; of equal calendars they are equal."""
    return {calendar.name: _stored(calendar) for calendar in calendars}


def restored(values: Mapping[str, Any]) -> dict[str, Calendar]:
    """Return the calendars that ``stored`` made these values of; raises InvalidValueError for other values."""
    try:
        return {name: _restored(name, json.dumps(value, sort_keys=True)) for name, value in values.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidValueError(f"calendars cannot be read any more: {error}") from None


def _stored(calendar: Calendar) -> Json:
    content: dict[str, Json] = {
        "days": [days_text(days) for days in calendar.days],
        "weekdays": [WEEKDAYS[number] for number in sorted(calendar.weekdays)],
        "events": [_stored_event(event) for event in calendar.events],
    }
    return {key: value for key, value in content.items() if value}


@functools.lru_cache(maxsize=256)
def _restored(name: str, text: str) -> Calendar:
    """Return one calendar for all jobs that share it."""
    value = json.loads(text)
    return Calendar(
        name=name,
        days=tuple(_days(text) for text in value.get("days", ())),
        weekdays=frozenset(WEEKDAYS.index(day) for day in value.get("weekdays", ())),
        events=tuple(_restored_event(event) for event in value.get("events", ())),
    )


def _days(text: str) -> Days:
    first, _, last = text.partition("..")
    return date.fromisoformat(first), date.fromisoformat(last or first)


def _stored_event(event: CalendarEvent) -> Json:
    content: dict[str, Json] = {
        "start": event.start.isoformat(),
        "seconds": event.length // _SECOND,
        "zone": event.zone,
        "rule": event.rule,
        "more": [moment.isoformat() for moment in event.more],
        "without": [moment.isoformat() for moment in event.without],
    }
    return {key: value for key, value in content.items() if value not in (None, [])}


def _restored_event(value: Mapping[str, Any]) -> CalendarEvent:
    """Return the event; its zone and its rule are tried here, so that later questions have an answer."""
    start, zone, rule = datetime.fromisoformat(value["start"]), value.get("zone"), value.get("rule")
    if zone is not None:
        ZoneInfo(zone)
    if rule is not None:
        Recurrence.of(parse_rule(rule), start)
    return CalendarEvent(
        start=start,
        length=_SECOND * value["seconds"],
        zone=zone,
        rule=rule,
        more=tuple(datetime.fromisoformat(text) for text in value.get("more", ())),
        without=tuple(datetime.fromisoformat(text) for text in value.get("without", ())),
    )
