"""Herds, jobs that are due in one minute because they say the same, and ``H``, which spreads them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cron_actors.core.cron import CronExpression
from cron_actors.core.durations import format_duration
from cron_actors.model.job import Job, When

FEWEST = 5
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MINUTES = 60
_CLASSIC = 5  # fields of an expression without seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Herd:
    """At least FEWEST jobs that are due in the same minutes, and what each of them should say instead.

    ``written`` is the cron expression or the periodicity of all of them, ``advice`` a cron expression. ``after`` is how
    many of them would then share the minute that most of them are due in.
    """

    jobs: tuple[str, ...]
    written: str
    timezone: str
    advice: str
    after: int


def herds(jobs: Sequence[Job]) -> list[Herd]:
    """Return the herds that ``H`` would spread, the largest first."""
    alike: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for job in jobs:
        for written, advice in _advice(job.when).items():
            alike[written, job.when.timezone, advice].append(job.identifier)
    found = []
    for (written, timezone, advice), identifiers in alike.items():
        minutes = Counter(minute for job in identifiers for minute in CronExpression.parse(advice, seed=job).minutes)
        after = max(minutes.values())
        if len(identifiers) >= FEWEST and after < len(identifiers):
            herd = Herd(jobs=tuple(identifiers), written=written, timezone=timezone, advice=advice, after=after)
            found.append(herd)
    return sorted(found, key=lambda herd: -len(herd.jobs))


def spread(jobs: Sequence[Job], found: Sequence[Herd]) -> list[Job]:
    """Return the jobs, those of the herds changed as advised."""
    members = {job for herd in found for job in herd.jobs}
    written = {herd.written for herd in found}
    return [_spread(job, written) if job.identifier in members else job for job in jobs]


def _spread(job: Job, written: set[str]) -> Job:
    when = job.when
    advice = {text: better for text, better in _advice(when).items() if text in written}
    crons = [advice.get(text, text) for text in when.cron]
    periodicity = when.periodicity
    if periodicity is not None and _every(periodicity) in advice:
        crons.append(advice[_every(periodicity)])
        periodicity = None
    return replace(job, when=replace(when, cron=tuple(crons), periodicity=periodicity))


def _advice(when: When) -> Mapping[str, str]:
    """Return, for what the schedule says in so many words, what it could say instead; what needs none is left out."""
    found = {text: better for text in when.cron if (better := _of_cron(text)) is not None}
    if when.periodicity is not None and when.start_at is None:
        better = _of_periodicity(when.periodicity, when.timezone)
        if better is not None:
            found[_every(when.periodicity)] = better
    return found


def _of_cron(text: str) -> str | None:
    """Return the expression with ``H`` for its minutes, None if they are hashed already or not evenly spaced."""
    written = text.split()
    place = 0 if len(written) <= _CLASSIC else 1
    if len(written) >= _CLASSIC and written[place].upper().startswith("H"):
        return None
    expression = CronExpression.parse(text)
    words = expression.text.split() if len(written) < _CLASSIC else written
    hashed = _hashed(sorted(expression.minutes))
    if hashed is None:
        return None
    better = [*words[:place], hashed, *words[place + 1 :]]
    return " ".join(better)


def _hashed(minutes: Sequence[int]) -> str | None:
    if len(minutes) == 1:
        return "H"
    step = minutes[1] - minutes[0]
    evenly = list(range(minutes[0], _MINUTES, step)) == list(minutes) and minutes[0] < step
    return f"H/{step}" if evenly and step > 1 else None


def _of_periodicity(periodicity: timedelta, timezone: str) -> str | None:
    """Return a cron expression that is due as often, None if there is none or clock changes would matter."""
    minutes, rest = divmod(periodicity, _MINUTE)
    if rest or minutes == 1:
        return None
    if _HOUR % periodicity == timedelta(0):
        return "H * * * *" if periodicity == _HOUR else f"H/{minutes} * * * *"
    if timezone != "UTC" or _DAY % periodicity != timedelta(0) or periodicity % _HOUR:
        return None
    return "H 0 * * *" if periodicity == _DAY else f"H */{periodicity // _HOUR} * * *"


def _every(periodicity: timedelta) -> str:
    return f"periodicity {format_duration(periodicity)}"
