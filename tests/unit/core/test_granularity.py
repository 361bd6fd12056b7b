from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.granularity import STEPS, floor, next_boundary
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
