"""When a job is due, read from its mapping."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from cron_actors.core.calendar_reader import read_exclude
from cron_actors.core.durations import parse_duration
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.moments import parse_run_at, parse_start_date, parse_zone
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import When


def read_when(reader: FieldReader, calendars: Mapping[str, Calendar]) -> When:
    """Read the schedule; dates without a zone are in the job's own, which is therefore read first.

    ``calendars`` are those that the job may name in ``exclude``.
    """
    zone = reader.read(parse_zone, "timezone", default=ZoneInfo("UTC"))
    cron = reader.value(("cron",))
    return When(
        periodicity=reader.read(parse_duration, "periodicity", default=None),
        cron=(cron,) if isinstance(cron, str) else tuple(cron or ()),
        run_at=reader.read(lambda value: parse_run_at(value, zone), "run_at", default=None),
        run_in=reader.read(parse_duration, "run_in", default=None),
        manual=reader.value(("manual",)) is True,
        start_at=reader.read(lambda value: parse_start_date(value, zone), "start_date", default=None),
        timezone=zone.key,
        exclude=read_exclude(reader, calendars),
    )
