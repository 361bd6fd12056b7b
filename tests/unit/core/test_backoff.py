from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.backoff import LONGEST, wait
from cron_actors.model.queue import Backoff, BackoffKind

SECOND = timedelta(seconds=1)
GEOMETRIC = Backoff(kind=BackoffKind.GEOMETRIC, initial=10 * SECOND, factor=3.0, maximum=100 * SECOND)


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        (BackoffKind.NONE, [0, 0, 0, 0]),
        (BackoffKind.LINEAR, [15, 30, 45, 60]),
        (BackoffKind.EXPONENTIAL, [16, 31, 96, 271]),
    ],
)
def test_a_named_backoff_grows_as_its_name_says(kind: BackoffKind, seconds: list[int]) -> None:
    assert [wait(Backoff(kind=kind), attempt, "seed") for attempt in (1, 2, 3, 4)] == [
        number * SECOND for number in seconds
    ]


def test_without_a_word_the_wait_is_exponential() -> None:
    assert wait(Backoff(), 2, "") == 31 * SECOND


def test_a_geometric_backoff_grows_by_its_factor_up_to_its_maximum() -> None:
    assert [wait(GEOMETRIC, attempt, "seed") // SECOND for attempt in (1, 2, 3, 4)] == [10, 30, 90, 100]


@given(
    st.builds(
        Backoff,
        kind=st.sampled_from(BackoffKind),
        initial=st.timedeltas(timedelta(0), timedelta(days=9999)),
        factor=st.floats(0, 1e300),
        maximum=st.timedeltas(timedelta(0), timedelta(days=99999)),
        jitter=st.floats(0, 1),
    ),
    st.integers(-1, 10**9),
    st.text(),
)
def test_no_wait_is_negative_endless_or_different_when_it_is_asked_for_again(
    backoff: Backoff, attempt: int, seed: str
) -> None:
    length = wait(backoff, attempt, seed)
    assert timedelta(0) <= length <= 2 * LONGEST
    assert wait(backoff, attempt, seed) == length


@given(st.text(), st.integers(1, 5))
def test_jitter_stays_within_its_share_of_the_wait(seed: str, attempt: int) -> None:
    plain = wait(GEOMETRIC, attempt, seed)
    jittered = wait(
        Backoff(kind=GEOMETRIC.kind, initial=10 * SECOND, factor=3.0, maximum=100 * SECOND, jitter=0.25), attempt, seed
    )
    assert abs(jittered - plain) <= plain * 0.25 + timedelta(microseconds=1)


def test_jitter_keeps_runs_of_one_failure_apart() -> None:
    backoff = Backoff(kind=BackoffKind.GEOMETRIC, jitter=0.5)
    assert len({wait(backoff, 1, f"job:{number}") for number in range(100)}) > 90
