"""Chains as jobs say them, and circles among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.chain_reader import circles, targets
from cron_actors.core.definitions import definition_of, job_from, job_of
from cron_actors.model.queue import Backoff, BackoffKind

FOLDER = Path("/srv")
BASE = {"identifier": "a", "command": "x", "manual": True}
NAMES = st.sampled_from("abcdef")


def test_a_job_names_its_followers_once_each_in_order() -> None:
    job = job_from({**BASE, "on_success": ["c", "b", "c"], "on_failure": "d"}, FOLDER)
    assert list(targets(job)) == [("on_success", "c"), ("on_success", "b"), ("on_failure", "d")]


def test_a_job_says_where_it_waits_and_how_often_it_is_tried() -> None:
    job = job_from({**BASE, "queue": "high", "priority": -5, "max_attempts": 9.0, "backoff": "no_backoff"}, FOLDER)
    assert (job.queue, job.priority, job.max_attempts) == ("high", -5, 9)
    assert job.backoff == Backoff(kind=BackoffKind.NONE)


def test_a_definition_from_before_there_were_queues_is_read_and_its_text_stays() -> None:
    text = '{"folder":"/srv","job":{"command":"x","identifier":"a","manual":true}}'
    job = job_of(text)
    assert (job.queue, job.priority, job.max_attempts, job.backoff) == ("default", 0, 1, None)
    assert (job.on_success, job.on_failure) == ((), ())
    assert definition_of(dict(BASE), FOLDER).text == text


@pytest.mark.parametrize(
    ("chains", "found"),
    [
        ({}, []),
        ({"a": ["a"]}, [("a",)]),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, [("a", "b", "c")]),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["nobody"]}, []),
        ({"x": ["a"], "a": ["b"], "b": ["a"]}, [("a", "b")]),
    ],
)
def test_circles_are_found(chains: dict[str, list[str]], found: list[tuple[str, ...]]) -> None:
    assert list(circles(chains)) == found


def test_a_chain_of_ten_thousand_jobs_needs_no_deep_stack() -> None:
    chains = {str(number): [str(number + 1)] for number in range(10_000)}
    assert list(circles(chains)) == []
    [circle] = circles({**chains, "9999": ["0"]})
    assert len(circle) == 10_000


@given(st.dictionaries(NAMES, st.lists(NAMES, unique=True)))
def test_there_is_a_circle_exactly_where_a_job_can_be_reached_from_itself(chains: dict[str, list[str]]) -> None:
    reached = {name: set(after) for name, after in chains.items()}
    for _ in chains:
        for names in reached.values():
            names |= {further for name in list(names) for further in chains.get(name, ())}
    found = list(circles(chains))
    assert bool(found) == any(name in names for name, names in reached.items())
    for circle in found:
        steps = zip(circle, (*circle[1:], circle[0]), strict=True)
        assert all(after in chains[name] for name, after in steps)
