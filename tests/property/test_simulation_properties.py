"""The simulation against plain enumeration: every instant one by one, every second one by one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from cron_actors.core.calendars import holds
from cron_actors.core.grid import EPOCH
from cron_actors.core.schedule import Schedule
from cron_actors.core.simulation import simulate
from cron_actors.core.simulation_findings import JobFigures, Plan
from cron_actors.core.simulation_instants import second_of
from cron_actors.core.simulation_overlaps import Tally
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import Dst, DstMissing, DstRepeated, Job, Overlap, When
from tests.fakes.values import a_job

MIDNIGHT = datetime(2026, 3, 29, tzinfo=UTC)  # the clocks of Europe change this day
LATE = MIDNIGHT - timedelta(minutes=40)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LENGTH = 100 * 60  # seconds of the span in which every second is looked at
ENOUGH = 1_000_000  # workers

MOMENTS = st.integers(-5 * 1440, 5 * 1440).map(lambda minutes: MIDNIGHT + minutes * MINUTE)
CRONS = st.sampled_from(
    [
        "30 2 * * *",
        "*/20 * * * *",
        "5-50/15 1-3 * * *",
        "H H * * *",
        "0 0 28-31 * *",
        "15 9 L * 0",
        "@daily",
        "40 1 * 3 mon-fri",
        "0 5 */7 3 * *",
        "0 0 2 29 3 * 2026",
    ]
)
CALENDARS = st.sampled_from(
    [
        Calendar(name="sundays", weekdays=frozenset({6})),
        Calendar(name="days", days=((date(2026, 3, 27), date(2026, 3, 28)), (date(2026, 4, 1), date(2026, 4, 1)))),
    ]
)
WHENS = st.builds(
    When,
    cron=st.lists(CRONS, max_size=2).map(tuple),
    periodicity=st.none() | st.integers(7, 3000).map(lambda minutes: minutes * MINUTE),
    run_at=st.none() | MOMENTS,
    start_at=st.none() | MOMENTS,
    end_at=st.none() | MOMENTS,
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    dst=st.builds(
        Dst, missing=st.none() | st.sampled_from(DstMissing), repeated=st.none() | st.sampled_from(DstRepeated)
    ),
    exclude=st.lists(CALENDARS, max_size=2).map(tuple),
)


def jobs_of(whens: Sequence[When], **fields: Any) -> list[Job]:  # noqa: ANN401 - any field of a job
    return [a_job(f"job-{number}", when=when, **fields) for number, when in enumerate(whens)]


@given(st.lists(WHENS, min_size=1, max_size=5), MOMENTS, st.integers(1, 6 * 1440))
@settings(max_examples=200, deadline=None)
def test_what_fires_in_each_minute_is_the_union_of_the_schedules_without_what_calendars_hold(
    whens: list[When], begin_at: datetime, length: int
) -> None:
    begin_at += timedelta(seconds=13)
    end_at = begin_at + length * MINUTE
    jobs = jobs_of(whens)
    expected: Counter[int] = Counter()
    excluded = 0
    for job in jobs:
        schedule = Schedule.of(job.when, seed=job.identifier, changed_at=EPOCH)
        for at in takewhile(lambda at: at < end_at, schedule.after(begin_at - timedelta(microseconds=1))):
            if holds(job.when.exclude, at, ZoneInfo(job.when.timezone)):
                excluded += 1
            else:
                expected[second_of(at) // 60 - second_of(begin_at) // 60] += 1
    plans = [Plan(job=job, length=SECOND) for job in jobs]
    found = simulate(plans, begin_at=begin_at, end_at=end_at, workers=ENOUGH)
    assert found.complete
    assert dict(expected) == {place: count for place, count in enumerate(found.minutes) if count}
    assert found.excluded == excluded


class OneByOne:
    """A job's runs, second by second: ``ends`` of those that go on, by their order of beginning."""

    def __init__(self, policy: Overlap, length: int) -> None:
        self.policy, self.length = policy, length
        self.ends: list[int] = []
        self.tally = Tally()
        self.begun: list[int] = []

    def pass_second(self, second: int, *, due: bool) -> None:
        self.ends = [end for end in self.ends if end > second]
        if self.tally.waiting and not self.ends:
            self.tally.waiting -= 1
            self.begin(second)
        if due:
            self.tally.overlapping += bool(self.ends)
            self.meet(second)

    def meet(self, second: int) -> None:
        if not self.ends or self.policy is Overlap.ALLOW:
            self.begin(second)
        elif self.policy is Overlap.SKIP:
            self.tally.skipped += 1
        elif self.policy is Overlap.CANCEL_OTHER:
            self.tally.cancelled += 1
            self.ends = []
            self.begin(second)
        elif self.policy is Overlap.QUEUE_ONE and self.tally.waiting:
            self.tally.coalesced += 1
        else:
            self.tally.queued += 1
            self.tally.waiting += 1

    def begin(self, second: int) -> None:
        self.ends.append(second + self.length)
        self.begun.append(second)
        self.tally.most_at_once = max(self.tally.most_at_once, len(self.ends))


BUSY = st.tuples(
    st.lists(st.integers(0, LENGTH + 999), max_size=25, unique=True).map(sorted)
    | st.integers(20, 1500).map(lambda period: list(range(period // 2, LENGTH + 1000, period))),
    st.integers(1, 4000),
    st.sampled_from(Overlap),
)


def plan_of(name: str, due: list[int], length: int, policy: Overlap) -> Plan:
    """Return a plan that is due at these seconds after LATE, told by cron expressions of single dates and times."""
    moments = [LATE + second * SECOND for second in due]
    crons = tuple(f"{at.second} {at.minute} {at.hour} {at.day} {at.month} *" for at in moments)
    return Plan(job=a_job(name, when=When(cron=crons), overlap=policy), length=length * SECOND)


@given(st.lists(BUSY, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_overlaps_and_runs_at_once_are_those_of_a_walk_through_every_second(
    busy: list[tuple[list[int], int, Overlap]],
) -> None:
    plans = [plan_of(f"job-{number}", *each) for number, each in enumerate(busy)]
    walks = [OneByOne(policy, length) for _, length, policy in busy]
    dues = [set(due) for due, _, _ in busy]
    most = 0
    for second in range(LENGTH):
        for walk, due in zip(walks, dues, strict=True):
            walk.pass_second(second, due=second in due)
        most = max(most, sum(len(walk.ends) for walk in walks))
    found = simulate(plans, begin_at=LATE, end_at=LATE + LENGTH * SECOND, workers=ENOUGH)
    assert found.most_at_once == most
    figures: dict[str, JobFigures] = {job.job: job for job in found.jobs}
    assert [figures[plan.job.identifier].tally for plan in plans] == [walk.tally for walk in walks]
    assert [figures[plan.job.identifier].due for plan in plans] == [
        sum(second < LENGTH for second in due) for due in dues
    ]


@given(st.lists(BUSY, min_size=1, max_size=4), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_waits_for_workers_are_those_of_a_walk_through_every_second(
    busy: list[tuple[list[int], int, Overlap]], workers: int
) -> None:
    plans = [plan_of(f"job-{number}", due, length, Overlap.ALLOW) for number, (due, length, _) in enumerate(busy)]
    alike = Counter((tuple(due), length) for due, length, _ in busy)
    lines = [(set(due), length) for (due, length), count in alike.items() for _ in range(count)]
    waiting: deque[tuple[int, int]] = deque()
    performed: list[int] = []
    waits: list[int] = []
    for second in range(LENGTH):
        performed = [end for end in performed if end > second]
        waiting.extend((second, length) for due, length in lines if second in due)
        while waiting and len(performed) < workers:
            begun, length = waiting.popleft()
            performed.append(second + length)
            waits += [second - begun] if second > begun else []
    found = simulate(plans, begin_at=LATE, end_at=LATE + LENGTH * SECOND, workers=workers).waits
    assert (found.unfinished, found.given_up_at) == (len(waiting), None)
    assert (found.count, found.longest) == (len(waits), max(waits, default=0))
