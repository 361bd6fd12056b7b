"""How long a run waits for its next attempt: by name as JobQueue has it (none, 15·n, n⁴+15 s), or geometric."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from cron_actors.model.queue import Backoff, BackoffKind

DEFAULT = Backoff()
LONGEST = timedelta(days=365)
"""No wait is longer: numbers of attempts have no limit."""
STEP = 15
MOST_FACTORS = 1_000  # in seconds, what is multiplied more often than that is beyond any maximum or does not grow


def wait(backoff: Backoff, attempt: int, seed: str) -> timedelta:
    """Return how long the run waits after this attempt, the first being 1; the seed decides the jitter.

    >>> wait(Backoff(), 3, "")
    datetime.timedelta(seconds=96)
    """
    number = max(attempt, 1)
    match backoff.kind:
        case BackoffKind.NONE:
            return timedelta(0)
        case BackoffKind.LINEAR:
            return _bounded(STEP * number, LONGEST)
        case BackoffKind.EXPONENTIAL:
            return _bounded(number**4 + STEP, LONGEST)
        case BackoffKind.GEOMETRIC:
            return _jittered(_geometric(backoff, number), backoff.jitter, f"{seed}:{number}")


def _geometric(backoff: Backoff, number: int) -> timedelta:
    seconds = backoff.initial.total_seconds()
    try:
        seconds *= backoff.factor ** min(number - 1, MOST_FACTORS)
    except OverflowError:
        return min(backoff.maximum, LONGEST)
    return _bounded(seconds, min(backoff.maximum, LONGEST))


def _bounded(seconds: float, maximum: timedelta) -> timedelta:
    return timedelta(seconds=seconds) if seconds < maximum.total_seconds() else maximum


def _jittered(length: timedelta, jitter: float, seed: str) -> timedelta:
    """Return the length, more or less by up to the share ``jitter``, always the same for one seed."""
    if not jitter:
        return length
    number = int.from_bytes(hashlib.blake2b(seed.encode("utf-8", "backslashreplace"), digest_size=8).digest(), "big")
    spread = number / 2**63 - 1  # from -1 to 1
    return max(timedelta(0), length + length * (jitter * spread))
