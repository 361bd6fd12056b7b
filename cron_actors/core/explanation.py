"""What a schedule means, in English.

cron-descriptor words the time of day, but says "every 5 hours" of any step of 5, though from 20:00 to 00:00 it is 4:
such a field is given to it as a list. Of a list of hours with a range it loses the minute. The days are worded here,
because it says "or" where both day fields must match and loses places in the month that stand in a list.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from cron_descriptor import Options, get_description

from cron_actors.core.cron import CronExpression
from cron_actors.core.cron_dates import CronDates
from cron_actors.core.cron_fields import HOUR, MINUTE, MONTH, SECOND, YEAR, CronField, FieldValues
from cron_actors.core.cron_places import LastDay, LastWeekday, NearestWorkday, NthWeekday, Place
from cron_actors.core.durations import format_duration
from cron_actors.core.moments import iso
from cron_actors.core.quotation import quote
from cron_actors.core.wall_clock import offsets_to_come
from cron_actors.model.job import AtStartup, DstMissing, DstRepeated, When

_PLACES = ("", "first", "second", "third", "fourth", "fifth")
_SHORTEST_RUN = 3
_LAST_MICROSECOND = 999_999
_MISSING = {DstMissing.SHIFT: "runs right after the gap", DstMissing.SKIP: "does not run"}
_REPEATED = {
    DstRepeated.FIRST: "the first time only",
    DstRepeated.LAST: "the second time only",
    DstRepeated.BOTH: "both times",
}
_STARTS = {
    AtStartup.BOOT: "Once after each boot of the machine.",
    AtStartup.EVERY_START: "At every start of the daemon.",
}


def explain_cron(expression: CronExpression) -> str:
    """Return one sentence without a full stop that says when the expression fires on its wall clock.

    >>> explain_cron(CronExpression.parse("30 2 * * 1-5"))
    'At 02:30, on Monday to Friday'
    """
    fields = expression.fields()
    parts = [_time(fields), _days(expression.dates)]
    months = fields[MONTH]
    if months.values != frozenset(range(1, 13)):
        parts.append("in " + _listed(months.values, lambda month: calendar.month_name[month]))
    if YEAR in fields and fields[YEAR].text != "*":
        parts.append("in " + _listed(fields[YEAR].values, str))
    return ", ".join(part for part in parts if part)


def explain_when(when: When, *, seed: str = "") -> tuple[str, ...]:
    """Return sentences that say all that makes the job due; ``seed``, its identifier, places ``H``.

    >>> from datetime import timedelta
    >>> explain_when(When(periodicity=timedelta(minutes=5)))
    ('Every 5m, counted from 1970-01-01T00:00:00Z.',)
    """
    lines = []
    if when.periodicity is not None:
        origin = "1970-01-01T00:00:00Z" if when.start_at is None else iso(when.start_at)
        lines.append(f"Every {format_duration(when.periodicity)}, counted from {origin}.")
    expressions = [CronExpression.parse(text, seed=seed, day_match=when.day_match) for text in when.cron]
    lines += [f"{explain_cron(expression)} (time zone {when.timezone})." for expression in expressions]
    lines += _clock_changes(expressions, when)
    lines += _single_moments(when)
    if not lines:
        return ("Only when somebody asks for it.",)
    return (*lines, *_limits(when))


def _single_moments(when: When) -> Iterator[str]:
    if when.run_at is not None:
        yield f"Once, at {iso(when.run_at)}."
    if when.run_in is not None:
        yield f"Once, {format_duration(when.run_in)} after the job was first seen or its schedule last changed."
    if when.at_startup is not None:
        yield _STARTS[when.at_startup]


def _limits(when: When) -> Iterator[str]:
    if when.start_at is not None:
        yield f"Not before {iso(when.start_at)}."
    if when.end_at is not None and when.end_at.microsecond == _LAST_MICROSECOND:  # the end of a day
        yield f"Only before {iso(when.end_at + timedelta(microseconds=1))}."
    elif when.end_at is not None:
        yield f"Not after {iso(when.end_at)}."
    if when.exclude:
        names = " and ".join(quote(excluded.name) for excluded in when.exclude)
        yield f"Not in the calendar{'s' if when.exclude[1:] else ''} {names} (time zone {when.timezone})."


def _clock_changes(expressions: Iterable[CronExpression], when: When) -> list[str]:
    """Return what the clock changes of the zone, if it has any, mean for these expressions."""
    if len(offsets_to_come(ZoneInfo(when.timezone))) == 1:
        return []
    rules = {expression.wildcard: expression.rule(when.dst) for expression in expressions}
    lines = []
    for wildcard, rule in sorted(rules.items()):
        whose = "with * in the minute or hour field, a time" if wildcard else "a fixed time"
        lines.append(
            f"When the clocks of {when.timezone} change: {whose} that is skipped {_MISSING[rule.missing]}, "
            f"one that comes twice runs {_REPEATED[rule.repeated]}."
        )
    return lines


def _time(fields: Mapping[CronField, FieldValues]) -> str:
    words = [_told_evenly(kind, fields[kind]) for kind in (SECOND, MINUTE, HOUR) if kind in fields]
    if "," in words[-1] and len(fields[MINUTE].values) == 1:  # of a range in a list it would not say the minute
        words[-1] = ",".join(map(str, sorted(fields[HOUR].values)))
    options = Options()
    options.use_24hour_time_format = True
    options.locale_code = "en_US"
    words_of_time: str = get_description(" ".join([*words, "*", "*", "*"]), options)
    return words_of_time


def _told_evenly(kind: CronField, field: FieldValues) -> str:
    """Return ``*`` for all, the field if it is one step that comes round evenly or has none, else a list of values."""
    if field.full:
        return "*"
    if "/" not in field.text or ("," not in field.text and _comes_round_evenly(kind, field.values)):
        return field.text
    return ",".join(f"{run[0]}-{run[-1]}" if as_range else str(run[0]) for run, as_range in _neighbours(field.values))


def _comes_round_evenly(kind: CronField, values: Iterable[int]) -> bool:
    """Say whether the time from each value to the next, and from the last to the first of the next round, is the same.

    A value that stands alone comes once a round, which is not what its step says.
    """
    ordered = sorted(values)
    following = [*ordered[1:], ordered[0] + kind.greatest - kind.least + 1]
    return len(ordered) > 1 and len({later - earlier for earlier, later in zip(ordered, following, strict=True)}) == 1


def _days(dates: CronDates) -> str:
    in_month, in_week = _month_days(dates.day), _weekdays(dates.weekday)
    if not dates.both:
        return f"on {in_month} or on {in_week}"
    if dates.day.full or dates.weekday.full:
        return "" if dates.day.full and dates.weekday.full else f"on {in_week if dates.day.full else in_month}"
    return f"on {in_month} if it is also {in_week}"


def _month_days(day: FieldValues) -> str:
    parts = []
    if day.values:
        plural = "s" if len(day.values) > 1 else ""
        parts.append(f"day{plural} {_listed(day.values, str)} of the month")
    return " and ".join([*parts, *_places(day)])


def _weekdays(weekday: FieldValues) -> str:
    names = _weekday_names()
    monday_first = frozenset(7 if number == 0 else number for number in weekday.values)
    parts = [_listed(monday_first, lambda number: names[number % 7])] if weekday.values else []
    return " and ".join([*parts, *_places(weekday)])


def _places(field: FieldValues) -> list[str]:
    return [_place(place) for place in sorted(field.places, key=repr)]


def _place(place: Place) -> str:
    match place:
        case LastDay(before=0):
            return "the last day of the month"
        case LastDay(before=before):
            return f"the day {before} day{'s' if before > 1 else ''} before the last of the month"
        case NearestWorkday(day=None):
            return "the last day from Monday to Friday of the month"
        case NearestWorkday(day=day):
            return f"the day from Monday to Friday nearest to day {day} of the month"
        case NthWeekday(weekday=weekday, place=number):
            return f"the {_PLACES[number]} {_weekday_names()[weekday]} of the month"
        case LastWeekday(weekday=weekday):
            return f"the last {_weekday_names()[weekday]} of the month"
        case _:
            assert_never(place)


def _weekday_names() -> list[str]:
    return [calendar.day_name[(number - 1) % 7] for number in range(7)]


def _listed(values: Iterable[int], name: Callable[[int], str]) -> str:
    """Return the names of the values, in order, with three neighbours or more as a range."""
    parts = [
        f"{name(run[0])} to {name(run[-1])}" if as_range else name(run[0]) for run, as_range in _neighbours(values)
    ]
    return ", ".join(parts[:-1]) + (" and " if parts[1:] else "") + parts[-1]


def _neighbours(values: Iterable[int]) -> Iterator[tuple[list[int], bool]]:
    """Yield three or more neighbours together, marked as a range, and other values one by one, in order."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    for run in runs:
        if len(run) >= _SHORTEST_RUN:
            yield run, True
        else:
            yield from (([value], False) for value in run)
