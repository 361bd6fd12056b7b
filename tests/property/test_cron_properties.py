"""Cron expressions against cronsim, which follows Debian's rule, and against the plain reading of every minute."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cron_actors.core.cron import CronExpression
from cron_actors.core.wall_clock import instant_of
from cron_actors.errors import InvalidValueError

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


DAYS = st.one_of(fields(1, 31), st.just("L"), st.integers(1, 31).map(lambda day: f"{day},L"))
PLACES = st.tuples(st.integers(0, 7), st.sampled_from(["L", "#1", "#3", "#5"])).map(lambda pair: f"{pair[0]}{pair[1]}")
# Here a/n ends with Saturday, in cronsim with Sunday.
STEPPED = fields(0, 6).filter(lambda text: not re.search(r"(^|,)[0-6]/", text))
WEEKDAYS = st.one_of(STEPPED, st.sampled_from(["5-7", "0-7", "MON-FRI", "sun"]), PLACES)
EXPRESSIONS = st.tuples(fields(0, 59), fields(0, 23), DAYS, fields(1, 12), WEEKDAYS).map(" ".join)
MOMENTS = st.one_of(
    st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2037, 1, 1)),  # noqa: DTZ001 - hypothesis asks so
    st.tuples(st.sampled_from(CHANGES), st.integers(0, 26 * 60)).map(
        lambda pair: datetime.fromisoformat(pair[0]) + timedelta(minutes=pair[1])
    ),
).map(lambda naive: naive.replace(tzinfo=UTC))


def parsed(text: str) -> CronExpression:
    try:
        return CronExpression.parse(text)
    except InvalidValueError:
        assume(condition=False)
        raise


@given(EXPRESSIONS, st.sampled_from(ZONES), MOMENTS)
@example("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 22, tzinfo=UTC))
@example("*/20 * * * *", "Europe/Berlin", datetime(2026, 10, 25, 0, 10, tzinfo=UTC))
@example("0 0 8 * 5#3", "UTC", datetime(2026, 1, 1, tzinfo=UTC))
@settings(max_examples=300, deadline=None)
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
@settings(max_examples=100, deadline=None)
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


@given(EXPRESSIONS, st.sampled_from(ZONES + ODD_ZONES), MOMENTS)
@example("15,45 2 * * *", "Australia/Lord_Howe", datetime(2026, 10, 3, 12, tzinfo=UTC))
@example("*/10 * * * *", "Australia/Lord_Howe", datetime(2026, 4, 4, 14, tzinfo=UTC))
@example("0 12 * * *", "Pacific/Apia", datetime(2011, 12, 29, 12, tzinfo=UTC))
@settings(max_examples=80, deadline=None)
def test_instants_are_those_found_by_looking_at_every_minute(text: str, zone_name: str, moment: datetime) -> None:
    expression, zone = parsed(text), ZoneInfo(zone_name)
    until = moment + timedelta(hours=30)
    found = []
    for instant in expression.after(moment, zone):
        if instant > until:
            break
        found.append(instant)
    assert found == sorted(by_looking(text, zone, moment, until))


@given(EXPRESSIONS, st.sampled_from(ZONES + ODD_ZONES), MOMENTS)
@settings(max_examples=100, deadline=None)
def test_instants_grow_and_do_not_depend_on_where_the_search_began(text: str, zone_name: str, moment: datetime) -> None:
    expression, zone = parsed(text), ZoneInfo(zone_name)
    instants = list(islice(expression.after(moment, zone), 4))
    assert instants == sorted(set(instants))
    for place, instant in enumerate(instants):
        assert list(islice(expression.after(instant - timedelta(microseconds=1), zone), 1)) == [instant]
        assert list(islice(expression.after(instant, zone), 4 - place - 1)) == instants[place + 1 :]


@given(st.text(alphabet="0123456789*/-,LW#?H()@~ \tMONJAdaily", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_expression_or_a_refusal_in_one_line(text: str) -> None:
    try:
        expression = CronExpression.parse(text, seed="job")
    except InvalidValueError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - both ways are allowed
        return
    assert CronExpression.parse(expression.text) == expression


def by_looking(text: str, zone: ZoneInfo, moment: datetime, until: datetime) -> set[datetime]:
    """Return the instants in (moment, until] by asking of every minute of the wall clock what happens at it."""
    minute, hour = text.split()[:2]
    wildcard = minute.startswith("*") or hour.startswith("*")
    found: set[datetime] = set()
    wall = (moment - timedelta(days=2)).replace(tzinfo=None, second=0, microsecond=0)
    while wall < until.replace(tzinfo=None) + timedelta(days=2):
        if matches(text, wall):
            passes = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
            shown = [instant for instant in passes if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall]
            if wildcard:
                found.update(shown)
            else:
                found.add(shown[0] if shown else instant_of(wall, zone))
        wall += timedelta(minutes=1)
    return {instant for instant in found if moment < instant <= until}


def matches(text: str, wall: datetime) -> bool:
    minute, hour, day, month, weekday = text.upper().split()
    plain = allows(minute, wall.minute, 0, 59) and allows(hour, wall.hour, 0, 23) and allows(month, wall.month, 1, 12)
    if not plain:
        return False
    in_days = [day_matches(day, wall.date()), weekday_matches(weekday, wall.date())]
    return all(in_days) if day.startswith("*") or weekday.startswith("*") else any(in_days)


def day_matches(text: str, day: date) -> bool:
    last = (day + timedelta(days=1)).day == 1
    return any(last if item == "L" else allows(item, day.day, 1, 31) for item in text.split(","))


def weekday_matches(text: str, day: date) -> bool:
    text = text.replace("SUN", "0").replace("MON", "1").replace("FRI", "5")
    number = day.isoweekday() % 7
    for item in text.split(","):
        if item.endswith("L"):
            if int(item[0]) % 7 == number and (day + timedelta(days=7)).month != day.month:
                return True
        elif "#" in item:
            if int(item[0]) % 7 == number and int(item[2]) == (day.day + 6) // 7:
                return True
        elif allows(item, number, 0, 6) or (number == 0 and "/" not in item and allows(item, 7, 0, 6)):
            return True
    return False


def allows(text: str, value: int, least: int, greatest: int) -> bool:
    for item in text.split(","):
        base, _, step = item.partition("/")
        ends = (least, greatest) if base == "*" else tuple(map(int, base.split("-")))
        first, last = ends if len(ends) == 2 else (ends[0], greatest if step else ends[0])
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False
