from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.counting import ACCURACY
from cron_actors.core.statistics import observe, quantile
from cron_actors.model.statistics import Distribution

LENGTHS = st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)), min_size=1, max_size=60)


@given(LENGTHS, st.floats(0.0, 1.0))
def test_every_quantile_is_within_one_percent_of_the_exact_one(lengths: list[timedelta], share: float) -> None:
    figures = Distribution()
    for length in lengths:
        figures = observe(figures, length)
    exact = sorted(length.total_seconds() for length in lengths)[max(1, math.ceil(share * len(lengths))) - 1]
    assert quantile(figures, share) == pytest.approx(exact, rel=ACCURACY + 1e-9, abs=1e-9)


@given(LENGTHS)
def test_the_order_of_the_values_does_not_matter(lengths: list[timedelta]) -> None:
    forward, backward = Distribution(), Distribution()
    for length in lengths:
        forward = observe(forward, length)
    for length in reversed(lengths):
        backward = observe(backward, length)
    assert forward.buckets == backward.buckets
    assert forward.total == pytest.approx(backward.total)
    assert (forward.count, forward.least, forward.greatest) == (backward.count, backward.least, backward.greatest)
