"""Rules that repeat, against the library dateutil, which counts from the first start."""

from __future__ import annotations

from datetime import datetime, timedelta

from dateutil.rrule import rrulestr  # type: ignore[import-untyped] # its stubs are a package of their own
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cron_actors.core.recurrence import Recurrence
from cron_actors.core.recurrence_rule import parse_rule

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def numbers(least: int, greatest: int, *, signed: bool = False) -> st.SearchStrategy[str]:
    values = st.integers(least, greatest)
    if signed:
        values |= st.integers(-greatest, -least)
    return st.lists(values, min_size=1, max_size=3, unique=True).map(lambda found: ",".join(map(str, found)))


@st.composite
def days(draw: st.DrawFn, frequency: str) -> dict[str, str]:
    """Draw tests of a day that some day passes: the oracle would look for one until the year 9999."""
    plain = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3).map(",".join)
    place = st.builds(str.__add__, st.sampled_from(["1", "2", "-1", "+3", "-4", "5"]), st.sampled_from(WEEKDAYS))
    month = st.fixed_dictionaries({}, optional={"BYMONTH": numbers(1, 12)})
    choices = [st.fixed_dictionaries({}, optional={"BYMONTHDAY": numbers(1, 28, signed=True), "BYDAY": plain})]
    if frequency in ("MONTHLY", "YEARLY"):
        # all with a place: of a plain weekday beside one with a place dateutil takes what both name
        choices.append(st.fixed_dictionaries({"BYDAY": st.lists(place, min_size=1, max_size=3).map(",".join)}))
    parts = draw(month) | draw(st.one_of(choices))
    if frequency == "YEARLY" and draw(st.booleans()):
        # dateutil takes every day of a week that names no weekday
        week = st.fixed_dictionaries({"BYWEEKNO": numbers(1, 52, signed=True), "BYDAY": plain})
        parts = draw(week | st.fixed_dictionaries({"BYYEARDAY": numbers(1, 365, signed=True)}))
    return parts


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    others = {
        "INTERVAL": st.integers(1, 5).map(str),
        "BYHOUR": numbers(0, 23),
        "BYMINUTE": numbers(0, 59),
        "WKST": st.sampled_from(WEEKDAYS),
        "BYSETPOS": st.sampled_from(["1", "-1", "-1,1"]),
    }
    parts = {"FREQ": frequency} | draw(days(frequency)) | draw(st.fixed_dictionaries({}, optional=others))
    return ";".join(f"{name}={value}" for name, value in parts.items())


STARTS = st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - what clocks show


@settings(max_examples=150)
@given(rule=rules(), start=STARTS, skipped=st.timedeltas(timedelta(0), timedelta(days=900)))
def test_starts_are_those_of_a_library_that_counts_from_the_first(
    rule: str, start: datetime, skipped: timedelta
) -> None:
    end = start + timedelta(days=1_500)
    expected = rrulestr(f"{rule};UNTIL={end:%Y%m%dT%H%M%S}", dtstart=start)
    begin = start + skipped
    found = list(Recurrence.of(parse_rule(rule), start).starts(begin, end))
    wanted = sorted({at for at in expected if at >= begin} | ({start} if skipped == timedelta(0) else set()))
    assert found == wanted


@settings(max_examples=100)
@given(rule=rules(), start=STARTS, count=st.integers(1, 12))
def test_a_count_ends_where_a_library_ends_it(rule: str, start: datetime, count: int) -> None:
    horizon = f"{rule};UNTIL={start + timedelta(days=3_000):%Y%m%dT%H%M%S}"
    expected = sorted({start, *rrulestr(horizon, dtstart=start)})[:count]
    assume(len(expected) == count)
    assert Recurrence.of(parse_rule(rule), start).last_start(count) == expected[-1]
