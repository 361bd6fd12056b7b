"""When a job is due, read from its mapping."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from cron_actors.core.calendar_reader import read_exclude
from cron_actors.core.cron_reader import read_cron
from cron_actors.core.durations import parse_duration
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.moments import parse_end_date, parse_run_at, parse_start_date, parse_zone
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import AtStartup, DayMatch, Dst, DstMissing, DstRepeated, When


def read_when(reader: FieldReader, calendars: Mapping[str, Calendar]) -> When:
    """Read the schedule; dates without a zone are in the job's own, which is therefore read first.

    ``calendars`` are those that the job may name in ``exclude``.
    """
    zone = reader.read(parse_zone, "timezone", default=ZoneInfo("UTC"))
    cron = read_cron(reader)
    return When(
        periodicity=reader.read(parse_duration, "periodicity", default=cron.periodicity),
        cron=cron.expressions,
        run_at=reader.read(lambda value: parse_run_at(value, zone), "run_at", default=None),
        run_in=reader.read(parse_duration, "run_in", default=None),
        at_startup=reader.read(_at_startup, "at_startup", default=cron.at_startup),
        manual=reader.value(("manual",)) is True,
        start_at=reader.read(lambda value: parse_start_date(value, zone), "start_date", default=None),
        end_at=reader.read(lambda value: parse_end_date(value, zone), "end_date", default=None),
        timezone=zone.key,
        dst=Dst(
            missing=reader.read(DstMissing, "dst", "missing", default=None),
            repeated=reader.read(DstRepeated, "dst", "repeated", default=None),
        ),
        day_match=reader.read(DayMatch, "day_match", default=DayMatch.EITHER),
        exclude=read_exclude(reader, calendars),
    )


def _at_startup(value: object) -> AtStartup | None:
    """Read true, which is once per boot, false, which is nothing, or a kind of start by its name."""
    if isinstance(value, bool):
        return AtStartup.BOOT if value else None
    return AtStartup(str(value))
