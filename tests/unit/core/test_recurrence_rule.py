"""Rules of RFC 5545 as they are written, and how their ends are settled."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cron_actors.core.recurrence import Recurrence
from cron_actors.core.recurrence_end import RuleBudget, settled_rule
from cron_actors.core.recurrence_rule import Frequency, parse_rule
from cron_actors.errors import InvalidValueError

START = datetime(2027, 1, 4, 8)  # noqa: DTZ001 - what a clock shows
BERLIN = ZoneInfo("Europe/Berlin")


def test_letters_of_any_case_and_a_semicolon_at_the_end_are_borne() -> None:
    assert parse_rule("freq=daily;interval=2;") == parse_rule("FREQ=DAILY;INTERVAL=2")
    assert parse_rule("FREQ=DAILY").frequency is Frequency.DAILY


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FREQ=SECONDLY", "found FREQ=SECONDLY; accepted: DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=HOURLY;COUNT=3", "found FREQ=HOURLY; accepted: DAILY"),
        ("INTERVAL=2", "found no FREQ; accepted: DAILY"),
        ("", "found ''; accepted: FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "found FREQ twice; accepted: once"),
        ("FREQ=DAILY;BYEASTER=0", "found 'BYEASTER=0'; accepted: FREQ, INTERVAL, COUNT, UNTIL"),
        ("FREQ=DAILY;INTERVAL=0", "found INTERVAL=0; accepted: a whole number from 1 to 10000"),
        ("FREQ=DAILY;COUNT=1000000000", "found COUNT=1000000000; accepted: a whole number from 1 to 10000"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "found COUNT and UNTIL; accepted: one of them"),
        ("FREQ=DAILY;UNTIL=soon", "found UNTIL=SOON; accepted: a date such as 20271231, or a date-time"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "found 0 in BYMONTHDAY; accepted: whole numbers other than 0"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "found BYMONTHDAY=32; accepted: a whole number from -31 to 31"),
        ("FREQ=MONTHLY;BYDAY=60MO", "found 60MO in BYDAY; accepted: weekdays such as MO, 2TU, -1FR"),
        ("FREQ=WEEKLY;BYDAY=2TU", "found a number before a weekday; accepted: with FREQ=MONTHLY or YEARLY"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "found BYWEEKNO with FREQ=MONTHLY; accepted: with FREQ=YEARLY"),
        ("FREQ=WEEKLY;WKST=XX", "found WKST=XX; accepted: MO, TU"),
        ("FREQ=DAILY;BYHOUR=" + ",".join("0" * 1_500), "found a rule of 3017 characters; accepted: at most 2000"),
    ],
)
def test_what_is_not_accepted_is_named(text: str, message: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_rule(text)
    assert str(caught.value).startswith(message)


def test_a_rule_with_too_many_times_of_day_is_refused() -> None:
    minutes = ",".join(map(str, range(60)))
    with pytest.raises(InvalidValueError, match="found more than 96 times of day"):
        Recurrence.of(parse_rule(f"FREQ=DAILY;BYHOUR=1,2;BYMINUTE={minutes}"), START)


def test_a_week_without_a_weekday_means_that_of_the_start() -> None:
    yearly = Recurrence.of(parse_rule("FREQ=YEARLY;BYWEEKNO=20"), START)
    found = list(yearly.starts(datetime(2028, 1, 1), datetime(2029, 12, 31)))  # noqa: DTZ001 - what a clock shows
    assert [(at.isocalendar().week, at.isoweekday()) for at in found] == [(20, 1), (20, 1)]


def test_the_start_counts_even_if_the_rule_does_not_take_it() -> None:
    tuesdays = Recurrence.of(parse_rule("FREQ=WEEKLY;BYDAY=TU"), START)
    found = list(tuesdays.starts(START, datetime(2027, 1, 13)))  # noqa: DTZ001 - what a clock shows
    assert [at.day for at in found] == [4, 5, 12]


def test_an_interval_is_counted_from_the_start_wherever_one_looks() -> None:
    fortnightly = Recurrence.of(parse_rule("FREQ=WEEKLY;INTERVAL=2"), START)
    found = list(fortnightly.starts(datetime(2027, 1, 11), datetime(2027, 2, 16)))  # noqa: DTZ001 - what a clock shows
    assert [(at.month, at.day) for at in found] == [(1, 18), (2, 1), (2, 15)]


@pytest.mark.parametrize(
    ("text", "zone", "settled"),
    [
        ("FREQ=DAILY", BERLIN, "FREQ=DAILY"),
        ("freq=daily;interval=2", BERLIN, "FREQ=DAILY;INTERVAL=2"),
        ("COUNT=3;FREQ=DAILY", BERLIN, "FREQ=DAILY;UNTIL=20270106T080000"),
        ("FREQ=DAILY;COUNT=1", BERLIN, "FREQ=DAILY;UNTIL=20270104T080000"),
        ("FREQ=DAILY;UNTIL=20270630T220000Z", BERLIN, "FREQ=DAILY;UNTIL=20270701T000000"),
        ("FREQ=DAILY;UNTIL=20270630T220000Z", None, "FREQ=DAILY;UNTIL=20270630T220000"),
        ("FREQ=DAILY;UNTIL=20270630T220000", BERLIN, "FREQ=DAILY;UNTIL=20270630T220000"),
        ("FREQ=DAILY;UNTIL=20270630;BYDAY=MO", BERLIN, "FREQ=DAILY;BYDAY=MO;UNTIL=20270630T235959"),
    ],
)
def test_an_end_is_settled_on_the_clock_of_the_event(text: str, zone: ZoneInfo | None, settled: str) -> None:
    assert settled_rule(text, START, zone, RuleBudget()) == settled


def test_a_count_that_a_hundred_years_do_not_hold_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="found COUNT=5, for which 100 years are too short"):
        settled_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", START, None, RuleBudget())


def test_rules_of_one_file_share_what_they_may_cost() -> None:
    budget = RuleBudget(times=3, years=50)
    settled_rule("FREQ=YEARLY;COUNT=40", START, None, budget)
    with pytest.raises(InvalidValueError, match="more than 1000 years of COUNT in all rules together"):
        settled_rule("FREQ=YEARLY;COUNT=40", START, None, budget)
    with pytest.raises(InvalidValueError, match="more than 500 starts a day in all rules together"):
        settled_rule("FREQ=DAILY;BYHOUR=8,9", START, None, budget)
