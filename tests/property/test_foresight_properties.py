"""What was worked out ahead of an instant is what would have been worked out at it, whatever happens meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from cron_actors.core.accounting import Entry
from cron_actors.core.schedule import Schedule
from cron_actors.model.calendar import Calendar, CalendarEvent
from cron_actors.model.job import Job
from cron_actors.model.records import Pause
from tests.property.test_evaluation_properties import EVENTS, JOBS, PAUSES, START

LIMIT = 10_000
STEPS = st.lists(
    st.tuples(st.integers(0, 900), st.sampled_from(["nothing", "job", "pauses", "pause", "definition"])), max_size=8
)


def entry_of(job: Job) -> Entry:
    schedule = Schedule.of(job.when, seed=job.identifier, changed_at=START)
    return Entry(
        job=job,
        schedule=schedule,
        definition="old",
        first_seen_at=START,
        cursor_at=START,
        next_due_at=schedule.next_after(START),
    )


def change(entry: Entry, what: str, job: Job, pauses: tuple[Pause, ...]) -> None:
    match what:
        case "job":
            entry.job = replace(job, priority=entry.job.priority + 1)
        case "pauses":
            entry.pauses = pauses
        case "pause":
            entry.pauses = (Pause(paused_at=START, paused_by="me"),)
        case "definition":
            entry.definition = "new"


@given(JOBS, EVENTS, PAUSES, STEPS)
@settings(max_examples=250, deadline=None)
def test_whoever_foresees_does_as_whoever_does_not(
    job: Job, events: list[CalendarEvent], pauses: tuple[Pause, ...], steps: list[tuple[int, str]]
) -> None:
    if len(events) > 2:  # seldom: what a calendar may bar is never foreseen
        job = replace(job, when=replace(job.when, exclude=(Calendar(name="closed", events=tuple(events)),)))
    seer, other = entry_of(job), entry_of(job)
    until = START
    for length, what in steps:
        seer.foresee()
        foreseen = seer._foresight
        change(seer, what, job, pauses)
        change(other, what, job, pauses)
        until = soon_after(seer, until, length)
        event("used" if foreseen and foreseen.is_of(seer) and foreseen.step(until) else "not used")
        assert seer.advance(until, LIMIT) == other.advance(until, LIMIT)
        assert (seer.cursor_at, seer.next_due_at) == (other.cursor_at, other.next_due_at)


def soon_after(entry: Entry, until: datetime, length: int) -> datetime:
    """Return the end of a window: mostly one that ends at the next instant, a moment later, or at the one after it."""
    due_at = entry.next_due_at
    if due_at is None or length % 4 == 0:
        return until + timedelta(seconds=length)
    if length % 4 == 1:
        due_at = entry.schedule.next_after(due_at) or due_at
        return max(until, due_at)
    return max(until, due_at + timedelta(seconds=length % 8))
