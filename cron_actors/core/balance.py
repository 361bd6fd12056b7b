"""How the workers of a node are shared out among its queues: every one its minimum, the rest by what waits.

The rest goes in proportion to waiting runs times weight, by the method of the largest remainder (Hamilton), so that the
shares add up exactly. A share grows at once; it shrinks only as far as two balances in a row agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cron_actors.errors import InvalidValueError
from cron_actors.model.queue import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced:
    """The outcome of a balance: the shares in force, and those that the load of that moment alone asked for."""

    queues: tuple[Queue, ...] = ()
    shares: Mapping[str, int]
    proposed: Mapping[str, int]


def reserve(queue: Queue) -> int:
    """Return how many workers are the queue's in any case: its minimum, but no more than it may use."""
    return queue.min_workers if queue.parallelism is None else min(queue.min_workers, queue.parallelism)


def check_minimums(queues: Iterable[Queue], workers: int) -> None:
    """Raise InvalidValueError, which names both numbers, if the queues reserve more workers than there are."""
    reserved = {queue.name: reserve(queue) for queue in queues}
    total = sum(reserved.values())
    if total > workers:
        each = ", ".join(f"{name} {number}" for name, number in reserved.items() if number)
        found = f"the min_workers of all queues add up to {total} ({each})"
        raise InvalidValueError(f"{found}; accepted: at most MAX_WORKERS, which is {workers}")


def balance(queues: Sequence[Queue], waiting: Mapping[str, int], workers: int, before: Balanced | None) -> Balanced:
    """Return the shares that follow those of the balance before; after a change of the queues that does not count."""
    proposed = shares(queues, waiting, workers)
    if before is None or before.queues != tuple(queues):
        return Balanced(queues=tuple(queues), shares=proposed, proposed=proposed)
    kept = {name: min(before.shares[name], max(proposed[name], before.proposed[name])) for name in proposed}
    wanted = {name: proposed[name] - kept[name] for name in proposed if proposed[name] > kept[name]}
    room = min(workers - sum(kept.values()), sum(wanted.values()))
    grown = largest_remainder(room, wanted)
    in_force = {name: number + grown.get(name, 0) for name, number in kept.items()}
    return Balanced(queues=tuple(queues), shares=in_force, proposed=proposed)


def shares(queues: Sequence[Queue], waiting: Mapping[str, int], workers: int) -> dict[str, int]:
    """Return the share of every queue, for what waits in each; minimums where nothing waits.

    What is beyond the parallelism of a queue is shared out among the others. The shares add up to ``workers`` unless
    all queues in which runs wait are at their parallelism. Minimums that add up to more are cut in proportion.
    """
    minimums = {queue.name: reserve(queue) for queue in queues}
    total = sum(minimums.values())
    if total > workers:
        return {**dict.fromkeys(minimums, 0), **largest_remainder(workers, minimums)}
    demand = {queue.name: waiting.get(queue.name, 0) * queue.weight for queue in queues}
    open_ended = {name: part for name, part in demand.items() if part > 0}
    room = {queue.name: queue.parallelism - minimums[queue.name] for queue in queues if queue.parallelism is not None}
    spare = workers - total
    parts: dict[str, int] = {}
    while open_ended:
        latest = largest_remainder(spare, open_ended)
        full = {name: room[name] for name in latest if name in room and latest[name] > room[name]}
        if not full:
            parts |= latest
            break
        parts |= full
        spare -= sum(full.values())
        open_ended = {name: part for name, part in open_ended.items() if name not in full}
    return {name: minimum + parts.get(name, 0) for name, minimum in minimums.items()}


def largest_remainder(amount: int, parts: Mapping[str, int]) -> dict[str, int]:
    """Share out the amount in proportion to the parts, exactly; of equal remainders the first in order goes first."""
    total = sum(parts.values())
    if not total:
        return {}
    exact = {name: divmod(amount * part, total) for name, part in parts.items()}
    result = {name: whole for name, (whole, _) in exact.items()}
    left = amount - sum(result.values())
    by_remainder = sorted(exact, key=lambda name: -exact[name][1])  # a stable sort keeps the order given
    for name in by_remainder[:left]:
        result[name] += 1
    return result
