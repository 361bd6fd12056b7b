from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.granularity import STEPS, check_alignment, floor, next_boundary
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import When
from cron_actors.settings import Granularity

MOMENTS = st.datetimes(
    min_value=datetime(1960, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)


@given(MOMENTS, st.sampled_from(Granularity))
def test_a_moment_lies_between_two_neighbouring_boundaries(moment: datetime, granularity: Granularity) -> None:
    before, after = floor(moment, granularity), next_boundary(moment, granularity)
    assert before <= moment < after
    assert after - before == STEPS[granularity]
    assert floor(before, granularity) == before


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [(Granularity.SECOND, "03:59:59"), (Granularity.MINUTE, "03:59:00"), (Granularity.HOUR, "03:00:00")],
)
def test_boundaries_are_aligned_in_utc(granularity: Granularity, expected: str) -> None:
    moment = datetime(2026, 11, 21, 9, 29, 59, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert floor(moment, granularity).time().isoformat() == expected
    assert floor(moment, granularity).tzinfo is UTC


HALF_PAST = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "granularity"),
    [
        (When(periodicity=timedelta(seconds=1)), Granularity.SECOND),
        (When(periodicity=timedelta(minutes=90)), Granularity.MINUTE),
        (When(periodicity=timedelta(minutes=7), start_at=HALF_PAST), Granularity.MINUTE),
        (When(periodicity=timedelta(days=1)), Granularity.HOUR),
        (When(cron=("5,10 * * * * *",)), Granularity.SECOND),
        (When(cron=("0 */5 * * * *", "30 2 * * *")), Granularity.MINUTE),
        (When(cron=("0 0 * * * *",), timezone="Europe/Berlin"), Granularity.HOUR),
        (When(cron=("@daily",), timezone="Asia/Pyongyang"), Granularity.HOUR),
        (When(cron=("* * * * *",), timezone="Asia/Kolkata"), Granularity.MINUTE),
        (When(run_at=HALF_PAST + timedelta(microseconds=1), run_in=timedelta(seconds=1)), Granularity.HOUR),
        (When(run_at=HALF_PAST, timezone="Asia/Kolkata", start_at=HALF_PAST), Granularity.HOUR),
    ],
)
def test_what_lies_on_the_boundaries_is_accepted(when: When, granularity: Granularity) -> None:
    check_alignment(when, granularity)


@pytest.mark.parametrize(
    ("when", "granularity", "wrong"),
    [
        (
            When(periodicity=timedelta(seconds=90)),
            Granularity.MINUTE,
            "periodicity 1m30s is not a whole multiple of 1m",
        ),
        (When(periodicity=timedelta(seconds=90)), Granularity.MINUTE, "the nearest are 1m and 2m"),
        (When(periodicity=timedelta(seconds=5)), Granularity.MINUTE, "the nearest are 1m$"),
        (When(periodicity=timedelta(minutes=90)), Granularity.HOUR, "the nearest are 1h and 2h"),
        (
            When(periodicity=timedelta(hours=1), start_at=HALF_PAST),
            Granularity.HOUR,
            "2026-11-21T12:00:00Z and 2026-11-21T13:00:00Z",
        ),
        (When(cron=("0 * * * *", "5 * * * * *")), Granularity.MINUTE, "'5 . . . . .' has instants at seconds"),
        (When(cron=("* 0 * * * *",)), Granularity.HOUR, "second field"),
        (When(cron=("30 * * * *",)), Granularity.HOUR, "minute field"),
        (When(cron=("@hourly",), timezone="Asia/Kolkata"), Granularity.HOUR, "'Asia/Kolkata' is not whole hours"),
        (When(cron=("@hourly",), timezone="Australia/Lord_Howe"), Granularity.HOUR, "is not whole hours"),
    ],
)
def test_what_lies_between_the_boundaries_is_refused_with_what_would_fit(
    when: When, granularity: Granularity, wrong: str
) -> None:
    with pytest.raises(InvalidValueError, match=wrong):
        check_alignment(when, granularity)


def test_h_is_checked_where_the_identifier_puts_it() -> None:
    when = When(cron=("H(0-1) * * * *",))
    verdicts = set()
    for seed in "abcdefgh":
        try:
            check_alignment(when, Granularity.HOUR, seed=seed)
            verdicts.add("accepted")
        except InvalidValueError:
            verdicts.add("refused")
    assert verdicts == {"accepted", "refused"}
