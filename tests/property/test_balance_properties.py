from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.balance import Balanced, balance, largest_remainder, reserve, shares
from cron_actors.model.queue import Queue

NAMES = ("a", "b", "c", "d")
Load = dict[str, int]


@st.composite
def queues(draw: st.DrawFn) -> tuple[Queue, ...]:
    """Return one to four queues, some with a parallelism."""
    return tuple(
        Queue(
            name=name,
            weight=draw(st.integers(1, 24)),
            min_workers=draw(st.integers(0, 5)),
            parallelism=draw(st.none() | st.integers(1, 12)),
        )
        for name in NAMES[: draw(st.integers(1, 4))]
    )


LOADS = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 200))
WORKERS = st.integers(20, 60)


@given(amount=st.integers(0, 300), parts=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 50), min_size=1))
def test_the_largest_remainder_is_exact_and_never_a_whole_worker_off(amount: int, parts: Load) -> None:
    found = largest_remainder(amount, parts)
    total = sum(parts.values())
    assert sum(found.values()) == amount
    assert all(abs(found[name] - amount * part / total) < 1 for name, part in parts.items())


@given(queues=queues(), load=LOADS, workers=WORKERS)
def test_shares_are_exact_and_within_minimum_and_parallelism(
    queues: tuple[Queue, ...], load: Load, workers: int
) -> None:
    found = shares(queues, load, workers)
    loaded = [queue for queue in queues if load.get(queue.name)]
    for queue in queues:
        assert reserve(queue) <= found[queue.name] <= (queue.parallelism or workers)
        if queue not in loaded:
            assert found[queue.name] == reserve(queue)
    assert sum(found.values()) <= workers
    if not all(found[queue.name] == queue.parallelism for queue in loaded):
        assert sum(found.values()) == workers


@given(queues=queues(), loads=st.lists(LOADS, min_size=2, max_size=8), workers=WORKERS)
def test_a_share_grows_at_once_shrinks_by_agreement_and_the_sum_is_kept(
    queues: tuple[Queue, ...], loads: list[Load], workers: int
) -> None:
    before: Balanced | None = None
    for load in loads:
        after = balance(queues, load, workers, before)
        assert sum(after.shares.values()) <= workers
        if sum(after.proposed.values()) == workers:
            assert sum(after.shares.values()) == workers
        for name, share in after.shares.items():
            assert share >= min(after.proposed[name], share if before is None else before.shares[name])
            if before is not None and share < before.shares[name]:
                assert max(after.proposed[name], before.proposed[name]) == share, "both balances asked for that little"
        before = after


@given(queues=queues(), load=LOADS, other=LOADS, workers=WORKERS)
def test_loads_that_alternate_do_not_make_shares_oscillate(
    queues: tuple[Queue, ...], load: Load, other: Load, workers: int
) -> None:
    state: Balanced | None = None
    history = []
    for number in range(12):
        state = balance(queues, (load, other)[number % 2], workers, state)
        history.append(state.shares)
    assert all(shares == history[-1] for shares in history[len(queues) + 1 :])


@given(queues=queues(), first=LOADS, load=LOADS, workers=WORKERS)
def test_a_load_that_stays_has_what_it_asks_for_after_two_balances(
    queues: tuple[Queue, ...], first: Load, load: Load, workers: int
) -> None:
    state = balance(queues, first, workers, None)
    for _ in range(2):
        state = balance(queues, load, workers, state)
    assert state.shares == shares(queues, load, workers)
