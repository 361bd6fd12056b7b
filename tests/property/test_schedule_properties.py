"""Grids and merged schedules against plain enumeration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile

from hypothesis import given, settings
from hypothesis import strategies as st

from cron_actors.core.grid import Grid
from cron_actors.core.schedule import Schedule
from cron_actors.model.job import When

ORIGIN = datetime(2026, 11, 21, tzinfo=UTC)
OFFSETS = st.integers(-500, 3000).map(lambda seconds: ORIGIN + timedelta(seconds=seconds))
Bounds = tuple[datetime | None, datetime | None]
PERIODS = st.integers(1, 400).map(lambda seconds: timedelta(seconds=seconds))


@given(PERIODS, OFFSETS, OFFSETS, st.integers(0, 5), st.integers(0, 999_999))
def test_a_grid_agrees_with_its_enumeration(
    period: timedelta, after: datetime, until: datetime, keep: int, fraction: int
) -> None:
    until += timedelta(microseconds=fraction)
    grid = Grid(period, ORIGIN)
    listed = [ORIGIN + period * number for number in range(4000 // int(period.total_seconds()) + 2)]
    inside = [at for at in listed if after < at <= until]
    assert grid.count(after, until) == len(inside)
    assert grid.at_or_before(until) == max((at for at in listed if at <= until), default=None)
    assert grid.next_after(after) == min(at for at in listed if at > after)
    assert list(takewhile(lambda at: at <= until, grid.after(after))) == inside
    schedule = Schedule.of(When(periodicity=period, start_at=ORIGIN), seed="", changed_at=ORIGIN)
    stretch = schedule.stretch(after, until, keep=keep, limit=1)
    cut = max(0, len(inside) - keep)
    assert stretch.newest == tuple(inside[cut:])
    assert stretch.count == cut
    assert (stretch.first_at, stretch.last_at) == ((inside[0], inside[cut - 1]) if cut else (None, None))


@given(
    st.one_of(st.none(), PERIODS),
    st.lists(st.sampled_from(["* * * * *", "*/7 * * * *", "3,9,50 * * * *", "*/25 * * * * *"]), max_size=3),
    st.one_of(st.none(), OFFSETS),
    st.tuples(st.one_of(st.none(), OFFSETS), st.one_of(st.none(), OFFSETS)),
    OFFSETS,
)
@settings(max_examples=100, deadline=None)
def test_a_merged_schedule_is_the_set_union_of_its_parts(
    period: timedelta | None, crons: list[str], run_at: datetime | None, bounds: Bounds, after: datetime
) -> None:
    start_at, end_at = bounds
    whole = When(periodicity=period, cron=tuple(crons), run_at=run_at, start_at=start_at, end_at=end_at)
    parts = [When(periodicity=period, start_at=start_at), When(run_at=run_at, start_at=start_at)]
    parts += [When(cron=(cron,), start_at=start_at) for cron in crons]
    until = after + timedelta(minutes=20)
    expected = {at for part in parts for at in due(part, after, until)}
    expected = {at for at in expected if end_at is None or at <= end_at}
    assert due(whole, after, until) == sorted(expected)
    assert all(at > after and (start_at is None or at >= start_at) for at in expected)


def due(when: When, after: datetime, until: datetime) -> list[datetime]:
    schedule = Schedule.of(when, seed="", changed_at=ORIGIN)
    return list(takewhile(lambda at: at <= until, schedule.after(after)))
