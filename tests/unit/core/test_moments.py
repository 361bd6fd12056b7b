from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core import moments
from cron_actors.core.moments import iso, parse_end_date, parse_instant, parse_run_at, parse_start_date, parse_zone
from cron_actors.errors import InvalidValueError

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
GMT = ZoneInfo("UTC")


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_a_zone_is_taken_by_its_iana_name(name: str) -> None:
    assert parse_zone(name).key == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("America/New York", "did you mean 'America/New_York'?"),
        ("utc", "did you mean 'UTC'?"),
        ("Berlin", "did you mean 'Europe/Berlin'?"),
        ("new york", "did you mean 'America/New_York'?"),
        ("GMT+5", "'GMT+5' is not a time zone; accepted"),
        ("+02:00", "IANA name"),
        ("", "IANA name"),
        ("../etc/passwd", "IANA name"),
        ("/etc/localtime", "IANA name"),
        ("America", "IANA name"),
        ("localtime", "IANA name"),
        ("right/UTC", "IANA name"),
        (None, "IANA name"),
        (2, "IANA name"),
        (["UTC"], "IANA name"),
        ("Europe/Berlin\0", "IANA name"),
    ],
)
def test_any_other_zone_is_refused_with_the_nearest_name(name: object, hint: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        parse_zone(name)
    assert hint in str(refusal.value)


@pytest.mark.parametrize("name", ["CEST", "PDT", "IST", "BST", "GMT+1", "Berlin time"])
def test_no_zone_is_guessed_from_an_abbreviation(name: str) -> None:
    with pytest.raises(InvalidValueError, match=r"accepted is an IANA name such as Europe/Berlin") as refusal:
        parse_zone(name)
    assert "did you mean" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-21", "2026-11-20T23:00:00Z"),
        (date(2026, 11, 21), "2026-11-20T23:00:00Z"),
        ("2026-11-21T03:00", "2026-11-21T02:00:00Z"),
        ("2026-11-21 03:00:30", "2026-11-21T02:00:30Z"),
        ("2026-11-21T03:00:00.25", "2026-11-21T02:00:00.250000Z"),
        ("2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z"),
        ("2026-11-21t03:00:00z", "2026-11-21T03:00:00Z"),
        ("2026-11-21T03:00:00+05:30", "2026-11-20T21:30:00Z"),
        ("2026-11-21T03:00:00-0800", "2026-11-21T11:00:00Z"),
        ("2026-11-21 03:00 +09", "2026-11-20T18:00:00Z"),
        (datetime(2026, 11, 21, 3), "2026-11-21T02:00:00Z"),  # noqa: DTZ001 - YAML makes naive date-times
        (datetime(2026, 11, 21, 3, tzinfo=timezone(timedelta(hours=2))), "2026-11-21T01:00:00Z"),
        ("2026-03-29T02:30", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        (" 2026-11-21 ", "2026-11-20T23:00:00Z"),
    ],
)
def test_a_start_date_is_read_in_the_zone_of_the_job_unless_it_names_one(value: object, expected: str) -> None:
    moment = parse_start_date(value, BERLIN)
    assert iso(moment) == expected
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-21", "2026-11-21T22:59:59.999999Z"),
        (date(2026, 11, 21), "2026-11-21T22:59:59.999999Z"),
        ("2026-03-29", "2026-03-29T21:59:59.999999Z"),
        ("2026-11-21T12:00", "2026-11-21T11:00:00Z"),
        ("2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z"),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), "2026-11-21T12:00:00Z"),
    ],
)
def test_an_end_date_holds_its_whole_day_and_a_date_with_a_time_that_moment(value: object, expected: str) -> None:
    assert iso(parse_end_date(value, BERLIN)) == expected


@pytest.mark.parametrize("parse", [parse_start_date, parse_end_date, parse_run_at])
@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("2022-15-21", "month must be in 1..12"),
        ("2022-02-30", "'2022-02-30' is not a date: day"),
        ("2022/11/21", "is not a date"),
        ("21-11-2022", "is not a date"),
        ("20221121", "is not a date"),
        (20221121, "the number 20221121 is not a date"),
        ("2022-11-21T25:00", "hour must be in 0..23"),
        ("2022-11-21T10", "is not a date"),
        ("2022-11-21x10:00", "is not a date"),
        ("2022-11-21T10:00 Europe/Berlin", "is not a date"),
        ("2022-11-21T10:00+25:00", "impossible offset"),
        ("2022-11-21T10:00+00:99", "impossible offset"),
        ("2022-W01-1", "is not a date"),
        ("\N{FULLWIDTH DIGIT TWO}022-11-21", "is not a date"),
        ("0001-01-01", "outside the years 1970 to 9998"),
        ("0001-01-01T00:00:00+14:00", "outside the years 1970 to 9998"),
        ("9999-12-31T23:59:59-14:00", "outside the years 1970 to 9998"),
        (date(9999, 12, 31), "'9999-12-31' is outside the years"),
        ("", "is not a date"),
        (None, "is not a date"),
        (True, "is not a date"),
    ],
)
def test_what_is_no_date_is_refused_with_the_accepted_forms(parse: object, value: object, wrong: str) -> None:
    assert callable(parse)
    with pytest.raises(InvalidValueError) as refusal:
        parse(value, GMT)
    assert wrong in str(refusal.value)
    assert "2026-11-21T03:00:00Z" in str(refusal.value)


@pytest.mark.parametrize("text", ["Jan 01 2024 10:14:50", "jan 1 2024 10:14:50", "Jan 01, 2024  10:14:50"])
def test_run_at_accepts_a_date_in_english_in_the_zone_of_the_job(text: str) -> None:
    assert iso(parse_run_at(text, TOKYO)) == "2024-01-01T01:14:50Z"


@pytest.mark.parametrize("text", ["Foo 01 2024 10:14:50", "Jan 32 2024 10:14:50", "Jan 01 2024", "Jan 01 24 10:14:50"])
def test_run_at_refuses_a_broken_date_in_english(text: str) -> None:
    with pytest.raises(InvalidValueError, match="Nov 21 2026"):
        parse_run_at(text, TOKYO)


def test_a_start_date_is_not_written_in_english() -> None:
    with pytest.raises(InvalidValueError, match="YYYY-MM-DD"):
        parse_start_date("Jan 01 2024 10:14:50", TOKYO)


def test_an_option_is_read_as_iso_8601() -> None:
    assert iso(parse_instant("2026-11-21T09:00", TOKYO)) == "2026-11-21T00:00:00Z"
    with pytest.raises(InvalidValueError, match="a moment is"):
        parse_instant("tomorrow", TOKYO)


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from([UTC, BERLIN, TOKYO]))
def test_one_moment_has_one_text_whatever_its_zone(moment: datetime, zone: ZoneInfo) -> None:
    if 1 < moment.year < 9999:
        assert iso(moment.astimezone(zone)) == iso(moment)


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9998, 1, 1)))  # noqa: DTZ001 - hypothesis asks so
def test_the_canonical_text_reads_back_as_the_moment(wall: datetime) -> None:
    moment = wall.replace(tzinfo=UTC)
    assert parse_instant(iso(moment), TOKYO) == moment


def test_a_naive_moment_has_no_canonical_text() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        iso(datetime(2026, 1, 1))  # noqa: DTZ001 - the naive one is the point


def test_an_hour_that_a_clock_shows_twice_is_written_as_two() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    second = first.replace(fold=1)
    assert first == second, "what Python takes for equal is not one instant"
    assert (iso(first), iso(second)) == ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(moments).failed == 0
