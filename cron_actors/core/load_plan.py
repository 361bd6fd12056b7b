"""What a generated load consists of: how many runs, of which tasks, drawn by a seed.

The forms of the number are those of the project's own requirements: ``N``, ``A..B``, ``random``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

TASKS = ("quick", "slow", "failing")
USUAL_MIX = {"quick": 80, "slow": 15, "failing": 5}
MOST = 1_000_000
AT_RANDOM = (1, 1_000)
SHORTEST, LONGEST = 0.1, 3.0  # seconds that a slow task takes

_COUNT = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?", re.ASCII)
_SHARE = re.compile(r"([0-9]{1,9})", re.ASCII)


class Chance(Protocol):
    """Where chance comes from; ``random.Random`` is one."""

    def randint(self, _low: int, _high: int, /) -> int:
        """Return a whole number, both ends included."""

    def uniform(self, _low: float, _high: float, /) -> float:
        """Return a number between the two."""

    def shuffle(self, _names: list[str], /) -> None:
        """Put the list into another order."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run to be submitted: the name of its task, and the arguments."""

    name: str
    args: tuple[Json, ...]


def read_count(text: str, chance: Chance) -> int:
    """Return the number that the text means: ``N``, one from ``A..B``, or any up to 1,000 for ``random``.

    >>> from random import Random
    >>> read_count("250", Random(1)), 10 <= read_count("10..20", Random(1)) <= 20
    (250, True)
    """
    if text.strip().lower() == "random":
        return chance.randint(*AT_RANDOM)
    found = _COUNT.fullmatch(text.strip())
    low = int(found[1]) if found else 0
    high = int(found[2]) if found and found[2] else low
    if not 1 <= low <= high <= MOST:
        raise InvalidValueError(
            f"{quote(text)} is no number of runs; accepted: a whole number from 1 to {MOST}, a range such as 10..500,"
            " or random"
        )
    return chance.randint(low, high)


def read_mix(text: str) -> dict[str, int]:
    """Return the shares of the tasks from a text such as ``quick=80,slow=15,failing=5``; they need not make 100.

    >>> read_mix("quick=3, failing=1")
    {'quick': 3, 'failing': 1}
    """
    mix: dict[str, int] = {}
    for part in text.split(","):
        name, _, share = (piece.strip() for piece in part.partition("="))
        if name not in TASKS:
            close = difflib.get_close_matches(name, TASKS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InvalidValueError(f"{quote(name)} is no task{hint}; accepted: {', '.join(TASKS)}")
        if name in mix:
            raise InvalidValueError(f"{name} is named twice; accepted: each task once")
        if not _SHARE.fullmatch(share):
            raise InvalidValueError(f"{name}: found {quote(share)}; accepted: a whole number, its share of the runs")
        mix[name] = int(share)
    if not any(mix.values()):
        raise InvalidValueError("no task has a share; accepted: at least one share above 0")
    return mix


def drawn(count: int, mix: Mapping[str, int], chance: Chance) -> Iterator[Task]:
    """Yield so many tasks: the shares are kept to the run, by largest remainder; chance decides the order only."""
    names = [name for name, number in _exact(count, mix).items() for _ in range(number)]
    chance.shuffle(names)
    for number, name in enumerate(names, start=1):
        if name == "slow":
            yield Task(name, (number, round(chance.uniform(SHORTEST, LONGEST), 3)))
        else:
            yield Task(name, (number,))


def _exact(count: int, mix: Mapping[str, int]) -> dict[str, int]:
    whole = sum(mix.values())
    numbers = {name: count * share // whole for name, share in mix.items()}
    by_rest = sorted(mix, key=lambda name: -(count * mix[name] % whole))
    for name in by_rest[: count - sum(numbers.values())]:
        numbers[name] += 1
    return numbers
