"""Cron expressions: the dialect of ``docs/cron.md``, with Debian's rule for clock changes unless the job has its own.

The search is done in naive local time, by times of day and by dates; the mapping to instants is done here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cron_actors.core.cron_dates import CronDates
from cron_actors.core.cron_fields import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    YEAR,
    CronField,
    FieldValues,
    parse_field,
)
from cron_actors.core.cron_times import CronTimes
from cron_actors.core.cron_words import expression_of
from cron_actors.core.quotation import quote
from cron_actors.core.wall_clock import ClockRule, change_around, instant_of
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import DayMatch, Dst, DstMissing, DstRepeated

_MOST_CHARACTERS = 256
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_LAST_DATE = date(9999, 12, 30)  # a day's room for any offset from UTC

_KINDS = {
    5: (MINUTE, HOUR, DAY, MONTH, WEEKDAY),
    6: (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY),
    7: (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR),
}
_ACCEPTED = (
    "accepted are 5 fields (minute, hour, day of month, month, day of week), 6 with seconds first, 7 with the year"
    " last, or @yearly, @monthly, @weekly, @daily, @hourly"
)
_DEBIAN = Dst()


@dataclass(frozen=True, slots=True, kw_only=True)
class CronExpression:
    """A cron expression that was understood; ``text`` is in upper case with words and ``H`` put into numbers.

    Equal texts with the same ``day_match`` mean equal instants. It can be shared between threads.
    """

    text: str
    day_match: DayMatch = DayMatch.EITHER
    wildcard: bool = field(compare=False)
    times: CronTimes = field(compare=False, repr=False)
    dates: CronDates = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: object, *, seed: str = "", day_match: DayMatch = DayMatch.EITHER) -> CronExpression:
        """Return the expression that ``text`` says; ``H`` in it is a stable hash of ``seed``.

        Raises InvalidValueError that names the field, what is wrong with it and what is accepted.
        """
        if not isinstance(text, str):
            raise InvalidValueError(f"{quote(text)} is not a text; {_ACCEPTED}")
        return cls._read(text, seed if "h" in text.casefold() else "", day_match)

    @classmethod
    @functools.lru_cache(maxsize=16_384)  # jobs share expressions, and each is read more than once
    def _read(cls, text: str, seed: str, day_match: DayMatch) -> CronExpression:
        words = _split(text)
        fields: dict[CronField, FieldValues] = {}
        for kind, word in zip(_KINDS[len(words)], words, strict=True):
            try:
                fields[kind] = parse_field(kind, word, seed)
            except InvalidValueError as error:
                raise InvalidValueError(f"{quote(text)}: {kind.title} field {quote(word)}: {error}") from None
        dates = _dates(fields, day_match)
        if not dates.exist():
            raise InvalidValueError(f"{quote(text)}: {_no_such_date(dates)}")
        return cls(
            text=" ".join(values.text for values in fields.values()),
            day_match=day_match,
            wildcard=fields[MINUTE].starred or fields[HOUR].starred,
            times=_times(fields),
            dates=dates,
        )

    @property
    def minutes(self) -> frozenset[int]:
        """Return the minutes of the hour that the expression names."""
        return frozenset(self.times.minutes)

    @property
    def has_seconds(self) -> bool:
        """Say whether the expression can name an instant that is not at second 0."""
        return self.times.seconds != (0,)

    def fields(self) -> dict[CronField, FieldValues]:
        """Return what each field allows, by its kind, in the order of the expression."""
        words = self.text.split()
        return {kind: parse_field(kind, word, "") for kind, word in zip(_KINDS[len(words)], words, strict=True)}

    def after(self, moment: datetime, zone: ZoneInfo, dst: Dst = _DEBIAN) -> Iterator[datetime]:
        """Yield the instants after ``moment``, in UTC, strictly increasing, until the expression never fires again."""
        instant = self.next_after(moment, zone, dst)
        while instant is not None:
            yield instant
            instant = self.next_after(instant, zone, dst)

    def next_after(self, moment: datetime, zone: ZoneInfo, dst: Dst = _DEBIAN) -> datetime | None:
        """Return the first instant after ``moment``, in UTC, None if there is none.

        What clock changes do is the ``rule``; times of one gap that happen right after it share one instant.
        """
        rule = self.rule(dst)
        wall = self._first_wall(moment.astimezone(zone), zone, rule.repeated)
        while wall is not None:
            change = change_around(wall, zone)
            if change is None:
                return instant_of(wall, zone)
            instant = next((at for at in rule.instants(wall, change) if at > moment), None)
            if instant is not None:
                return instant
            wall = self._next_wall(change.end_wall - _SECOND)
        return None

    def rule(self, dst: Dst) -> ClockRule:
        """Return what clock changes mean: what ``dst`` says, and where it says nothing, Debian's rule.

        With a ``*`` at the start of the minute or hour field, the wall clock is followed: nothing in a gap, both passes
        of a repeated time. Fixed times happen once: right after the gap, and in the first pass.
        """
        missing, repeated = DstMissing.SHIFT, DstRepeated.FIRST
        if self.wildcard:
            missing, repeated = DstMissing.SKIP, DstRepeated.BOTH
        return ClockRule(missing=dst.missing or missing, repeated=dst.repeated or repeated)

    def _first_wall(self, local: datetime, zone: ZoneInfo, repeated: DstRepeated) -> datetime | None:
        """Return the first naive time that may happen after ``local``; in a first pass the second is still to come."""
        start = local.replace(tzinfo=None, fold=0)
        wall = self._next_wall(start)
        if repeated is DstRepeated.FIRST or local.fold == 1:
            return wall
        change = change_around(start, zone)
        if change is None or change.skips:
            return wall
        if repeated is DstRepeated.LAST or wall is None or wall >= change.end_wall:
            return self._next_wall(change.first_wall - _SECOND)
        return wall

    def _next_wall(self, wall: datetime) -> datetime | None:
        """Return the first naive local time after ``wall`` that the fields allow."""
        day = wall.date()
        if self.dates.on_or_after(day) == day:
            later = self.times.after(wall.time())
            if later is not None:
                return datetime.combine(day, later)
        found = self.dates.on_or_after(day + _DAY) if day < _LAST_DATE else None
        return None if found is None or found > _LAST_DATE else datetime.combine(found, self.times.first)


def _split(text: str) -> list[str]:
    """Return the fields in upper case, words replaced; refuse what is not 5, 6 or 7 fields."""
    if len(text) > _MOST_CHARACTERS:
        raise InvalidValueError(f"{quote(text)} is longer than {_MOST_CHARACTERS} characters")
    if not re.fullmatch(r"[ \t!-~]*", text):
        raise InvalidValueError(f"{quote(text)} holds characters other than ASCII, blanks and tabs; {_ACCEPTED}")
    upper = text.upper().strip(" \t")
    if re.match(r"(CRON_)?TZ=", upper):
        raise InvalidValueError(f"{quote(text)} names a time zone; set it as the job's `timezone`")
    if upper.startswith("@"):
        upper = expression_of(text, _ACCEPTED)
    words = upper.split()
    if len(words) not in _KINDS:
        found = f"has {len(words)} field{'' if len(words) == 1 else 's'}" if words else "is blank"
        raise InvalidValueError(f"{quote(text)} {found}; {_ACCEPTED}")
    return words


def _times(fields: Mapping[CronField, FieldValues]) -> CronTimes:
    hours, minutes = (tuple(sorted(fields[kind].values)) for kind in (HOUR, MINUTE))
    return CronTimes(hours, minutes, tuple(sorted(fields[SECOND].values)) if SECOND in fields else (0,))


def _dates(fields: Mapping[CronField, FieldValues], day_match: DayMatch) -> CronDates:
    """Return the dates; a day field that begins with ``*`` is no restriction, and then both must match."""
    starred = fields[DAY].starred or fields[WEEKDAY].starred
    return CronDates(
        day=fields[DAY],
        month=fields[MONTH],
        weekday=fields[WEEKDAY],
        year=fields.get(YEAR),
        both=starred or day_match is DayMatch.ALL,
    )


def _no_such_date(dates: CronDates) -> str:
    """Say which fields together name no date."""
    day, weekday = f"day of month field {quote(dates.day.text)}", f"day of week field {quote(dates.weekday.text)}"
    named = weekday if dates.day.full else day if dates.weekday.full else f"{day} with {weekday}"
    years = "" if dates.year is None else f" of {quote(dates.year.text)}"
    return f"{named}: no month {quote(dates.month.text)}{years} has such a day; write a date that comes in some year"
