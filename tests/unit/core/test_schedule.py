from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from cron_actors.core.moments import iso
from cron_actors.core.schedule import Schedule
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import DayMatch, Dst, DstMissing, DstRepeated, When

MONTH_OF_SECONDS = 31 * 86_400


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


LOADED = at("2026-11-21T12:00:30")


def schedule(**when: object) -> Schedule:
    return Schedule.of(When(**when), seed="job", changed_at=LOADED)  # type: ignore[arg-type]  # the test names fields


def first(owed: Schedule, after: str, count: int = 3) -> list[str]:
    return [iso(instant) for instant in islice(owed.after(at(after)), count)]


def test_an_interval_lies_on_a_grid_from_the_epoch() -> None:
    owed = schedule(periodicity=timedelta(hours=7))
    expected = at("1970-01-01T00:00") + timedelta(hours=7) * 70_000
    assert owed.grid_at_or_before(expected + timedelta(hours=6)) == expected
    assert owed.next_after(expected - timedelta(microseconds=1)) == expected


def test_an_interval_with_a_start_lies_on_a_grid_from_there_and_never_before() -> None:
    owed = schedule(periodicity=timedelta(minutes=7), start_at=at("2026-11-21T12:00"))
    assert first(owed, "2020-01-01T00:00", 2) == ["2026-11-21T12:00:00Z", "2026-11-21T12:07:00Z"]
    assert owed.grid_at_or_before(at("2026-11-21T11:59:59")) is None


def test_all_sources_are_merged_and_a_shared_instant_comes_once() -> None:
    owed = schedule(
        periodicity=timedelta(minutes=30),
        cron=("0 * * * *", "15 * * * *"),
        run_at=at("2026-11-21T12:20"),
        run_in=timedelta(minutes=5),
    )
    assert [text[11:19] for text in first(owed, "2026-11-21T12:00", 6)] == [
        "12:05:30",
        "12:15:00",
        "12:20:00",
        "12:30:00",
        "13:00:00",
        "13:15:00",
    ]


def test_cron_is_read_in_the_zone_of_the_job() -> None:
    assert first(schedule(cron=("0 3 * * *",), timezone="Asia/Tokyo"), "2026-11-21T00:00", 1) == [
        "2026-11-21T18:00:00Z"
    ]


def test_nothing_is_due_before_the_start_and_the_start_itself_is() -> None:
    start_at = at("2026-11-22T00:00")
    owed = schedule(cron=("0 * * * *",), run_at=at("2026-11-21T13:00"), run_in=timedelta(hours=1), start_at=start_at)
    assert first(owed, "2026-11-21T12:00", 2) == ["2026-11-22T00:00:00Z", "2026-11-22T01:00:00Z"]


def test_nothing_is_due_after_the_end_and_the_end_itself_is() -> None:
    owed = schedule(
        periodicity=timedelta(hours=1),
        cron=("30 * * * *",),
        run_at=at("2026-11-21T13:15"),
        run_in=timedelta(hours=3),
        end_at=at("2026-11-21T14:00"),
    )
    assert [text[11:16] for text in first(owed, "2026-11-21T12:00", 9)] == ["12:30", "13:00", "13:15", "13:30", "14:00"]
    assert owed.next_after(at("2026-11-21T14:00")) is None


@pytest.mark.parametrize("more", [{}, {"cron": ("0 0 1 1 *",)}])
def test_a_stretch_of_instants_ends_with_the_job(more: dict[str, object]) -> None:
    owed = schedule(periodicity=timedelta(minutes=1), end_at=at("2026-11-21T12:10"), **more)
    stretch = owed.stretch(at("2026-11-21T12:00"), at("2026-11-21T13:00"), keep=1, limit=1000)
    assert (stretch.count, stretch.newest) == (9, (at("2026-11-21T12:10"),))


def test_an_interval_that_is_over_has_no_newest_instant() -> None:
    owed = schedule(periodicity=timedelta(minutes=1), end_at=at("2026-11-21T12:10"))
    assert owed.grid_at_or_before(at("2026-11-21T12:10:59")) == at("2026-11-21T12:10")
    assert owed.grid_at_or_before(at("2026-11-21T12:11")) is None


def test_expressions_follow_the_job_s_clock_rule_and_its_match_of_days() -> None:
    berlin = {"cron": ("30 2 * * *",), "timezone": "Europe/Berlin"}
    late = schedule(**berlin, dst=Dst(missing=DstMissing.SKIP, repeated=DstRepeated.LAST))
    assert first(late, "2026-10-24T12:00", 1) == ["2026-10-25T01:30:00Z"]
    assert first(late, "2027-03-27T12:00", 1) == ["2027-03-29T00:30:00Z"]
    assert first(schedule(**berlin), "2027-03-27T12:00", 1) == ["2027-03-28T01:00:00Z"]
    thirteenth = schedule(cron=("0 0 13 * 5",), day_match=DayMatch.ALL)
    assert first(thirteenth, "2026-11-21T12:00", 1) == ["2027-08-13T00:00:00Z"]


def test_a_manual_job_is_never_due() -> None:
    assert schedule(manual=True).next_after(LOADED) is None


def test_single_moments_are_due_once() -> None:
    assert first(schedule(run_in=timedelta(minutes=1)), "2026-11-21T12:00") == ["2026-11-21T12:01:30Z"]


def test_the_identifier_places_h() -> None:
    moment = at("2026-11-21T12:00")
    when = When(cron=("H * * * *",))
    owed = {Schedule.of(when, seed=seed, changed_at=LOADED).next_after(moment) for seed in "abcdefgh"}
    assert len(owed) > 4


def test_a_broken_expression_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="minute field"):
        schedule(cron=("99 * * * *",))


def test_a_stretch_of_a_lone_grid_is_counted_without_building_it() -> None:
    owed = schedule(periodicity=timedelta(seconds=1))
    end = LOADED + timedelta(seconds=MONTH_OF_SECONDS)
    stretch = owed.stretch(LOADED, end, keep=2, limit=1)
    assert stretch.complete
    assert stretch.count == MONTH_OF_SECONDS - 2
    assert (stretch.first_at, stretch.last_at) == (LOADED + timedelta(seconds=1), end - timedelta(seconds=2))
    assert stretch.newest == (end - timedelta(seconds=1), end)


def test_a_stretch_of_cron_stops_at_its_limit_and_says_so() -> None:
    stretch = schedule(cron=("* * * * *",)).stretch(at("2026-11-01T00:00"), LOADED, keep=3, limit=10)
    assert not stretch.complete
    assert (stretch.count, stretch.newest) == (10, ())
    assert stretch.last_at == at("2026-11-01T00:10")


def test_a_period_longer_than_what_is_left_of_the_calendar_ends_the_grid() -> None:
    owed = schedule(periodicity=timedelta(days=36_500), start_at=at("9950-01-01T00:00"))
    assert first(owed, "2026-01-01T00:00") == ["9950-01-01T00:00:00Z"]
    assert owed.next_after(at("9951-01-01T00:00")) is None
