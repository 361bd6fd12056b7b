"""The time zone of a job: that of its definition in the store or, before a daemon loads it, in the jobs file."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from cron_actors.cli.known_jobs import written_jobs
from cron_actors.cli.surroundings import Surroundings
from cron_actors.core.definitions import job_of
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job
from cron_actors.ports.store import Reader


def zone_of(around: Surroundings, reader: Reader | None, identifier: str) -> ZoneInfo:
    """Return the zone that the job's times are read in, UTC where nothing says more."""
    job = stored_job(reader, identifier)
    if job is None:
        written = written_jobs(around).get(identifier)
        job = None if written is None else written.job
    return ZoneInfo("UTC" if job is None else job.when.timezone)


def stored_job(reader: Reader | None, identifier: str) -> Job | None:
    """Return the job of the definition that the store has last seen; None if there is none that can be read."""
    if reader is None:
        return None
    keys = [record.definition for record in reader.jobs() if record.identifier == identifier]
    for text in reader.definitions(keys).values():
        try:
            return job_of(text)
        except InvalidValueError:  # written by a version that knew other things
            return None
    return None
