"""Which runs may share a process, and how many of them a worker is given at once.

One run at a time holds up nothing that could begin elsewhere; many at once spare the way through the actors. So free
workers come first, but for runs that are over before a further worker could begin them, and a batch is made longer only
as far as it still ends within the blink of an eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cron_actors.messages import Launch
from cron_actors.model.job import FunctionCall, Job, Limits, Success
from cron_actors.model.queue import Isolation, Queue

MOST_IN_BATCH = 16
BATCH_LASTS = timedelta(milliseconds=50)  # at most, as far as the recent pace can tell
BATCH_OCCUPIES = timedelta(milliseconds=5)  # at least, if there are runs enough
NO_LIMITS, USUAL_SUCCESS = Limits(), Success()


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The runs that one worker takes; those of a ``shared`` one are performed in a process that is used again."""

    queue: Queue
    launches: tuple[Launch, ...]
    shared: bool = False


def may_share(job: Job) -> bool:
    """Say whether runs of the job can be performed in a process that performs others before and after.

    They can if they are calls of a function by the daemon's own interpreter, with its rights and limits, and if all
    that is said of their process can be changed back after them.
    """
    process = job.process
    return (
        isinstance(job.work, FunctionCall)
        and job.work.python is None
        and process.env_file is None
        and process.stdin is None
        and (process.user, process.group, process.umask) == (None, None, None)
        and process.limits == NO_LIMITS
        and job.success == USUAL_SUCCESS
    )


def next_pace(pace: timedelta | None, runs: int, busy: timedelta | None) -> timedelta | None:
    """Return how long a run of a queue takes, as a moving mean, after ``runs`` more that took ``busy`` together.

    Those of which that is not known had a process each, which no batch makes faster.
    """
    if not runs:
        return pace
    latest = BATCH_LASTS if busy is None else busy / runs
    return latest if pace is None else (pace + latest) / 2


def batch_size(queue: Queue, pace: timedelta | None) -> int:
    """Return how many runs of the queue a worker is to be given at once."""
    if queue.isolation is not Isolation.REUSE or pace is None:
        return 1
    return max(1, min(MOST_IN_BATCH, int(BATCH_LASTS / max(pace, BATCH_LASTS / MOST_IN_BATCH))))


def least_size(most: int, pace: timedelta | None) -> int:
    """Return how many runs one worker is to be given before another one gets any; the batch has ``most`` at most."""
    if pace is None or not pace:
        return most
    return max(1, min(most, BATCH_OCCUPIES // pace))


def parties(
    queue: Queue, launches: Sequence[Launch], workers: int, most: int, least: int = 1
) -> tuple[list[Party], tuple[Launch, ...]]:
    """Spread the runs over so many workers, ``least`` to ``most`` to each; return also those for which none is left.

    All workers begin with the first of the runs, in their order. A run that cannot share a process takes a worker by
    itself; where both kinds wait, neither takes all workers, unless there is only one: then the first run decides.
    """
    reuse = queue.isolation is Isolation.REUSE
    alone: list[Launch] = []
    together: list[Launch] = []
    for launch in launches:
        (together if reuse and may_share(launch.job) else alone).append(launch)
    singles = min(len(alone), max(0, workers - bool(together)))
    if alone and workers == 1 and launches[0] is alone[0]:
        singles = 1
    groups = min(workers - singles, -(-len(together) // least))
    taken = [Party(queue=queue, launches=(launch,)) for launch in alone[:singles]]
    taken += [
        Party(queue=queue, launches=tuple(together[group : groups * most : groups]), shared=True)
        for group in range(groups)
    ]
    return taken, (*alone[singles:], *together[groups * most :])
