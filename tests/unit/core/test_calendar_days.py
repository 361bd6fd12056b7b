"""Days, ranges and weekdays as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from cron_actors.core.calendar_days import days_text, joined, parse_days, parse_weekday
from cron_actors.errors import InvalidValueError

FIRST, LAST = date(2027, 12, 24), date(2027, 12, 26)


@pytest.mark.parametrize(
    ("value", "days"),
    [
        ("2027-12-24", (FIRST, FIRST)),
        (" 2027-12-24 ", (FIRST, FIRST)),
        ("2027-12-24..2027-12-26", (FIRST, LAST)),
        ("2027-12-24 .. 2027-12-26", (FIRST, LAST)),
        ("2027-12-24..2027-12-24", (FIRST, FIRST)),
        ({"from": "2027-12-24", "to": "2027-12-26"}, (FIRST, LAST)),
    ],
)
def test_days_and_ranges_are_read(value: object, days: tuple[date, date]) -> None:
    assert parse_days(value) == days
    assert parse_days(days_text(days)) == days


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2027-12-32", "found '2027-12-32', which is on no calendar; accepted: a day such as 2027-01-01"),
        ("2027-02-29..2027-03-01", "found '2027-02-29', which is on no calendar"),
        ("2027/12/24", "found '2027/12/24'; accepted: a day such as 2027-01-01, or a range such as 2027-12-24..2027"),
        ("24.12.2027", "found '24.12.2027'; accepted: a day"),
        ("2027-12-24T00:00:00", "found '2027-12-24T00:00:00'; accepted: a day"),
        ("2027-12-24..", "found ''; accepted: a day"),
        ("2027-12-24..2027-12-25..2027-12-26", "found '2027-12-25..2027-12-26'; accepted: a day"),
        ("2027-12-26..2027-12-24", "found a range that ends, on 2027-12-24, before it begins, on 2027-12-26; accepted"),
        ("1969-12-31", "found '1969-12-31'; accepted: a day of the years 1970 to 9998"),
        ("9999-01-01", "found '9999-01-01'; accepted: a day of the years 1970 to 9998"),
        ("٢٠٢٧-01-01", "found '٢٠٢٧-01-01'; accepted: a day"),
        ({"from": "2027-12-24"}, "found None; accepted: a day"),
        (5, "found the number 5; accepted: a day"),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(value: object, message: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_days(value)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("value", "number"), [("mon", 0), ("SUN", 6), (" Sat ", 5)])
def test_weekdays_are_read_whatever_the_case(value: str, number: int) -> None:
    assert parse_weekday(value) == number


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("saturday", "found 'saturday', did you mean 'sat'?; accepted: mon, tue, wed, thu, fri, sat, sun"),
        ("6", "found '6'; accepted: mon, tue"),
        (6, "found the number 6; accepted: mon, tue"),
        ("", "found ''; accepted: mon, tue"),
    ],
)
def test_other_weekdays_are_refused_with_the_nearest(value: object, message: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_weekday(value)
    assert str(caught.value).startswith(message)


def test_ranges_that_overlap_or_follow_each_other_are_one() -> None:
    def day(number: int) -> date:
        return date(2027, 1, number)

    ranges = [(day(9), day(9)), (day(1), day(3)), (day(4), day(4)), (day(2), day(2)), (day(6), day(7))]
    assert joined(ranges) == ((day(1), day(4)), (day(6), day(7)), (day(9), day(9)))
