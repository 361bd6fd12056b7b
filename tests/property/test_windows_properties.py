from __future__ import annotations

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.granularity import floor
from cron_actors.core.windows import Window, Windows
from cron_actors.settings import Granularity
from tests.fakes.values import NOON

STEPS = st.lists(
    st.tuples(
        st.one_of(
            st.timedeltas(min_value=timedelta(0), max_value=timedelta(minutes=3)),
            st.timedeltas(min_value=timedelta(hours=-2), max_value=timedelta(hours=2)),  # somebody sets the clock
        ),
        st.none() | st.timedeltas(min_value=timedelta(minutes=-1), max_value=timedelta(minutes=2)),
    ),
    max_size=60,
)


@given(st.sampled_from(Granularity), STEPS)
def test_windows_touch_never_overlap_and_cover_all_time_however_the_clock_jumps(
    granularity: Granularity, steps: list[tuple[timedelta, timedelta | None]]
) -> None:
    windows, now = Windows(granularity), NOON
    closed: list[Window] = [w for w in [windows.close(now)] if w is not None]
    for passed, wish in steps:
        now += passed
        window = windows.close(now, None if wish is None else now + wish)
        if window is not None:
            assert window.until_at == now
            closed.append(window)
    assert (closed[0].since_at, closed[0].until_at) == (NOON, NOON)
    for before, after in itertools.pairwise(closed):
        assert after.since_at == before.until_at < after.until_at
        assert after.number - before.number in {0, 1}


@given(st.sampled_from(Granularity), STEPS)
def test_a_window_is_counted_exactly_when_it_holds_a_boundary(
    granularity: Granularity, steps: list[tuple[timedelta, timedelta | None]]
) -> None:
    windows, now = Windows(granularity), NOON
    windows.close(now)
    for passed, wish in steps:
        number, newest = windows.number, now
        now += passed
        window = windows.close(now, None if wish is None else now + wish)
        if window is not None:
            holds_one = floor(window.until_at, granularity) > window.since_at
            assert window.number - number == int(holds_one)
        elif passed >= timedelta(0) and now > newest:
            assert now < windows.next_boundary_at(now)
