"""Cron expressions against cronsim, which follows Debian's rule, and against the plain reading of every minute.

With MORE_EXAMPLES=100 in the environment a hundred times as many expressions are tried.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cron_actors.core.cron import CronExpression
from cron_actors.core.cron_dates import counted, searched
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import DayMatch, Dst, DstMissing, DstRepeated
from tests.plain_cron import PlainCron

MORE = int(os.environ.get("MORE_EXAMPLES", "1"))
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Asia/Gaza",
]
ODD_ZONES = ["Australia/Lord_Howe", "Pacific/Apia", "America/Caracas", "Antarctica/Troll", "Asia/Pyongyang"]
EVERY_ZONE = sorted(available_timezones() - {"localtime", "Factory"})
CHANGES = [
    "2011-12-29T12:00",
    "2018-11-03T20:00",
    "2019-02-16T20:00",
    "2026-03-28T22:00",
    "2026-10-24T22:00",
    "2026-10-25T00:10",
    "2026-03-08T05:00",
    "2026-11-01T04:00",
    "2026-04-04T10:00",
    "2026-04-04T15:10",
    "2026-10-03T12:00",
    "2016-05-01T05:00",
    "2015-08-14T12:00",
    "2018-05-04T12:00",
]


@st.composite
def items(draw: st.DrawFn, least: int, greatest: int) -> str:
    first = draw(st.integers(least, greatest))
    last = draw(st.integers(first, greatest))
    step = draw(st.integers(1, greatest - least))
    forms = [f"{first}", f"{first}-{last}", "*", f"*/{step}", f"{first}/{step}"]
    if first < last:  # cronsim takes 5-5/2 for 5/2
        forms.append(f"{first}-{last}/{step}")
    return draw(st.sampled_from(forms))


def fields(least: int, greatest: int) -> st.SearchStrategy[str]:
    lists = st.lists(items(least, greatest), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), st.integers(least, greatest).map(str), lists)


def lists(*strategies: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(*strategies), min_size=1, max_size=3).map(",".join)


DAYS = st.one_of(fields(1, 31), lists(st.sampled_from(["L", "LW"]), st.integers(1, 31).map(str)))
PLACES = st.tuples(st.integers(0, 7), st.sampled_from(["L", "#1", "#3", "#5"])).map(lambda pair: f"{pair[0]}{pair[1]}")
# Here a/n ends with Saturday, in cronsim with Sunday.
STEPPED = fields(0, 6).filter(lambda text: not re.search(r"(^|,)[0-6]/", text))
WEEKDAYS = st.one_of(
    STEPPED, st.sampled_from(["5-7", "0-7", "MON-FRI", "sun"]), lists(PLACES, st.integers(0, 7).map(str))
)
EXPRESSIONS = st.tuples(fields(0, 59), fields(0, 23), DAYS, fields(1, 12), WEEKDAYS).map(" ".join)
# What follows cronsim does not know.
NEAR = st.one_of(
    st.integers(1, 31).map("{}W".format), st.integers(1, 30).map("L-{}".format), st.sampled_from(["L", "LW"])
)
ALL_DAYS = st.one_of(fields(1, 31), lists(NEAR, items(1, 31)))
ALL_WEEKDAYS = st.one_of(fields(0, 6), st.sampled_from(["5-7", "0-7", "1-7", "7"]), lists(PLACES, items(0, 6)))
WHOLE_DIALECT = st.builds(
    PlainCron,
    text=st.tuples(fields(0, 59), fields(0, 23), ALL_DAYS, fields(1, 12), ALL_WEEKDAYS).map(" ".join),
    missing=st.sampled_from([None, "shift", "skip"]),
    repeated=st.sampled_from([None, "first", "last", "both"]),
    both_days=st.booleans(),
)
FREQUENT = st.builds(
    PlainCron,
    text=st.tuples(fields(0, 59), st.one_of(st.just("*"), st.just("0-23"), fields(0, 23)))
    .map(" ".join)
    .map("{} * * *".format),
    missing=st.sampled_from([None, "shift", "skip"]),
    repeated=st.sampled_from([None, "first", "last", "both"]),
)
MOMENTS = st.one_of(
    st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2037, 1, 1)),  # noqa: DTZ001 - hypothesis asks so
    st.tuples(st.sampled_from(CHANGES), st.integers(0, 26 * 60)).map(
        lambda pair: datetime.fromisoformat(pair[0]) + timedelta(minutes=pair[1])
    ),
).map(lambda naive: naive.replace(tzinfo=UTC))


@st.composite
def near_changes(draw: st.DrawFn) -> tuple[str, datetime]:
    """Return any zone of the world, and a moment around one of its clocks' changes, most often within two hours."""
    name, year = draw(st.sampled_from(EVERY_ZONE)), draw(st.integers(1975, 2037))
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(366)]
    changes = [before for before, after in pairwise(days) if offset(before, name) != offset(after, name)]
    assume(changes)
    day = draw(st.sampled_from(changes))
    minutes = (day + timedelta(minutes=number) for number in range(24 * 60 + 1))
    change = next(minute for minute in minutes if offset(minute, name) != offset(day, name))
    return name, change + timedelta(minutes=draw(st.one_of(st.integers(-120, 60), st.integers(-26 * 60, 60))))


def offset(moment: datetime, name: str) -> timedelta | None:
    return moment.astimezone(ZoneInfo(name)).utcoffset()


ANYWHERE = st.one_of(st.tuples(st.sampled_from(ZONES + ODD_ZONES), MOMENTS), near_changes())


def match_of(plain: PlainCron) -> DayMatch:
    return DayMatch.ALL if plain.both_days else DayMatch.EITHER


def rule_of(plain: PlainCron) -> Dst:
    return Dst(
        missing=None if plain.missing is None else DstMissing(plain.missing),
        repeated=None if plain.repeated is None else DstRepeated(plain.repeated),
    )


def read(plain: PlainCron) -> CronExpression:
    return parsed(plain.text, match_of(plain))


def parsed(text: str, day_match: DayMatch = DayMatch.EITHER) -> CronExpression:
    try:
        return CronExpression.parse(text, day_match=day_match)
    except InvalidValueError:
        assume(condition=False)
        raise


@given(EXPRESSIONS, st.sampled_from(ZONES), MOMENTS)
@example("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 22, tzinfo=UTC))
@example("*/20 * * * *", "Europe/Berlin", datetime(2026, 10, 25, 0, 10, tzinfo=UTC))
@example("0 0 8 * 5#3", "UTC", datetime(2026, 1, 1, tzinfo=UTC))
@settings(max_examples=300 * MORE, deadline=None)
def test_instants_are_those_of_debian(text: str, zone_name: str, moment: datetime) -> None:
    expression, zone = parsed(text), ZoneInfo(zone_name)
    ours = list(islice(expression.after(moment, zone), 5))
    try:
        # Debian's rule for a moment in a repeated hour: cronsim starts in the first pass whatever it is told.
        oracle = CronSim(text, (moment - timedelta(hours=3)).astimezone(zone))
    except CronSimError:
        assume(condition=False)
    theirs = (instant.astimezone(UTC) for instant in oracle)
    assert ours == list(islice((instant for instant in theirs if instant > moment), len(ours)))
    assert len(ours) == 5


@given(fields(0, 59), EXPRESSIONS, st.integers(2001, 2040), st.integers(0, 3), MOMENTS)
@settings(max_examples=100 * MORE, deadline=None)
def test_seconds_stand_first_and_years_last(seconds: str, minutes: str, year: int, more: int, moment: datetime) -> None:
    text, zone = f"{seconds} {minutes}", ZoneInfo("UTC")
    expression = parsed(text)
    try:
        theirs = list(islice(CronSim(text, moment), 30))
    except CronSimError:
        assume(condition=False)
    assert list(islice(expression.after(moment, zone), 30)) == theirs
    within = parsed(f"{text} {year}-{year + more}")
    expected = [instant for instant in theirs if year <= instant.year <= year + more]
    assert list(islice(within.after(moment, zone), len(expected))) == expected
    assert all(year <= instant.year <= year + more for instant in islice(within.after(moment, zone), 5))


@given(st.one_of(WHOLE_DIALECT, FREQUENT), ANYWHERE)
@example(PlainCron(text="15,45 2 * * *"), ("Australia/Lord_Howe", datetime(2026, 10, 3, 12, tzinfo=UTC)))
@example(PlainCron(text="*/10 * * * *"), ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, tzinfo=UTC)))
@example(PlainCron(text="0 12 * * *"), ("Pacific/Apia", datetime(2011, 12, 29, 12, tzinfo=UTC)))
@example(PlainCron(text="0 12 30W 12 *", missing="skip"), ("Pacific/Apia", datetime(2011, 12, 29, 12, tzinfo=UTC)))
@example(PlainCron(text="30 2 * * *", repeated="last"), ("Europe/Berlin", datetime(2026, 10, 25, 0, 45, tzinfo=UTC)))
@example(PlainCron(text="*/40 2 * * *"), ("Europe/Berlin", datetime(2026, 10, 25, 0, 45, tzinfo=UTC)))
@settings(max_examples=100 * MORE, deadline=None)
def test_instants_are_those_found_by_looking_at_every_minute(plain: PlainCron, place: tuple[str, datetime]) -> None:
    expression, zone, moment, dst = read(plain), ZoneInfo(place[0]), place[1], rule_of(plain)
    until = moment + timedelta(hours=30)
    found = list(takewhile(lambda instant: instant <= until, expression.after(moment, zone, dst)))
    assert found == plain.by_looking(zone, moment, until)


@given(st.one_of(WHOLE_DIALECT, FREQUENT), ANYWHERE)
@settings(max_examples=150 * MORE, deadline=None)
def test_instants_grow_and_do_not_depend_on_where_the_search_began(
    plain: PlainCron, place: tuple[str, datetime]
) -> None:
    expression, zone, moment, dst = read(plain), ZoneInfo(place[0]), place[1], rule_of(plain)
    instants = list(islice(expression.after(moment, zone, dst), 4))
    assert instants == sorted(set(instants))
    for number, instant in enumerate(instants):
        assert expression.next_after(instant - timedelta(microseconds=1), zone, dst) == instant
        assert list(islice(expression.after(instant, zone, dst), 4 - number - 1)) == instants[number + 1 :]


@given(WHOLE_DIALECT, st.integers(1999, 2090))
@example(PlainCron(text="0 0 31W * 5#5"), 2000)
@example(PlainCron(text="0 0 L-28 2 *"), 2000)
@settings(max_examples=150 * MORE, deadline=None)
def test_days_are_those_found_by_looking_at_every_day(plain: PlainCron, year: int) -> None:
    first = date(year, 1, 1)
    listed = [day for number in range(900) if plain.names_day(day := first + timedelta(days=number))]
    dates = read(plain).dates
    found = []
    next_day = dates.on_or_after(first)
    while next_day is not None and next_day < first + timedelta(days=900):
        found.append(next_day)
        next_day = dates.on_or_after(next_day + timedelta(days=1))
    assert found == listed


@given(fields(1, 31), fields(1, 12), fields(0, 6), st.dates(date(1970, 1, 1), date(2099, 1, 1)))
@settings(max_examples=150 * MORE, deadline=None)
def test_dates_that_croniter_searches_are_those_that_are_counted(
    day: str, month: str, weekday: str, start: date
) -> None:
    for pair in (f"{day} {month} *", f"* {month} {weekday}"):
        dates = parsed(f"0 0 {pair}").dates
        assert dates.plain
        assert searched(dates, start) == counted(dates, start)


@given(WHOLE_DIALECT)
@settings(max_examples=150 * MORE, deadline=None)
def test_what_is_refused_as_impossible_comes_on_no_day(plain: PlainCron) -> None:
    try:
        expression = CronExpression.parse(plain.text, day_match=match_of(plain))
    except InvalidValueError:
        days = (date(2000, 1, 1) + timedelta(days=number) for number in range(41 * 366))
        assert not any(plain.names_day(day) for day in days)
        return
    assert expression.dates.on_or_after(date(2000, 1, 1)) is not None


@given(st.text(alphabet="0123456789*/-,LW#?H()@~ \tMONJAdaily", max_size=40))
@settings(max_examples=300 * MORE, deadline=None)
def test_any_text_is_an_expression_or_a_refusal_in_one_line(text: str) -> None:
    try:
        expression = CronExpression.parse(text, seed="job")
    except InvalidValueError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - both ways are allowed
        return
    assert CronExpression.parse(expression.text) == expression
