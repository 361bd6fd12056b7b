from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from cron_actors.core.cron import CronExpression
from cron_actors.core.moments import iso
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import DayMatch, Dst, DstMissing, DstRepeated

BERLIN = ZoneInfo("Europe/Berlin")
GMT = ZoneInfo("UTC")


SHIFTED, SKIPPED = Dst(missing=DstMissing.SHIFT), Dst(missing=DstMissing.SKIP)
FIRST, LAST, BOTH = (Dst(repeated=repeated) for repeated in DstRepeated)


def instants(text: str, after: str, count: int = 3, zone: ZoneInfo = GMT, dst: Dst = Dst()) -> list[str]:  # noqa: B008 - a frozen value
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    return [iso(instant) for instant in islice(CronExpression.parse(text).after(moment, zone, dst), count)]


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("@yearly", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"),
        ("@annually", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"),
        ("@monthly", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("@weekly", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"),
        ("@Daily", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
        ("@midnight", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
        (" @hourly ", "2026-11-21T13:00:00Z", "2026-11-21T14:00:00Z"),
        ("\t0\t0  1 1 * ", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"),
        ("5-5 * * * *", "2026-11-21T12:05:00Z", "2026-11-21T13:05:00Z"),
        ("59/15 * * * *", "2026-11-21T12:59:00Z", "2026-11-21T13:59:00Z"),
        ("50/5 23 * * *", "2026-11-21T23:50:00Z", "2026-11-21T23:55:00Z"),
        ("0 0 * jan-JAN *", "2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"),
        ("0 0 * * 7", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"),
        ("0 0 * * sat-sun", "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z"),
        ("0 0 * * 4/2", "2026-11-26T00:00:00Z", "2026-11-28T00:00:00Z"),
        ("0 0 8 * 5#3", "2026-12-08T00:00:00Z", "2026-12-18T00:00:00Z"),
        ("0 0 ? * 1,5#4", "2026-11-23T00:00:00Z", "2026-11-27T00:00:00Z"),
        ("0 0 * * 5L", "2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"),
        ("0 0 * * friL", "2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"),
        ("0 0 L * ?", "2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z"),
        ("0 0 15W * *", "2026-12-15T00:00:00Z", "2027-01-15T00:00:00Z"),
        ("0 0 1W * *", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("0 0 1W 5,8 *", "2027-05-03T00:00:00Z", "2027-08-02T00:00:00Z"),
        ("0 0 31W * *", "2026-12-31T00:00:00Z", "2027-01-29T00:00:00Z"),
        ("0 0 30W 1,5 *", "2027-01-29T00:00:00Z", "2027-05-31T00:00:00Z"),
        ("0 0 28W 2 *", "2027-02-26T00:00:00Z", "2028-02-28T00:00:00Z"),
        ("0 0 LW * *", "2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z"),
        ("0 0 LW 1,10 *", "2027-01-29T00:00:00Z", "2027-10-29T00:00:00Z"),
        ("0 0 L-3 * *", "2026-11-27T00:00:00Z", "2026-12-28T00:00:00Z"),
        ("0 0 L-30 * *", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("0 0 22,L-7,15W * *", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
        ("0 0 29W 2 *", "2028-02-29T00:00:00Z", "2032-02-27T00:00:00Z"),
        ("0 0 */2 * 5#4", "2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"),
        ("0 0 15W * */2", "2026-12-15T00:00:00Z", "2027-04-15T00:00:00Z"),
        ("0 0 L-3 * 1#1", "2026-11-27T00:00:00Z", "2026-12-07T00:00:00Z"),
        ("0 0 * * 2#1,5L,3", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z"),
        ("0 0 29 2 */2", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"),
        ("0 0 * 2 3#5", "2040-02-29T00:00:00Z", "2068-02-29T00:00:00Z"),
        ("0 0 13,L * 5L", "2026-11-27T00:00:00Z", "2026-11-30T00:00:00Z"),
        ("0 0 */2 * 1", "2026-11-23T00:00:00Z", "2026-12-07T00:00:00Z"),
        ("0 0 30 2 1", "2027-02-01T00:00:00Z", "2027-02-08T00:00:00Z"),
        ("0 0 31 * *", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z"),
        ("0 0 29 2 *", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"),
        ("30 * * * * *", "2026-11-21T12:00:30Z", "2026-11-21T12:01:30Z"),
        ("*/20 0 0 * * *", "2026-11-22T00:00:00Z", "2026-11-22T00:00:20Z"),
        ("0 0 0 1 1 ? 2098/1", "2098-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
        ("0 0 0 L 2 ? 2027,2028", "2027-02-28T00:00:00Z", "2028-02-29T00:00:00Z"),
    ],
)
def test_an_expression_names_these_instants(text: str, first: str, second: str) -> None:
    assert instants(text, "2026-11-21T12:00:00", 2) == [first, second]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "is blank"),
        ("* * * *", "has 4 fields; accepted are 5 fields"),
        ("hello", "has 1 field;"),
        ("* * * * * * * *", "has 8 fields"),
        ("60 * * * *", "minute field '60': 60 is out of range; accepted are 0 to 59"),
        ("* 24 * * *", "hour field '24': 24 is out of range, midnight is 0; accepted are 0 to 23"),
        ("* * 0 * *", "day of month field '0'"),
        ("* * * 13 *", "accepted are 1 to 12 or JAN to DEC"),
        ("* * * * 8", "day of week field '8': 8 is out of range; accepted are 0 to 7"),
        ("60 * * * * *", "second field"),
        ("0 0 0 1 1 ? 1969", "year field '1969'"),
        ("0 0 0 1 1 ? H", "H is not accepted here"),
        ("30-10 * * * *", "the range '30-10' is reversed"),
        ("* * * * FRI-MON", "is reversed"),
        ("* * * * 7/2", "write 0/2"),
        ("*/0 * * * *", "the step of '*/0' is not accepted; accepted are whole numbers from 1 to 59"),
        (
            "*/60 * * * *",
            "the step of '*/60' is not accepted; accepted are whole numbers from 1 to 59; for once a round",
        ),
        ("* */24 * * *", "write one value, such as 0"),
        ("*/ * * * *", "the step of '*/'"),
        ("*/5/5 * * * *", "the step of '*/5/5'"),
        ("1,,2 * * * *", "empty item"),
        ("1, * * * *", "empty item"),
        ("-5 * * * *", "signs and half ranges"),
        ("+5 * * * *", "signs and half ranges"),
        ("5- * * * *", "signs and half ranges"),
        ("0 0 * JANUARY *", "'JANUARY' is too long; write JAN"),
        ("0 0 * * monday", "'MONDAY' is too long; write MON"),
        ("0 0 * FOO *", "'FOO' is not a value"),
        ("JAN * * * *", "'JAN' is not a value"),
        ("? * * * *", "? is accepted only in day of month and day of week"),
        ("0 0 ?,1 * *", "'?' is not a value"),
        ("0 0 32W * *", "day of month field '32W': 32 is out of range; accepted are 1 to 31"),
        ("0 0 0W * *", "0 is out of range"),
        ("0 0 W * *", "write 15W, or LW for the last"),
        ("0 0 WL * *", "write 15W, or LW for the last"),
        ("0 0 1-15W * *", "the nearest weekday is that of one day"),
        ("0 0 L-3W * *", "'L-3W' is not accepted"),
        ("0 0 15W/2 * *", "'15W' is not a value"),
        ("0 0 L-0 * *", "accepted are L, the last day, and L-1 to L-30"),
        ("0 0 L-31 * *", "'L-31' is in no month"),
        ("0 0 L-99999 * *", "'L-99999' is in no month"),
        ("0 0 5L * *", "'5L' is a day of the week; it belongs in the day of week field"),
        ("0 0 FRI#2 * *", "it belongs in the day of week field"),
        ("0 L * * *", "'L' is a day of the month; it belongs in the day of month field"),
        ("15W 0 * * *", "minute field '15W': '15W' is a day of the month"),
        ("0 0 * 5L *", "month field '5L': '5L' is a day of the week"),
        ("0 0 WED * *", "'WED' is not a value"),
        ("0 0 * * L", "write 5L"),
        ("0 0 * * LW", "or LW in the day of month field"),
        ("0 0 * * 15W", "'15W' is a day of the month"),
        ("0 0 * * 1#6", "#1 to #5"),
        ("0 0 * * 1#0", "#1 to #5"),
        ("0 0 * * 1-5#2", "a place in the month is that of one weekday"),
        ("0 0 * * 1-5L", "a place in the month is that of one weekday"),
        ("0 0 30 2 *", "day of month field '30': no month '2' has such a day; write a date that comes in some year"),
        ("0 0 31 2,4,6 *", "no month '2,4,6' has such a day"),
        ("0 0 30,31 2 */2", "day of month field '30,31' with day of week field '*/2'"),
        ("0 0 0 29 2 ? 2027", "no month '2' of '2027' has such a day"),
        ("0 0 0 ? 2 1#5 2027", "day of week field '1#5': no month '2' of '2027' has such a day"),
        ("0 0 31W 2,4 *", "day of month field '31W': no month '2,4' has such a day"),
        ("0 0 L-29 2 *", "day of month field 'L-29'"),
        ("0 0 L-30 4,6 *", "day of month field 'L-30'"),
        ("0 0 */30 * 3#4", "day of month field '*/30' with day of week field '3#4'"),
        ("R * * * *", "is random"),
        ("R(0-5)/2 * * * *", "is random"),
        ("0~30 * * * *", "is random"),
        ("H(30-10) * * * *", "is reversed"),
        ("H(0-60) * * * *", "60 is out of range"),
        ("@every 5m", "write it as periodicity"),
        ("@reboot", "write it as at_startup: true"),
        ("@dayly", "did you mean @daily?"),
        ("@", "is an unknown word"),
        ("TZ=UTC 0 0 * * *", "set it as the job's `timezone`"),
        ("CRON_TZ=Europe/Berlin 0 0 * * *", "set it as the job's `timezone`"),
        ("* * * * *" + " " * 250, "longer than 256 characters"),
        ("9" * 200 + " * * * *", "is not a value"),
        ("\N{ARABIC-INDIC DIGIT FIVE} * * * *", "characters other than ASCII"),
        ("0\N{NO-BREAK SPACE}0 * * *", "characters other than ASCII"),
        ("0 0 * *\n*", "characters other than ASCII"),
        (None, "is not a text"),
        (5, "is not a text"),
        (["* * * * *"], "is not a text"),
    ],
)
def test_anything_else_is_refused_with_its_field_and_reason(text: object, wrong: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        CronExpression.parse(text)
    assert wrong in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_expression_whose_years_are_over_never_fires() -> None:
    assert instants("0 0 0 1 1 ? 2025", "2026-11-21T12:00:00") == []


def test_the_end_of_the_calendar_ends_the_instants() -> None:
    assert instants("0 0 1 1 *", "9997-06-01T00:00:00", 5)[:2] == ["9998-01-01T00:00:00Z", "9999-01-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("30 2 * * *", "2026-03-28T02:00", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("0,30 2,3 * * *", "2026-03-29T00:00", ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]),
        ("*/10 30 2 * * *", "2026-03-29T00:00", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("30 2 * * *", "2026-10-24T12:00", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        ("30 2 * * *", "2026-10-25T01:00", ["2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]),
        ("30 * * * *", "2026-03-29T00:00", ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]),
        ("*/30 2 * * *", "2026-03-29T00:00", ["2026-03-30T00:00:00Z", "2026-03-30T00:30:00Z"]),
        ("30 * * * *", "2026-10-25T00:00", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        ("*/40 2 25 10 *", "2026-10-25T00:00", ["2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z"]),
        ("*/40 2 25 10 *", "2026-10-25T00:45", ["2026-10-25T01:00:00Z", "2026-10-25T01:40:00Z"]),
        ("*/40 2 25 10 *", "2026-10-25T01:10", ["2026-10-25T01:40:00Z", "2027-10-25T00:00:00Z"]),
    ],
)
def test_clock_changes_follow_debian(text: str, after: str, expected: list[str]) -> None:
    assert instants(text, after, 2, BERLIN) == expected


@pytest.mark.parametrize(
    ("text", "dst", "after", "expected"),
    [
        ("30 2 * * *", SKIPPED, "2026-03-28T12:00", ["2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]),
        ("*/30 2 * * *", SHIFTED, "2026-03-29T00:00", ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
        ("*/30 * * * *", SHIFTED, "2026-03-29T00:30", ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]),
        ("*/30 2 * * *", SKIPPED, "2026-03-29T00:00", ["2026-03-30T00:00:00Z", "2026-03-30T00:30:00Z"]),
        ("30 2 * * *", LAST, "2026-10-24T12:00", ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]),
        ("30 2 * * *", LAST, "2026-10-25T00:45", ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]),
        ("30 2 * * *", LAST, "2026-10-25T01:30", ["2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]),
        ("30 2 * * *", BOTH, "2026-10-24T12:00", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        ("30 2 * * *", BOTH, "2026-10-25T00:45", ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]),
        ("*/40 2 * * *", FIRST, "2026-10-25T00:00", ["2026-10-25T00:40:00Z", "2026-10-26T01:00:00Z"]),
        ("*/40 2 * * *", LAST, "2026-10-25T00:00", ["2026-10-25T01:00:00Z", "2026-10-25T01:40:00Z"]),
        ("59 1-3 25 10 *", LAST, "2026-10-24T23:50", ["2026-10-24T23:59:00Z", "2026-10-25T01:59:00Z"]),
    ],
)
def test_a_job_may_have_another_rule_for_clock_changes(text: str, dst: Dst, after: str, expected: list[str]) -> None:
    assert instants(text, after, 2, BERLIN, dst) == expected


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        # A day that was left out: every fixed time of it happens at the midnight after it, as one.
        ("0 9,12 * * *", "Pacific/Apia", "2011-12-29T23:00", ["2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"]),
        ("0 0 30 12 *", "Pacific/Apia", "2011-12-29T12:00", ["2011-12-30T10:00:00Z", "2012-12-29T10:00:00Z"]),
        # Midnight itself was skipped.
        ("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00", ["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"]),
        # Half an hour is skipped, or comes twice.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]),
        # In Dublin winter is the exception, by a negative shift.
        ("30 1 * * *", "Europe/Dublin", "2026-03-28T12:00", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("30 1 * * *", "Europe/Dublin", "2026-10-24T12:00", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        # The standard time itself was changed, by half an hour.
        ("15 0 5 5 *", "Asia/Pyongyang", "2018-05-04T00:00", ["2018-05-04T15:15:00Z", "2019-05-04T15:15:00Z"]),
        ("45 23 4 5 *", "Asia/Pyongyang", "2018-05-04T00:00", ["2018-05-04T15:00:00Z", "2019-05-04T14:45:00Z"]),
    ],
)
def test_the_rule_is_the_same_for_every_kind_of_clock_change(
    text: str, zone: str, after: str, expected: list[str]
) -> None:
    assert instants(text, after, 2, ZoneInfo(zone)) == expected


def test_a_last_pass_is_not_lost_on_a_repeated_midnight() -> None:
    havana = ZoneInfo("America/Havana")
    assert instants("0 0 * * *", "2026-10-31T12:00", 2, havana) == ["2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"]
    assert instants("0 0 * * *", "2026-10-31T12:00", 2, havana, LAST) == [
        "2026-11-01T05:00:00Z",
        "2026-11-02T05:00:00Z",
    ]


def test_both_passes_of_a_repeated_hour_come_in_their_order() -> None:
    moment = datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)
    found = list(islice(CronExpression.parse("*/5 * * * *").after(moment, BERLIN), 24))
    assert {after - before for before, after in pairwise(found)} == {timedelta(minutes=5)}


def test_a_skipped_day_does_not_stop_a_job_of_every_second() -> None:
    moment = datetime(2011, 12, 30, 9, 59, 58, tzinfo=UTC)
    found = list(islice(CronExpression.parse("* * * * * *").after(moment, ZoneInfo("Pacific/Apia")), 3))
    assert [iso(instant) for instant in found] == [
        "2011-12-30T09:59:59Z",
        "2011-12-30T10:00:00Z",
        "2011-12-30T10:00:01Z",
    ]


def test_h_is_the_same_on_every_machine_and_spreads_over_identifiers() -> None:
    assert (
        CronExpression.parse("H H * * *", seed="backup").text == CronExpression.parse("h h * * *", seed="backup").text
    )
    assert CronExpression.parse("H H H H H", seed="backup").text == "34 8 28 10 4"
    assert len({CronExpression.parse("H * * * *", seed=f"job-{number}").text for number in range(200)}) > 40


@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_h_stays_within_its_range_and_step(seed: str) -> None:
    minutes = CronExpression.parse("H(10-20) * * * *", seed=seed).minutes
    assert len(minutes) == 1
    assert 10 <= min(minutes) <= 20
    spread = sorted(CronExpression.parse("H/15 * * * *", seed=seed).minutes)
    assert len(spread) == 4
    assert spread == list(range(spread[0], 60, 15))
    assert max(CronExpression.parse("H(0-29)/10,59 * * * *", seed=seed).minutes) == 59


def test_h_in_the_day_of_month_is_in_every_month() -> None:
    for number in range(60):
        expression = CronExpression.parse("0 0 H * *", seed=str(number))
        moment = datetime(2026, 12, 31, 12, tzinfo=UTC)
        assert [instant.month for instant in islice(expression.after(moment, GMT), 3)] == [1, 2, 3]


@pytest.mark.parametrize(("text", "says"), [("0 0 * * *", False), ("0 0 0 * * *", False), ("5 0 0 * * *", True)])
def test_an_expression_knows_whether_it_names_seconds(text: str, says: bool) -> None:  # noqa: FBT001 - a column
    assert CronExpression.parse(text).has_seconds is says


def test_both_day_fields_count_always_where_a_job_says_so() -> None:
    thirteenth = CronExpression.parse("0 0 13 * 5", day_match=DayMatch.ALL)
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    found = [iso(instant) for instant in islice(thirteenth.after(moment, GMT), 2)]
    assert found == ["2027-08-13T00:00:00Z", "2028-10-13T00:00:00Z"]
    assert thirteenth != CronExpression.parse("0 0 13 * 5")
    with pytest.raises(InvalidValueError, match="'8' with day of week field '5#1': no month '\\*' has such a day"):
        CronExpression.parse("0 0 8 * 5#1", day_match=DayMatch.ALL)


def test_an_expression_is_a_plain_value() -> None:
    expression = CronExpression.parse("0 0 * * 5#3")
    assert pickle.loads(pickle.dumps(expression)) == expression  # noqa: S301 - made one line above
