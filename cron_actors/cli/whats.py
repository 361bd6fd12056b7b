"""What a user names by WHAT: a cron expression, or a job of the jobs file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from string import digits
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from cron_actors.cli.known_jobs import jobs_file, refuse_unknown, written_jobs
from cron_actors.cli.surroundings import Surroundings
from cron_actors.core.cron import CronExpression
from cron_actors.core.cron_words import is_other_key, meant_by
from cron_actors.core.moments import parse_zone
from cron_actors.core.openings import runs_after
from cron_actors.core.quotation import quote
from cron_actors.core.schedule import Schedule
from cron_actors.errors import InvalidValueError, UsageError
from cron_actors.model.job import AtStartup, DayMatch, Dst, DstMissing, DstRepeated, Job, When

_DEBIAN = Dst()
Choice = TypeVar("Choice", bound=StrEnum)
FIELDS = 5  # the fewest words of an expression
BEGINNINGS = ("@", "*", "?", *digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """A schedule by name: all that is known of when it is due; of a bare expression there is no job."""

    when: When
    identifier: str = ""
    job: Job | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone that the schedule is read in."""
        return ZoneInfo(self.when.timezone)

    def schedule(self, changed_at: datetime) -> Schedule:
        """Return its instants, ``run_in`` counted from ``changed_at``."""
        return Schedule.of(self.when, seed=self.identifier, changed_at=changed_at)

    def runs_after(self, moment: datetime, *, changed_at: datetime) -> Iterator[datetime]:
        """Yield those of its instants after ``moment`` that no calendar holds."""
        return runs_after(self.schedule(changed_at), self.when.exclude, moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a bare expression is read; ``job_id`` is the identifier of the job that it is for, which places ``H``."""

    timezone: str = "UTC"
    dst: Dst = _DEBIAN
    day_match: DayMatch = DayMatch.EITHER
    job_id: str = ""

    def what(self, text: object) -> What:
        """Return the schedule of an expression, or of ``@every`` and ``@reboot``; raises InvalidValueError."""
        when = When(timezone=self.timezone, dst=self.dst, day_match=self.day_match)
        if not isinstance(text, str) or not is_other_key(text):
            CronExpression.parse(text, seed=self.job_id, day_match=self.day_match)
            return What(when=replace(when, cron=(str(text),)), identifier=self.job_id)
        meaning = meant_by(text)
        if isinstance(meaning, AtStartup):
            return What(when=replace(when, at_startup=meaning))
        return What(when=replace(when, periodicity=meaning))

    def require_none(self, job: str) -> None:
        """Raise UsageError if anything was asked for that a job of the file says itself."""
        if replace(self, timezone=_PLAIN.timezone) != _PLAIN:
            raise UsageError(
                f"'{job}' is a job, which says dst, day_match and its identifier itself; leave the options out"
            )


_PLAIN = Reading()


def reading_of(texts: Mapping[str, Any]) -> Reading:
    """Return how an expression is to be read, by the names of the options; what is None or missing is as usual.

    Raises InvalidValueError that names the option.
    """
    zone = texts.get("timezone")
    job_id = texts.get("job_id")
    if not (job_id is None or isinstance(job_id, str)):
        raise InvalidValueError(f"job_id: found {quote(job_id)}; accepted: text")
    return Reading(
        timezone="UTC" if zone is None else parse_zone(zone).key,
        dst=Dst(
            missing=_choice(DstMissing, "dst_missing", texts), repeated=_choice(DstRepeated, "dst_repeated", texts)
        ),
        day_match=_choice(DayMatch, "day_match", texts) or DayMatch.EITHER,
        job_id=job_id or "",
    )


def _choice(kind: type[Choice], name: str, texts: Mapping[str, Any]) -> Choice | None:
    value = texts.get(name)
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        raise InvalidValueError(f"{name}: found {quote(value)}; accepted: {', '.join(kind)}") from None


def find(what: str, around: Surroundings, reading: Reading) -> What:
    """Return the cron expression, read like this, or, if it is none, the job of this identifier.

    Raises InvalidValueError for a bad expression, UsageError for an unknown job, JobsFileError. Text that begins like
    an expression or is as long as one is meant as one: its faults are told if there is no such job either.
    """
    try:
        return reading.what(what)
    except InvalidValueError:
        if len(what.split()) >= FIELDS or what.startswith(BEGINNINGS):
            written = written_jobs(around)
            if what not in written:
                raise
        else:
            written = jobs_file(around)
            refuse_unknown(what, set(written), around.settings.jobs_file_path)
        reading.require_none(what)
        return _job(written[what].job)


def _job(job: Job) -> What:
    return What(when=job.when, identifier=job.identifier, job=job)
