from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cron_actors.core.agenda import Agenda

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def taken(agenda: Agenda, until: datetime) -> list[str]:
    return list(iter(lambda: agenda.take(until), None))


def test_jobs_come_out_by_instant_and_only_when_due() -> None:
    agenda = Agenda()
    agenda.put("late", NOON + 2 * MINUTE)
    agenda.put("b", NOON)
    agenda.put("a", NOON)
    agenda.put("early", NOON - MINUTE)
    assert taken(agenda, NOON) == ["early", "a", "b"]
    assert taken(agenda, NOON) == []
    assert agenda.peek() == NOON + 2 * MINUTE


def test_jobs_of_one_instant_come_out_by_rank_also_when_that_is_changed() -> None:
    agenda = Agenda()
    agenda.rank({"b": (0, 0), "a": (0, 1), "c": (-1, 2)})
    for job in "abc":
        agenda.put(job, NOON)
    assert taken(agenda, NOON) == ["c", "b", "a"]
    for job in "abc":
        agenda.put(job, NOON)
    agenda.rank({"b": (0, 1), "a": (0, 0), "c": (0, 2)})
    assert taken(agenda, NOON) == ["a", "b", "c"]


def test_a_job_re_timed_is_due_at_its_last_instant_only() -> None:
    agenda = Agenda()
    agenda.put("job", NOON)
    agenda.put("job", NOON + MINUTE)
    agenda.put("job", NOON)
    assert taken(agenda, NOON + MINUTE) == ["job"]
    assert len(agenda) == 0


def test_a_job_without_an_instant_or_removed_is_not_due() -> None:
    agenda = Agenda()
    agenda.put("ended", NOON)
    agenda.put("ended", None)
    agenda.put("removed", NOON)
    agenda.remove("removed")
    agenda.remove("never known")
    assert agenda.peek() is None
    assert taken(agenda, NOON) == []


def test_re_timing_for_ever_does_not_grow_the_heap() -> None:
    agenda = Agenda()
    for minute in range(10_000):
        agenda.put("job", NOON + minute * MINUTE)
    assert len(agenda._heap) < 200
