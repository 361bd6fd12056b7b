"""The queue: runs a second, enqueuing, lateness, a large backlog; beside Huey, and beside this machine's limits."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import queue_huey
import queue_limits
import queue_ours
import slow_disk
from conditions import describe, percentile, table

TIMES_HUEY = 2.5
SHARE_OF_FORKS = 0.5
BATCHED, ONE_BY_ONE = 20_000, 1_000
MOST_LATE, SHARE_OF_HUEY = 0.3, 0.25
MOST_GROWTH, MOST_MEGABYTES_MORE = 1.5, 5.0
FEW_WAITING = 1_000
SAME_SECOND, ROUNDS = 1_000, 3
HUEY_RUNS = 2_000  # its rate does not grow with their number, and it is measured three times


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value: its unit, what it is compared with, the bound, and whether that is a least or a most.

    One without a bound is there for information.
    """

    name: str
    value: float
    unit: str
    compared: str
    bound: float | None
    least: bool

    @property
    def kept(self) -> bool:
        """Say whether the bound is kept."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.least else self.value <= self.bound

    @property
    def limit(self) -> str:
        """Return the bound as it is printed."""
        return "" if self.bound is None else f"{'at least' if self.least else 'at most'} {self.bound:.0f}"


def throughput(asked: argparse.Namespace) -> list[Figure]:
    """Measure no-op runs in processes that are used again, ours and Huey's.

    Ours leave an outcome each, so the bound is held against a Huey that stores them, too; the other is shown beside it.
    """
    rate, cpu = queue_ours.throughput(asked.runs, queue_ours.REUSE)
    count = min(asked.runs, HUEY_RUNS)
    huey, workers = queue_huey.throughput(count, outcomes=True)
    told = f"{TIMES_HUEY:g} times Huey's {huey:.0f} ({workers} processes); {1e6 * cpu:.0f} µs CPU a run"
    bare, workers = queue_huey.throughput(count, outcomes=False)
    beside = f"with no outcomes stored, by {workers} processes: ours are {rate / bare:.1f} times as fast"
    return [
        Figure("reuse", rate, "/s", told, TIMES_HUEY * huey, least=True),
        Figure("huey_bare", bare, "/s", beside, None, least=True),
    ]


def fresh(asked: argparse.Namespace) -> list[Figure]:
    """Measure runs in a process each, of a function for which nothing has to be imported."""
    forks = queue_limits.fork_rate()
    rate, cpu = queue_ours.throughput(max(200, asked.runs // 5), queue_ours.FRESH, queue_ours.BUILT_IN)
    told = f"half of {forks:.0f} bare forks; {1e6 * cpu:.0f} µs CPU a run"
    return [Figure("fresh", rate, "/s", told, SHARE_OF_FORKS * forks, least=True)]


def enqueue(asked: argparse.Namespace) -> list[Figure]:
    """Measure submissions of another process."""
    batched = queue_ours.enqueue_rate(asked.runs, one_by_one=False)
    single = queue_ours.enqueue_rate(max(500, asked.runs // 10), one_by_one=True)
    huey = queue_huey.enqueue_rate(max(500, asked.runs // 10))
    return [
        Figure("enqueue_batched", batched, "/s", "", BATCHED, least=True),
        Figure("enqueue_one_by_one", single, "/s", f"Huey: {huey:.0f}", ONE_BY_ONE, least=True),
    ]


def lateness(asked: argparse.Namespace) -> list[Figure]:
    """Measure how late functions begin that are due in the same second.

    Huey's processes have been there since it was started, so the bound is held against herds that find ours there, too;
    the first one, which finds none, is shown beside them.
    """
    del asked
    first, *later = queue_ours.lateness(SAME_SECOND, 1 + ROUNDS)
    ours = percentile([late for round_ in later for late in round_], 0.99)
    huey = percentile(queue_huey.lateness(SAME_SECOND, ROUNDS), 0.99)
    told = f"a quarter of Huey's {1000 * huey:.0f} ms, and {1000 * MOST_LATE:.0f} ms"
    bound = 1000 * min(MOST_LATE, SHARE_OF_HUEY * huey)
    return [
        Figure("late_p99", 1000 * ours, "ms", told, bound, least=False),
        Figure("first_late_p99", 1000 * percentile(first, 0.99), "ms", "no process is there yet", None, least=False),
    ]


def backlog(asked: argparse.Namespace) -> list[Figure]:
    """Measure a claim and the daemon's memory beside few and beside many waiting runs."""
    few, before = queue_ours.waiting(FEW_WAITING)
    many, after = queue_ours.waiting(asked.waiting)
    told = f"{MOST_GROWTH:g} times the {few:.0f} µs at {FEW_WAITING}"
    return [
        Figure(f"claim_at_{asked.waiting}", many, "µs", told, MOST_GROWTH * few, least=False),
        Figure(
            "memory_more", after - before, "MB", f"{before:.0f} MB at {FEW_WAITING}", MOST_MEGABYTES_MORE, least=False
        ),
    ]


MEASUREMENTS: dict[str, Callable[[argparse.Namespace], list[Figure]]] = {
    measure.__name__: measure for measure in (throughput, fresh, enqueue, lateness, backlog)
}


def main(options: Sequence[str] = ()) -> list[str]:
    """Measure what is asked for, print, return the bounds that were missed."""
    asked = _options(options)
    if asked.commit_ms:
        slow_disk.begin_anew(asked.commit_ms)
    limits = queue_limits.limits()
    figures = [figure for name in asked.only or MEASUREMENTS for figure in MEASUREMENTS[name](asked)]
    print(f"queue: {asked.runs} runs, {asked.waiting} waiting; {describe()}")
    rows = [(figure.name, f"{figure.value:.0f} {figure.unit}", figure.limit, figure.compared) for figure in figures]
    print(table(("figure", "measured", "bound", "compared with"), rows))
    numbers = {**{f"limit_{name}": value for name, value in limits.items()}, **{f.name: f.value for f in figures}}
    print("queue " + " ".join(f"{name}={value:.0f}" for name, value in numbers.items()))
    return [
        f"queue: {figure.name}: {figure.value:.0f} {figure.unit}, {figure.limit}"
        for figure in figures
        if not figure.kept
    ]


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py queue", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, help="these measurements, all if not given")
    parser.add_argument("--runs", type=int, default=20_000, help="runs of the measurement of throughput")
    parser.add_argument(
        "--commit-ms", type=float, help="milliseconds that a commit takes at least, as on a slower disk"
    )
    parser.add_argument("--waiting", type=int, default=1_000_000, help="runs of the large backlog")
    return parser.parse_args(options)
