from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.rate_limit import allowance
from cron_actors.model.queue import RateLimit
from tests.fakes.values import NOON

LIMITS = st.builds(
    RateLimit, count=st.integers(1, 5), per=st.integers(1, 12).map(lambda seconds: timedelta(seconds=seconds))
)


def may_begin(limit: RateLimit, begun: list[datetime], at: datetime) -> bool:
    """Try every stretch that holds ``at`` and begins with a begin: the fullest one is among them."""
    everything = [*begun, at]
    return all(
        sum(first <= moment < first + limit.per for moment in everything) <= limit.count
        for first in everything
        if first <= at < first + limit.per
    )


@given(limit=LIMITS, demands=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=40))
def test_as_many_begin_as_any_stretch_allows_and_never_more(limit: RateLimit, demands: list[tuple[int, int]]) -> None:
    at = NOON
    begun: list[datetime] = []
    for seconds, wanted in demands:
        at += timedelta(seconds=seconds)
        now, again_at = allowance(limit, begun, at)
        for _ in range(min(now, wanted)):
            assert may_begin(limit, begun, at), "one more would be too many"
            begun.append(at)
        if wanted > now:
            assert not may_begin(limit, begun, at), "one was held up for nothing"
            assert again_at > at
            assert not may_begin(limit, begun, again_at - timedelta(microseconds=1)), "it could have begun before"
            assert may_begin(limit, begun, again_at)
