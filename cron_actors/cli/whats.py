"""What a user names by WHAT: a cron expression, or a job of the jobs file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from string import digits
from zoneinfo import ZoneInfo

from cron_actors.cli.known_jobs import jobs_file, refuse_unknown, written_jobs
from cron_actors.cli.surroundings import Surroundings
from cron_actors.core.cron import CronExpression
from cron_actors.core.schedule import Schedule
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job, When

FIELDS = 5  # the fewest words of an expression
BEGINNINGS = ("@", "*", "?", *digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """A schedule by name: all that is known of when it is due; ``identifier`` is empty for a bare expression."""

    when: When
    identifier: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The zone that the schedule is read in."""
        return ZoneInfo(self.when.timezone)

    def schedule(self, changed_at: datetime) -> Schedule:
        """Return its instants, ``run_in`` counted from ``changed_at``."""
        return Schedule.of(self.when, seed=self.identifier, changed_at=changed_at)


def find(what: str, around: Surroundings, zone: ZoneInfo | None) -> What:
    """Return the cron expression in ``zone`` (UTC if None) or, if it is none, the job of this identifier.

    Raises InvalidValueError for a bad expression, UsageError for an unknown job, JobsFileError. Text that begins like
    an expression or is as long as one is meant as one: its faults are told if there is no such job either.
    """
    try:
        CronExpression.parse(what)
    except InvalidValueError:
        if len(what.split()) >= FIELDS or what.startswith(BEGINNINGS):
            written = written_jobs(around)
            if what not in written:
                raise
        else:
            written = jobs_file(around)
            refuse_unknown(what, set(written), around.settings.jobs_file_path)
        return _job(written[what].job)
    return What(when=When(cron=(what,), timezone="UTC" if zone is None else zone.key))


def _job(job: Job) -> What:
    return What(when=job.when, identifier=job.identifier)
