"""What calendars hold: days and weekdays on the clock of the asker, events on their own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cron_actors.core.calendars import free_from, holds
from cron_actors.model.calendar import Calendar, CalendarEvent

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")
HOUR = timedelta(hours=1)
CHRISTMAS = Calendar(name="christmas", days=((date(2027, 12, 24), date(2027, 12, 26)),))
WEEKEND = Calendar(name="weekend", weekdays=frozenset({5, 6}))


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def event(start: str, length: timedelta, *, zone: str | None = None, rule: str | None = None) -> CalendarEvent:
    return CalendarEvent(start=datetime.fromisoformat(start), length=length, zone=zone, rule=rule)


def calendar(*events: CalendarEvent) -> Calendar:
    return Calendar(name="events", events=events)


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        ("2027-12-23T23:59:59.999999", False),
        ("2027-12-24T00:00", True),
        ("2027-12-26T23:59:59.999999", True),
        ("2027-12-27T00:00", False),
        ("2026-12-25T12:00", False),
    ],
)
def test_both_ends_of_a_range_of_days_are_held_as_a_whole(moment: str, *, held: bool) -> None:
    assert holds([CHRISTMAS], at(moment), BERLIN) is held


def test_a_day_is_that_of_the_zone_in_which_the_calendar_is_read() -> None:
    late = at("2027-12-26T23:30", NEW_YORK)
    assert not holds([CHRISTMAS], late, BERLIN)
    assert holds([CHRISTMAS], late, NEW_YORK)


def test_weekdays_are_held_week_after_week() -> None:
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(800)]
    held = {day for day in days if holds([WEEKEND], at(f"{day}T12:00"), BERLIN)}
    assert held == {day for day in days if day.isoweekday() in (6, 7)}


def test_an_instant_in_any_of_several_calendars_is_held() -> None:
    assert holds([WEEKEND, CHRISTMAS], at("2027-12-24T09:00"), BERLIN)
    assert holds([CHRISTMAS, WEEKEND], at("2027-12-18T09:00"), BERLIN)
    assert not holds([CHRISTMAS, WEEKEND], at("2027-12-17T09:00"), BERLIN)
    assert not holds([], at("2027-12-24T09:00"), BERLIN)


def test_the_days_of_clock_changes_are_held_from_midnight_to_midnight() -> None:
    changes = Calendar(name="changes", days=((date(2027, 3, 28), date(2027, 3, 28)), (date(2027, 10, 31),) * 2))
    for day, hours in ((28, 23), (31, 25)):
        begin = at(f"2027-{3 if day == 28 else 10}-{day}T00:00".replace("-3-", "-03-"))
        assert not holds([changes], begin - timedelta(seconds=1), BERLIN)
        assert all(holds([changes], begin + HOUR * number, BERLIN) for number in range(hours))
        assert not holds([changes], begin + HOUR * hours, BERLIN)


def test_a_day_that_the_clock_skips_holds_nothing() -> None:
    skipped = Calendar(name="skipped", days=((date(2011, 12, 30), date(2011, 12, 30)),))
    begin = at("2011-12-29T00:00", APIA)
    assert not any(holds([skipped], begin + HOUR * number, APIA) for number in range(72))


def test_an_event_lasts_from_its_start_up_to_its_end() -> None:
    meeting = calendar(event("2027-01-04T08:00", 2 * HOUR, zone="Europe/Berlin"))
    held = [hour for hour in range(6, 13) if holds([meeting], at(f"2027-01-04T{hour:02}:00"), BERLIN)]
    assert held == [8, 9]
    assert holds([meeting], at("2027-01-04T09:59:59.999999"), BERLIN)


def test_an_event_in_a_zone_is_the_same_instant_for_everybody() -> None:
    meeting = calendar(event("2027-01-04T08:00", HOUR, zone="Europe/Berlin"))
    assert holds([meeting], at("2027-01-04T08:30"), NEW_YORK)
    assert not holds([meeting], at("2027-01-04T08:30", NEW_YORK), NEW_YORK)


def test_an_event_without_a_zone_is_on_the_clock_of_who_asks() -> None:
    lunch = calendar(event("2027-01-04T12:00", HOUR))
    assert holds([lunch], at("2027-01-04T12:30", NEW_YORK), NEW_YORK)
    assert not holds([lunch], at("2027-01-04T12:30", NEW_YORK), BERLIN)


def test_an_event_without_a_length_holds_its_own_instant_only() -> None:
    reminder = calendar(event("2027-01-04T12:00", timedelta(0)))
    assert holds([reminder], at("2027-01-04T12:00"), BERLIN)
    assert not holds([reminder], at("2027-01-04T12:00") + timedelta(seconds=1), BERLIN)
    assert not holds([reminder], at("2027-01-04T12:00") - timedelta(microseconds=1), BERLIN)


def test_a_rule_without_end_is_on_the_same_local_time_in_summer_and_winter() -> None:
    nightly = calendar(event("2020-01-01T22:00", 8 * HOUR, zone="Europe/Berlin", rule="FREQ=DAILY"))
    for day in ("2027-01-15", "2027-07-15", "2090-07-15"):
        assert [hour for hour in range(24) if holds([nightly], at(f"{day}T{hour:02}:30"), BERLIN)] == [
            *range(6),
            22,
            23,
        ]


def test_an_event_that_spans_the_turn_of_the_year_is_held_on_both_sides() -> None:
    holidays = calendar(event("2027-12-20T00:00", timedelta(days=20)))
    for day, held in (("2027-12-19", False), ("2027-12-31", True), ("2028-01-08", True), ("2028-01-09", False)):
        assert holds([holidays], at(f"{day}T12:00"), BERLIN) is held


def test_starts_left_out_are_free_and_further_ones_held() -> None:
    weekly = CalendarEvent(
        start=datetime(2027, 1, 4),  # noqa: DTZ001 - what a clock shows
        length=timedelta(days=1),
        rule="FREQ=WEEKLY",
        more=(datetime(2027, 1, 13),),  # noqa: DTZ001 - as above
        without=(datetime(2027, 1, 11),),  # noqa: DTZ001 - as above
    )
    held = [day for day in range(1, 26) if holds([calendar(weekly)], at(f"2027-01-{day:02}T12:00"), BERLIN)]
    assert held == [4, 13, 18, 25]


def test_time_is_free_again_where_the_last_of_several_calendars_ends() -> None:
    assert free_from([WEEKEND, CHRISTMAS], at("2027-12-24T10:00"), BERLIN) == at("2027-12-27T00:00")
    assert free_from([WEEKEND], at("2027-12-24T10:00"), BERLIN) == at("2027-12-24T10:00")


def test_what_is_held_over_the_turn_of_the_year_is_free_in_the_next() -> None:
    holidays = Calendar(name="holidays", days=((date(2027, 12, 24), date(2028, 1, 9)),))
    assert free_from([holidays], at("2027-12-24T10:00"), BERLIN) == at("2028-01-10T00:00")


def test_a_calendar_that_holds_everything_leaves_nothing_free() -> None:
    always = Calendar(name="always", weekdays=frozenset(range(7)))
    assert free_from([always], at("2027-12-24T10:00"), BERLIN) is None
    assert free_from([always], at("9990-12-24T10:00"), BERLIN) == datetime(9999, 1, 1, tzinfo=UTC) - HOUR


def test_equal_calendars_are_one_key_however_long_they_are() -> None:
    assert hash(CHRISTMAS) == hash(Calendar(name="christmas", days=tuple(CHRISTMAS.days)))
    assert Calendar(name="christmas") != CHRISTMAS
