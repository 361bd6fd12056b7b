from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.load_plan import TASKS, drawn, read_count, read_mix
from cron_actors.errors import InvalidValueError


def chance(seed: int = 1) -> Random:
    return Random(seed)  # noqa: S311 - nothing secret is drawn


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "10..", "..10", "20..10", "1..1000001", "many", "", "1 2", "٣"])
def test_what_is_no_number_of_runs_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="is no number of runs; accepted: a whole number from 1"):
        read_count(text, chance())


def test_a_range_and_chance_are_drawn_by_the_seed() -> None:
    for text in ("5..900", "random"):
        numbers = [read_count(text, chance(seed)) for seed in range(20)]
        assert numbers == [read_count(text, chance(seed)) for seed in range(20)]
        assert len(set(numbers)) > 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("quik=1", "'quik' is no task; did you mean 'quick'?; accepted: quick, slow, failing"),
        ("quick", "quick: found ''; accepted: a whole number, its share of the runs"),
        ("quick=-1", "quick: found '-1'; accepted: a whole number, its share of the runs"),
        ("quick=0,slow=0", "no task has a share; accepted: at least one share above 0"),
        ("quick=1,quick=2", "quick is named twice; accepted: each task once"),
        ("", "'' is no task; accepted: quick, slow, failing"),
    ],
)
def test_a_mix_that_is_none_is_refused_by_name(text: str, told: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        read_mix(text)
    assert str(refused.value) == told


@given(
    count=st.integers(1, 300),
    mix=st.dictionaries(st.sampled_from(TASKS), st.integers(0, 50), min_size=1).filter(lambda mix: any(mix.values())),
    seed=st.integers(),
)
def test_the_shares_are_kept_to_the_run_and_the_numbers_are_each_there_once(
    count: int, mix: dict[str, int], seed: int
) -> None:
    tasks = list(drawn(count, mix, chance(seed)))
    assert [task.args[0] for task in tasks] == list(range(1, count + 1))
    found = Counter(task.name for task in tasks)
    for name, share in mix.items():
        assert abs(found[name] - count * share / sum(mix.values())) < 1
    assert tasks == list(drawn(count, mix, chance(seed)))
