"""Cron expressions: the dialect of ``docs/cron.md`` on top of croniter, with Debian's rule for clock changes.

croniter searches in naive local time, and only with plain values, because some of what it reads it evaluates wrongly
(equal and reversed ranges, a place in the month beside a day of the month). The mapping to instants is done here.
"""

from __future__ import annotations

import calendar
import copy
import difflib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

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
from cron_actors.core.quotation import quote
from cron_actors.core.wall_clock import ClockChange, change_around, instant_of, second_pass
from cron_actors.errors import InvalidValueError

_MOST_CHARACTERS = 256
_SECOND = timedelta(seconds=1)
_SEARCHED_YEARS = 200  # 29 February on a given weekday comes after at most 40 years; years go up to 2099

_WORDS = {
    "@YEARLY": "0 0 1 1 *",
    "@ANNUALLY": "0 0 1 1 *",
    "@MONTHLY": "0 0 1 * *",
    "@WEEKLY": "0 0 * * 0",
    "@DAILY": "0 0 * * *",
    "@MIDNIGHT": "0 0 * * *",
    "@HOURLY": "0 * * * *",
}
_LEAP_YEAR = 2000
_KINDS = {
    5: (MINUTE, HOUR, DAY, MONTH, WEEKDAY),
    6: (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY),
    7: (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR),
}
_ACCEPTED = (
    "accepted are 5 fields (minute, hour, day of month, month, day of week), 6 with seconds first, 7 with the year"
    " last, or @yearly, @monthly, @weekly, @daily, @hourly"
)


@dataclass(frozen=True, slots=True)
class CronExpression:
    """A cron expression that was understood; ``text`` is in upper case with words and ``H`` put into numbers.

    Equal texts mean equal instants. It can be shared between threads.
    """

    text: str
    seconds: frozenset[int]
    minutes: frozenset[int]
    wildcard: bool

    @classmethod
    def parse(cls, text: object, *, seed: str = "") -> CronExpression:
        """Return the expression that ``text`` says; ``H`` in it is a stable hash of ``seed``.

        Raises InvalidValueError that names the field, what is wrong with it and what is accepted.
        """
        if not isinstance(text, str):
            raise InvalidValueError(f"{quote(text)} is not a text; {_ACCEPTED}")
        words = _split(text)
        fields: dict[CronField, FieldValues] = {}
        for kind, word in zip(_KINDS[len(words)], words, strict=True):
            try:
                fields[kind] = parse_field(kind, word, seed)
            except InvalidValueError as error:
                raise InvalidValueError(f"{quote(text)}: {kind.title} field {quote(word)}: {error}") from None
        _check_days(text, fields)
        return cls(
            text=" ".join(values.text for values in fields.values()),
            seconds=fields[SECOND].values if SECOND in fields else frozenset({0}),
            minutes=fields[MINUTE].values,
            wildcard=fields[MINUTE].starred or fields[HOUR].starred,
        )

    @property
    def has_seconds(self) -> bool:
        """Say whether the expression can name an instant that is not at second 0."""
        return self.seconds != {0}

    def fields(self) -> dict[CronField, FieldValues]:
        """Return what each field allows, by its kind, in the order of the expression."""
        words = self.text.split()
        return {kind: parse_field(kind, word, "") for kind, word in zip(_KINDS[len(words)], words, strict=True)}

    def after(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield the instants after ``moment``, in UTC, strictly increasing, until the expression never fires again."""
        instant = self.next_after(moment, zone)
        while instant is not None:
            yield instant
            instant = self.next_after(instant, zone)

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first instant after ``moment``, in UTC, None if there is none.

        A time that the clock skips happens at the end of the gap, one shown twice at the first pass; with a ``*`` at
        the start of the minute or hour field, skipped times do not happen and repeated ones happen twice.
        """
        local = moment.astimezone(zone)
        start = local.replace(tzinfo=None, fold=0)
        wall = self._next_wall(start)
        repeated = change_around(start, zone) if self.wildcard and local.fold == 0 else None
        if repeated is not None and not repeated.skips and (wall is None or wall >= repeated.end_wall):
            wall = self._next_wall(repeated.first_wall - _SECOND)  # the first pass is over: back for the second
        while wall is not None:
            change = change_around(wall, zone)
            instant = self._instant(wall, zone, change, moment)
            if change is None or instant is not None:
                return instant
            wall = self._next_wall(change.end_wall - _SECOND)
        return None

    def _instant(self, wall: datetime, zone: ZoneInfo, change: ClockChange | None, moment: datetime) -> datetime | None:
        """Return when ``wall`` happens after ``moment``, None if it does not."""
        if change is not None and change.skips:
            return None if self.wildcard else change.at
        first = instant_of(wall, zone)
        if first > moment:
            return first
        return second_pass(wall, zone) if self.wildcard else None

    def _next_wall(self, wall: datetime) -> datetime | None:
        """Return the first naive local time after ``wall`` that the fields allow."""
        walls = [_search(searcher, wall) for searcher in _searchers(self)]
        return min((wall for wall in walls if wall is not None), default=None)


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
        upper = _word(text, upper)
    words = upper.split()
    if len(words) not in _KINDS:
        found = f"has {len(words)} field{'' if len(words) == 1 else 's'}" if words else "is blank"
        raise InvalidValueError(f"{quote(text)} {found}; {_ACCEPTED}")
    return words


def _word(text: str, upper: str) -> str:
    if upper in _WORDS:
        return _WORDS[upper]
    if re.match(r"@EVERY\b", upper):
        raise InvalidValueError(f"{quote(text)} is an interval; write it as `periodicity`, such as periodicity: 5m")
    if upper == "@REBOOT":
        raise InvalidValueError(f"{quote(text)} names no time; accepted is a `periodicity` or a time")
    close = difflib.get_close_matches(upper, _WORDS, n=1)
    hint = f" (did you mean {close[0].lower()}?)" if close else ""
    raise InvalidValueError(f"{quote(text)} is an unknown word{hint}; {_ACCEPTED}")


def _check_days(text: str, fields: dict[CronField, FieldValues]) -> None:
    """Refuse dates that no calendar has, and the one pair of day fields that croniter cannot search."""
    day, month, weekday = fields[DAY], fields[MONTH], fields[WEEKDAY]
    both = day.starred or weekday.starred
    if both and weekday.special_weekdays and day.text != "*":
        raise InvalidValueError(
            f"{quote(text)}: day of month field {quote(day.text)} beside day of week field {quote(weekday.text)}: "
            "both would have to match, which is not supported yet; write * in one of them"
        )
    if both and not _day_exists(fields):
        months = f"month {quote(month.text)}" + (f" of {quote(fields[YEAR].text)}" if YEAR in fields else "")
        raise InvalidValueError(f"{quote(text)}: day of month field {quote(day.text)}: no {months} has that day")


def _day_exists(fields: dict[CronField, FieldValues]) -> bool:
    """Say whether some month of the month field, in some year of the year field, has a day of the day field."""
    leap = YEAR not in fields or any(calendar.isleap(year) for year in fields[YEAR].values)
    lengths = [calendar.monthrange(_LEAP_YEAR if leap else _LEAP_YEAR + 1, month)[1] for month in fields[MONTH].values]
    return fields[DAY].last_day or min(fields[DAY].values) <= max(lengths)


@functools.lru_cache(maxsize=1024)
def _searchers(expression: CronExpression) -> tuple[croniter, ...]:
    """Return searches in naive local time whose earliest result is the next time of the expression.

    The two day fields are joined by "or" by searching for either alone, unless one of them begins with ``*``.
    """
    fields = expression.fields()
    day, weekday = fields[DAY], fields[WEEKDAY]
    if day.starred or weekday.starred:
        pairs = [(_days(day), weekdays) for weekdays in _weekdays(weekday)]
    else:
        pairs = [("*", weekdays) for weekdays in _weekdays(weekday)]
        pairs += [(_days(day), "*")] if _day_exists(fields) else []  # a search for no day takes long
    order = [kind for kind in (MINUTE, HOUR, DAY, MONTH, WEEKDAY, SECOND, YEAR) if kind in fields]
    searchers = []
    for days, weekdays in pairs:
        plain = {kind: _numbers(kind, fields[kind].values) for kind in order} | {DAY: days, WEEKDAY: weekdays}
        text = " ".join(plain[kind] for kind in order)
        searchers.append(croniter(text, 0, day_or=False, max_years_between_matches=_SEARCHED_YEARS))
    return tuple(searchers)


def _days(day: FieldValues) -> str:
    numbers = [_numbers(DAY, day.values)] if day.values else []
    return "*" if numbers == ["*"] else ",".join(numbers + ["L"] * day.last_day)


def _weekdays(weekday: FieldValues) -> list[str]:
    plain = [_numbers(WEEKDAY, weekday.values)] if weekday.values else []
    nth = [f"{number}#{place}" for number, place in sorted(weekday.nth)]
    return plain + nth + [f"L{number}" for number in sorted(weekday.last_weekdays)]


def _numbers(kind: CronField, values: frozenset[int]) -> str:
    if len(values) == kind.greatest - kind.least + 1:
        return "*"
    return ",".join(map(str, sorted(values)))


def _search(searcher: croniter, wall: datetime) -> datetime | None:
    # A copy, because croniter keeps its place in itself and the original is shared.
    try:
        return copy.copy(searcher).get_next(datetime, start_time=wall.replace(microsecond=0))
    except (ValueError, OverflowError):  # nothing found, or the search ran off the end of the calendar
        return None
