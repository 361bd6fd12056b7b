"""Crontabs as they are found on machines: the jobs made of them fire when cron does, over a year and in many zones.

The instants of cron are found by cronsim, from the fields of each line, without any code of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from cron_actors.adapters.sources import load_mapping
from cron_actors.core.crontab import Crontab, ImportedCrontab, import_crontab
from cron_actors.core.crontab_environment import Account
from cron_actors.core.schedule import Schedule
from cron_actors.model.job import Job
from cron_actors.settings import Granularity

CRONTABS = Path(__file__).with_name("crontabs")
WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Africa/Cairo", "America/Santiago"]
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
CHANGES = [datetime(2026, *day, tzinfo=UTC) for day in ((3, 6), (3, 27), (4, 3), (4, 23), (9, 4), (10, 23))]
ROOT = Account(name="root", home="/root")


def imported(name: str, zone: str) -> ImportedCrontab:
    text = (CRONTABS / name).read_text(encoding="utf-8")
    owner = None if name == "system" else Account(name="ann", home="/home/ann")
    return import_crontab(Crontab(text=text, zone=zone, owner=owner, account={"root": ROOT}.get))


def jobs_of(found: ImportedCrontab) -> list[Job]:
    loaded = load_mapping({"jobs": list(found.jobs)}, folder=CRONTABS, granularity=Granularity.MINUTE)
    return [definition.job for definition in loaded.definitions]


def entries(name: str, zone: str) -> Iterator[tuple[str, str]]:
    """Yield the five fields, or the word, of each entry, and the zone in which cronie reads them."""
    here = zone
    for line in (CRONTABS / name).read_text(encoding="utf-8").splitlines():
        if setting := re.match(r"CRON_TZ=(.*)", line):
            here = setting[1] or zone
        elif re.match(r"[0-9*@]", line):
            words = line.split()
            yield (WORDS.get(words[0], words[0]) if line.startswith("@") else " ".join(words[:5])), here


def instants_of_cron(fields: str, zone: str, begin: datetime, end: datetime) -> list[datetime]:
    found = CronSim(fields, begin.astimezone(ZoneInfo(zone)))
    return [at.astimezone(UTC) for at in takewhile(lambda at: at <= end, found)]


def instants_of_job(job: Job, begin: datetime, end: datetime) -> list[datetime]:
    schedule = Schedule.of(job.when, seed=job.identifier, changed_at=begin)
    return list(takewhile(lambda at: at <= end, schedule.after(begin)))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", ["system", "person"])
def test_every_entry_fires_when_cron_fires_it(name: str, zone: str) -> None:
    found = imported(name, zone)
    assert [note for note in found.notes if note.lost] == []
    compared = 0
    for (fields, here), job in zip(entries(name, zone), jobs_of(found), strict=True):
        if fields == "@reboot":
            assert job.when.at_startup is not None
            continue
        every_hour = fields.split()[1] == "*"  # so often that the days around the changes of clocks are enough
        spans = [(at, at + timedelta(days=4)) for at in CHANGES] if every_hour else [(BEGIN, END)]
        for begin, end in spans:
            expected = instants_of_cron(fields, here, begin, end)
            assert instants_of_job(job, begin, end) == expected, f"{fields} in {here}"
            compared += len(expected)
    assert compared > 4_000
