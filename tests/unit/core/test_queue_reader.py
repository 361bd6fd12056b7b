"""Queues read from entries, and what is in force of declarations and changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cron_actors.core.queue_reader import (
    built_in_records,
    changes_text,
    declaration,
    joined_entry,
    queue_from,
    queue_in_force,
    read_queue,
)
from cron_actors.core.rate_reader import parse_rate, rate_text
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json
from cron_actors.model.queue import (
    BUILT_IN,
    Backoff,
    BackoffKind,
    Isolation,
    Queue,
    QueueRecord,
    RateLimit,
    Recycling,
)


def faults(entry: dict[str, Json], name: str = "mail") -> list[str]:
    """Return the faults of an entry as lines."""
    return [f"{problem.field}: {problem.message}" for problem in read_queue(name, entry)[1]]


def test_an_entry_says_all_that_a_queue_is() -> None:
    entry: dict[str, Json] = {
        "parallelism": 4,
        "priority_level": 7,
        "min_workers": 2,
        "backoff": {"initial": "5s", "factor": 3, "max": "10m", "jitter": 0.1},
        "rate_limit": "10/1m",
        "poll_interval": "2s",
        "isolation": "reuse",
        "recycle": {"runs": 50, "memory": "64MB"},
    }
    assert queue_from("mail", entry) == Queue(
        name="mail",
        weight=12,
        priority_level=7,
        min_workers=2,
        parallelism=4,
        backoff=Backoff(
            kind=BackoffKind.GEOMETRIC,
            initial=timedelta(seconds=5),
            factor=3.0,
            maximum=timedelta(minutes=10),
            jitter=0.1,
        ),
        rate_limit=RateLimit(count=10, per=timedelta(minutes=1)),
        poll_interval=timedelta(seconds=2),
        isolation=Isolation.REUSE,
        recycling=Recycling(runs=50, memory=64_000_000),
    )


def test_an_entry_of_nothing_is_a_queue_like_any_other() -> None:
    assert queue_from("mail", {}) == Queue(name="mail")


def test_every_priority_level_has_its_weight() -> None:
    queues = [queue_from("mail", {"priority_level": level}) for level in range(11)]
    assert [queue.priority_level for queue in queues] == list(range(11))
    assert [queue.weight for queue in queues] == [1, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24]


@pytest.mark.parametrize("queue", BUILT_IN)
def test_a_built_in_queue_keeps_what_an_entry_does_not_say(queue: Queue) -> None:
    found = queue_from(queue.name, {"rate_limit": "1/1s"})
    assert (found.min_workers, found.weight, found.priority_level) == (
        queue.min_workers,
        queue.weight,
        queue.priority_level,
    )


def test_a_weight_takes_the_priority_level_of_a_built_in_queue_away() -> None:
    queue = queue_from("high", {"weight": 9})
    assert (queue.priority_level, queue.weight) == (None, 9)


def test_a_small_parallelism_lowers_a_minimum_that_nobody_wrote() -> None:
    assert queue_from("critical", {"parallelism": 2}).min_workers == 2


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"parallelism": 0}, "parallelism: found the number 0; accepted: a whole number from 1 to 1000000"),
        ({"parallelism": True}, "parallelism: found True; accepted: a whole number from 1 to 1000000"),
        ({"weight": 1.5}, "weight: found the number 1.5; accepted: a whole number from 1 to 1000"),
        ({"weight": 3, "priority_level": 2}, "priority_level: stands beside weight; accepted: one or the other"),
        ({"priority_level": 11}, "priority_level: found the number 11; accepted: a whole number from 0 to 10"),
        (
            {"min_workers": 3, "parallelism": 2},
            "min_workers: found 3, more than the parallelism of 2; accepted: at most as many",
        ),
        ({"rate_limit": "10"}, "rate_limit: found '10'; accepted: how many runs in what time, such as 10/1m"),
        ({"rate_limit": "0/1m"}, "rate_limit: found '0/1m'; accepted: how many runs in what time, such as 10/1m"),
        ({"isolation": "none"}, "isolation: found 'none'; accepted: fresh, reuse"),
        ({"recycle": {"runs": 0}}, "recycle.runs: found the number 0; accepted: a whole number from 1 to 1000000"),
        (
            {"backoff": "slow"},
            (
                "backoff: found 'slow'; accepted: none, no_backoff, linear, exponential, or an object with initial,"
                " factor, max, jitter"
            ),
        ),
        ({"backoff": {"factor": 0.5}}, "backoff.factor: found the number 0.5; accepted: a number from 1 to 1000"),
        (
            {"backoff": {"initial": "2h"}},
            "backoff.max: found 1h, but the first wait is 2h; accepted: at least as much as that",
        ),
    ],
)
def test_what_no_queue_can_be_is_named_with_what_is_accepted(entry: dict[str, Json], fault: str) -> None:
    assert faults(entry) == [fault]


def test_a_rate_without_a_unit_names_the_duration() -> None:
    with pytest.raises(InvalidValueError, match=r"found '10/60', where '60' has no unit after 60"):
        parse_rate("10/60")


@pytest.mark.parametrize("text", ["1/1s", "10/1m", "500/1h30m", "7/2d"])
def test_a_rate_is_written_as_it_was_read(text: str) -> None:
    assert rate_text(parse_rate(text)) == text


def test_keys_of_the_users_own_make_no_other_declaration() -> None:
    assert declaration("mail", {"weight": 3, "x-owner": "shop"}) == declaration("mail", {"weight": 3})


def test_a_change_goes_before_the_declaration() -> None:
    record = QueueRecord(name="mail", source="jobs.json", declared='{"parallelism":4,"weight":3}')
    changed = changes_text(record, {"parallelism": 9, "priority_level": 4})
    state = queue_in_force(QueueRecord(name="mail", source="jobs.json", declared=record.declared, changes=changed))
    assert (state.queue.parallelism, state.queue.priority_level, state.queue.weight) == (9, 4, 6)


def test_null_in_a_change_takes_a_limit_away() -> None:
    record = QueueRecord(name="mail", source="jobs.json", declared='{"parallelism":4,"rate_limit":"1/1s"}')
    changed = changes_text(record, {"parallelism": None})
    queue = queue_in_force(
        QueueRecord(name="mail", source="jobs.json", declared=record.declared, changes=changed)
    ).queue
    assert queue.parallelism is None
    assert queue.rate_limit == RateLimit(count=1, per=timedelta(seconds=1))


def test_changes_add_up() -> None:
    record = QueueRecord(name="mail", source="command", declared="{}", changes='{"weight":3}')
    assert changes_text(record, {"parallelism": 2}) == '{"parallelism":2,"weight":3}'
    assert changes_text(record, {"priority_level": 2}) == '{"priority_level":2}'


def test_a_change_that_no_queue_can_have_is_refused_and_says_why() -> None:
    record = QueueRecord(name="mail", source="jobs.json", declared='{"min_workers":5}')
    with pytest.raises(InvalidValueError, match=r"^min_workers: found 5, more than the parallelism of 2"):
        changes_text(record, {"parallelism": 2})


def test_recycling_is_changed_part_by_part() -> None:
    joined = joined_entry({"recycle": {"runs": 5, "memory": "1MB"}}, {"recycle": {"runs": 9}})
    assert joined == {"recycle": {"runs": 9, "memory": "1MB"}}


def test_a_paused_queue_is_in_force_as_paused_with_its_share() -> None:
    record = QueueRecord(
        name="mail", source="command", declared="{}", paused_at=datetime(2027, 1, 1, tzinfo=UTC), share=7
    )
    state = queue_in_force(record)
    assert (state.paused, state.share) == (True, 7)


def test_the_built_in_queues_are_in_force_as_they_are_built_in() -> None:
    queues = tuple(queue_in_force(record).queue for record in built_in_records())
    assert queues == BUILT_IN
    assert [(queue.name, queue.priority_level, queue.min_workers, queue.weight) for queue in queues] == [
        ("wait_room", 1, 1, 3),
        ("low", 3, 2, 5),
        ("default", 5, 3, 8),
        ("high", 7, 4, 12),
        ("critical", 9, 10, 20),
    ]
