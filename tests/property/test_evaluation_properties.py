"""Evaluation against an oracle that lists every instant of the window and sorts it into its bin one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cron_actors.core.evaluation import Evaluation, evaluate
from cron_actors.core.schedule import Schedule
from cron_actors.model.calendar import Calendar, CalendarEvent
from cron_actors.model.job import CatchUp, CatchUpPolicy, Command, Job, When
from cron_actors.model.records import Pause
from cron_actors.model.run import RunState

START = datetime(2026, 11, 21, tzinfo=UTC)
LONG = timedelta(minutes=60)


def job_of(when: When, policy: CatchUpPolicy, *, within: int, cap: int, tolerance: int) -> Job:
    return Job(
        identifier="job",
        work=Command(line="true"),
        when=when,
        folder=Path("/"),
        tolerance=timedelta(seconds=tolerance),
        catch_up=CatchUp(policy=policy, within=timedelta(seconds=within), cap=cap),
    )


WHENS = st.builds(
    When,
    periodicity=st.one_of(st.none(), st.integers(7, 300).map(lambda seconds: timedelta(seconds=seconds))),
    cron=st.lists(st.sampled_from(["* * * * *", "*/7 * * * *", "*/25 * * * * *"]), max_size=2).map(tuple),
    run_at=st.one_of(st.none(), st.integers(-100, 4000).map(lambda seconds: START + timedelta(seconds=seconds))),
    start_at=st.one_of(st.none(), st.integers(0, 2000).map(lambda seconds: START + timedelta(seconds=seconds))),
)
JOBS = st.builds(
    job_of,
    WHENS,
    st.sampled_from(CatchUpPolicy),
    within=st.integers(0, 4000),
    cap=st.integers(0, 12),
    tolerance=st.integers(0, 200),
)
SECONDS = st.integers(0, 3900)
EVENTS = st.lists(
    st.builds(
        lambda start, length: CalendarEvent(
            start=START.replace(tzinfo=None) + timedelta(seconds=start), length=timedelta(seconds=length)
        ),
        SECONDS,
        st.integers(1, 900),
    ),
    max_size=3,
)
PAUSES = st.lists(
    st.builds(
        lambda start, length: Pause(
            paused_at=START + timedelta(seconds=start),
            paused_by="me",
            until_at=None if length is None else START + timedelta(seconds=start + length),
        ),
        SECONDS,
        st.none() | st.integers(0, 1800),
    ),
    max_size=2,
).map(tuple)
CUTS = st.lists(st.integers(1, 3599).map(lambda seconds: START + timedelta(seconds=seconds)), max_size=6).map(sorted)


@dataclass
class Bins:
    """Every instant that was accounted for, with what became of it."""

    fate: dict[datetime, str]
    exempt: set[datetime]


def run(
    job: Job,
    cursor_at: datetime | None,
    until: datetime,
    evaluated_at: datetime,
    limit: int = 10_000,
    pauses: tuple[Pause, ...] = (),
) -> list[Evaluation]:
    """Evaluate the window to its end, in as many calls as it takes."""
    schedule = Schedule.of(job.when, seed="job", changed_at=START)
    found = []
    while True:
        found.append(
            evaluate(
                job,
                schedule,
                cursor_at=cursor_at,
                first_seen_at=START,
                until=until,
                evaluated_at=evaluated_at,
                pauses=pauses,
                limit=limit,
            )
        )
        cursor_at = found[-1].cursor_at
        assert found[-1].next_due_at == schedule.next_after(cursor_at)
        if found[-1].complete:
            return found


def expand(job: Job, found: list[Evaluation], owed: set[datetime] | None = None) -> Bins:
    """Write every account out into its instants; fail if one comes twice or not in order."""
    every = Schedule.of(job.when, seed="job", changed_at=START).after(START - LONG)
    instants = sorted(owed or takewhile(lambda at: at <= START + 3 * LONG, every))
    bins = Bins({}, set())
    for evaluation in found:
        for due in evaluation.due:
            assert due.at not in bins.fate
            bins.fate[due.at] = "due"
            if due.exempt:
                bins.exempt.add(due.at)
        for account in evaluation.accounts:
            members = [
                at for at in instants if account.first_due_at <= at <= account.last_due_at and at not in bins.exempt
            ]
            assert len(members) == account.count
            assert {account.first_due_at, account.last_due_at} <= set(members)
            for at in members:
                assert at not in bins.fate
                bins.fate[at] = f"{account.state}: {account.reason}"
    return bins


def event_holds(event: CalendarEvent, at: datetime) -> bool:
    start = event.start.replace(tzinfo=UTC)
    return start <= at < start + event.length


def bar(job: Job, at: datetime, pauses: tuple[Pause, ...]) -> str | None:
    if any(pause.covers(at) for pause in pauses):
        return "skipped: paused"
    if any(event_holds(event, at) for calendar in job.when.exclude for event in calendar.events):
        return "skipped: calendar"
    return None


def oracle(
    job: Job, cursor_at: datetime, until: datetime, evaluated_at: datetime, pauses: tuple[Pause, ...] = ()
) -> dict[datetime, str]:
    schedule = Schedule.of(job.when, seed="job", changed_at=START)
    instants = list(takewhile(lambda at: at <= until, schedule.after(cursor_at)))
    fate: dict[datetime, str] = {}
    missed = []
    for at in instants:
        age = evaluated_at - at
        if barred := bar(job, at, pauses):
            fate[at] = barred
        elif age <= job.tolerance:
            fate[at] = "due"
        elif age > job.catch_up.within:
            fate[at] = "missed: too late"
        elif any(pause.covers(until) for pause in pauses):
            fate[at] = "skipped: paused"
        else:
            missed.append(at)
    for place, at in enumerate(reversed(missed)):
        match job.catch_up.policy:
            case CatchUpPolicy.SKIP:
                fate[at] = "missed: down"
            case CatchUpPolicy.LATEST:
                fate[at] = "skipped: coalesced" if place else "due"
            case CatchUpPolicy.ALL:
                fate[at] = "due" if place < job.catch_up.cap else "missed: over cap"
    return fate


@given(JOBS, st.integers(0, 300), st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_a_window_is_sorted_as_the_oracle_sorts_it_however_many_calls_it_takes(job: Job, lag: int, limit: int) -> None:
    until = START + LONG
    evaluated_at = until + timedelta(seconds=lag)
    expected = oracle(job, START, until, evaluated_at)
    assert expand(job, run(job, START, until, evaluated_at)).fate == expected
    assert expand(job, run(job, START, until, evaluated_at, limit)).fate == expected


@given(JOBS, EVENTS, PAUSES, st.integers(0, 300), st.integers(1, 12))
@settings(max_examples=120, deadline=None)
def test_what_is_paused_or_in_a_calendar_is_skipped_and_takes_nobodys_place(
    job: Job, events: list[CalendarEvent], pauses: tuple[Pause, ...], lag: int, limit: int
) -> None:
    exclude = (Calendar(name="closed", events=tuple(events)),) if events else ()
    job = replace(job, when=replace(job.when, exclude=exclude))
    until = START + LONG
    evaluated_at = until + timedelta(seconds=lag)
    expected = oracle(job, START, until, evaluated_at, pauses)
    assert expand(job, run(job, START, until, evaluated_at, pauses=pauses)).fate == expected
    assert expand(job, run(job, START, until, evaluated_at, limit, pauses)).fate == expected


@given(JOBS, EVENTS, PAUSES)
@settings(max_examples=100, deadline=None)
def test_an_account_of_a_barred_window_holds_instants_of_one_kind_only_and_is_as_long_as_can_be(
    job: Job, events: list[CalendarEvent], pauses: tuple[Pause, ...]
) -> None:
    job = replace(job, when=replace(job.when, exclude=(Calendar(name="closed", events=tuple(events)),)))
    until = START + LONG
    (found,) = run(job, START, until, until, pauses=pauses)
    fates = sorted(oracle(job, START, until, until, pauses).items())
    stretches = [fate for number, (_, fate) in enumerate(fates) if number == 0 or fates[number - 1][1] != fate]
    assert [f"{account.state}: {account.reason}" for account in found.accounts] == [
        fate for fate in stretches if fate != "due"
    ]


@given(JOBS, CUTS, st.integers(0, 300))
@settings(max_examples=150, deadline=None)
def test_any_split_of_a_window_accounts_for_the_same_instants_once_each(
    job: Job, cuts: list[datetime], lag: int
) -> None:
    found: list[Evaluation] = []
    cursor_at = START
    for until in [*cuts, START + LONG]:
        found += run(job, cursor_at, until, until + timedelta(seconds=lag))
        cursor_at = found[-1].cursor_at
        assert cursor_at == until
    whole = oracle(job, START, START + LONG, START + LONG)
    assert set(expand(job, found).fate) == set(whole)


@given(JOBS, st.integers(0, 3600))
@settings(max_examples=150, deadline=None)
def test_a_new_job_owes_one_grid_instant_no_older_cron_and_its_single_moments(job: Job, wait: int) -> None:
    until = START + timedelta(seconds=wait)
    grid_at = Schedule.of(job.when, seed="job", changed_at=START).grid_at_or_before(until)
    exempt = {grid_at} if grid_at else set()
    crons = Schedule.of(When(cron=job.when.cron, start_at=job.when.start_at), seed="job", changed_at=START)
    expected = set(takewhile(lambda at: at <= until, crons.after(START))) | exempt
    run_at, start_at = job.when.run_at, job.when.start_at
    if run_at is not None and run_at <= until and (start_at is None or run_at >= start_at):
        expected.add(run_at)
    first = run(job, None, until, until)
    assert len(first) == 1
    bins = expand(job, first, expected)
    assert set(bins.fate) == expected
    assert bins.exempt == exempt
    assert all(bins.fate[at] == "due" for at in bins.exempt)


@given(JOBS, st.integers(0, 3600))
@settings(max_examples=50, deadline=None)
def test_a_clock_set_back_owes_nothing_and_leaves_the_cursor(job: Job, back: int) -> None:
    (found,) = run(job, START, START - timedelta(seconds=back), START)
    assert (found.due, found.accounts, found.cursor_at) == ((), (), START)


@given(JOBS, st.integers(0, 300), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_instants_come_oldest_first_and_every_account_says_skipped_or_missed(job: Job, lag: int, limit: int) -> None:
    found = run(job, START, START + LONG, START + LONG + timedelta(seconds=lag), limit)
    due = [due.at for evaluation in found for due in evaluation.due]
    accounts = [account for evaluation in found for account in evaluation.accounts]
    assert due == sorted(due)
    assert [account.first_due_at for account in accounts] == sorted(account.first_due_at for account in accounts)
    assert {account.state for account in accounts} <= {RunState.SKIPPED, RunState.MISSED}
    assert max(Counter(due).values(), default=1) == 1
